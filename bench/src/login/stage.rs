//! The store, with users in it, and processes over it.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use bench::{Failure, SimulatedClock, StoreProcess, deployment};
use credentials::Passwords;
use local::{
    functions::{Deployment, Keyset},
    seed::{Seeder, UserSeed},
    template::Template,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::{
    clock::{Clock, SystemClock},
    environment::variable,
    random::SystemRandom,
};

use crate::{
    function::{PASSWORD, USERS, username},
    role::{MARK, Role},
};

/// A store with users, and how the function finds it.
#[derive(Debug)]
pub(crate) struct Stage {
    variables: Vec<(String, String)>,
    /// Kept as long as it is used.
    _store: StoreProcess,
}

impl Stage {
    pub(crate) async fn set_up() -> Result<Self, Failure> {
        let store = StoreProcess::start()?;
        let now = SystemClock.now().as_unix();
        let (template, deployment) = deployment(&store.endpoint, Arc::new(SimulatedClock::at(now))).await?;
        register(&deployment).await?;
        Ok(Self { variables: variables(&template, &deployment, &store.endpoint)?, _store: store })
    }

    /// What a process of its own finds in this role.
    pub(crate) fn run<T: DeserializeOwned>(&self, role: Role) -> Result<T, Failure> {
        let mut process = Command::new(std::env::current_exe()?);
        // As in Lambda, where a function has no other surroundings than these.
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

/// What the template gives the function, and Lambda every function.
fn variables(
    template: &Template,
    deployment: &Deployment,
    endpoint: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let function = template.functions(&deployment.parameters)?.remove("login").ok_or("no login")?;
    let Keyset::Document(keyset) = &deployment.keyset else { return Err("no keyset".into()) };
    let of_template = function.variables.into_iter().map(|(name, value)| match name.as_str() {
        variable::KEYSET_SECRET => (variable::KEYSET.to_owned(), keyset.to_json()),
        // With it metrics are written, as they are in AWS.
        variable::STACK_NAME => (name, "latchgate".to_owned()),
        _ => (name, deployment.tables.get(&value).cloned().unwrap_or(value)),
    });
    let of_lambda = [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
    ];
    let of_lambda = of_lambda.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(of_template.chain(of_lambda).collect())
}
