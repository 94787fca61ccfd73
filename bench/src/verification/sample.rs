//! The verified tokens: the API's own, with its published keys.

use std::{fs, path::PathBuf, sync::Arc};

use crate::{
    api, clock::SimulatedClock, deployment::deployment, lambda::variables, program::Failure,
    store_process::StoreProcess,
};
use keys::KeyPlan;
use local::{functions::Keyset, gateway::Gateway};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::keys::SigningAlgorithm;
use shared::{
    clock::{Clock, SystemClock},
    environment::variable,
    random::SystemRandom,
};

pub(crate) const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];
/// Enough tokens that no cache still holds one when its turn comes again.
pub(crate) const TOKENS: usize = 200;

/// Tokens in a file, for all verifiers.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) algorithm: &'static str,
    pub(crate) file: PathBuf,
    /// The variables of the authorizer in Lambda.
    pub(crate) variables: Vec<(String, String)>,
    /// Keeps the store running.
    _store: StoreProcess,
}

/// The content of the file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) algorithm: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) jwks: Value,
    pub(crate) tokens: Vec<String>,
}

impl Sample {
    /// Makes a sample with a deployment of this algorithm: a login and its refreshes.
    pub(crate) async fn make(algorithm: &'static str) -> Result<Self, Failure> {
        let store = StoreProcess::start()?;
        let clock = Arc::new(SimulatedClock::at(SystemClock.now().as_unix()));
        let (template, mut deployment) = deployment(&store.endpoint, clock.clone()).await?;
        let plan = KeyPlan { algorithm: algorithm.parse::<SigningAlgorithm>()?, ..KeyPlan::default() };
        deployment.keyset = Keyset::Document(Box::new(plan.first(clock.now(), &SystemRandom::new())?));
        deployment.parameters = deployment.parameters.with("RevocationCheck", "denylist");
        let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
        let mut held = api::login(&gateway).await?;
        let mut tokens = vec![held.access_token];
        while tokens.len() < TOKENS {
            held = api::refresh(&gateway, &held.refresh_token).await?;
            tokens.push(held.access_token);
        }
        let variables = variables(&template, &deployment, ("authorizer", &store.endpoint))?;
        let of = |wanted| {
            let found = variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).ok_or("no such variable")
        };
        let (issuer, audience) = (of(variable::ISSUER)?, of(variable::AUDIENCE)?);
        let jwks = api::jwks(&gateway).await?;
        let content = Content { algorithm: algorithm.to_owned(), issuer, audience, jwks, tokens };
        let name = format!("latchgate-bench-{}-{algorithm}.json", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, serde_json::to_string(&content)?)?;
        Ok(Self { algorithm, file, variables, _store: store })
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // The tokens are only for this run.
        let _ = fs::remove_file(&self.file);
    }
}
