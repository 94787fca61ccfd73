//! The store with users, and the processes over it.

use std::{process::Stdio, sync::Arc};

use crate::{
    clock::SimulatedClock,
    deployment::deployment,
    lambda::variables,
    program::{Failure, itself},
    store_process::StoreProcess,
};
use local::{
    functions::Deployment,
    seed::{Seeder, UserSeed},
};
use passwords::Passwords;
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::{
    clock::{Clock, SystemClock},
    random::SystemRandom,
};

use super::{
    function::{PASSWORD, USERS, username},
    role::{MARK, Role},
};

/// A store with users, and the function's variables for it.
#[derive(Debug)]
pub(crate) struct Stage {
    variables: Vec<(String, String)>,
    /// Keeps the store running.
    _store: StoreProcess,
}

impl Stage {
    pub(crate) async fn set_up() -> Result<Self, Failure> {
        let store = StoreProcess::start()?;
        let now = SystemClock.now().as_unix();
        let (template, deployment) = deployment(&store.endpoint, Arc::new(SimulatedClock::at(now))).await?;
        register(&deployment).await?;
        Ok(Self { variables: variables(&template, &deployment, ("login", &store.endpoint))?, _store: store })
    }

    /// Runs a process in this role, and returns its results.
    pub(crate) fn run<T: DeserializeOwned>(&self, role: Role) -> Result<T, Failure> {
        let mut process = itself("login")?;
        // Only these variables, as in Lambda.
        process.args(role.arguments()).env_clear().envs(self.variables.iter().cloned());
        let output = process.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let found = text.lines().find_map(|line| line.strip_prefix(MARK));
        let found = found.ok_or_else(|| format!("{role:?} found nothing: {text}"))?;
        Ok(serde_json::from_str(found)?)
    }
}

async fn register(deployment: &Deployment) -> Result<(), Failure> {
    let seeder = Seeder { client: &deployment.dynamodb, tables: &deployment.tables };
    let (passwords, password) = (Passwords::new(Arc::new(SystemRandom::new())), PASSWORD.into());
    for username in (0..USERS).map(username) {
        let claims = json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] });
        let user = UserSeed { username: &username, password: &password, user_id: &username, claims };
        seeder.put_user(&user, &passwords).await?;
    }
    Ok(())
}
