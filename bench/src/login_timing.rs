//! Measures how well the time of a refused login reveals whether a name exists, whether its user was imported without
//! a password, and whether a disabled user's password was right. Once the budget is spent nothing is hashed, so those kinds are compared with each other.
//!
//! The kinds alternate in random order at one point in time. A debug build with optimised hashing slows everything
//! except the hash, so differences show more clearly.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use crate::{
    clock::SimulatedClock,
    deployment::deployment,
    program::Failure,
    store_process::StoreProcess,
    timing::{Times, samples, shuffled, time},
};
use aws_sdk_dynamodb::types::AttributeValue::{Bool, N, S};
use axum::http::StatusCode;
use local::{
    functions::Deployment,
    gateway::Gateway,
    seed::{Seeder, UserSeed},
};
use passwords::{BUDGET, IN_A_ROW, NO_PASSWORD, Passwords};
use serde_json::json;
use shared::{random::SystemRandom, route, store::attribute};

/// The clock's time, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
/// Attempts on each name, one below the budget, so that no name is locked by mistake.
const ATTEMPTS: u64 = BUDGET - 1;
/// Every user's password.
const PASSWORD: &str = "correct horse battery";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Known,
    Unknown,
    /// With the right password.
    Disabled,
    /// Imported without a password. Each attempt has the user told of it, in one write more.
    WithoutPassword,
    LockedKnown,
    LockedUnknown,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Known,
        Self::Unknown,
        Self::Disabled,
        Self::WithoutPassword,
        Self::LockedKnown,
        Self::LockedUnknown,
    ];

    fn is_locked(self) -> bool {
        matches!(self, Self::LockedKnown | Self::LockedUnknown)
    }

    /// The name for the nth attempt of this kind.
    fn username(self, n: usize) -> String {
        match self {
            Self::Known => format!("known-{}", n as u64 / ATTEMPTS),
            Self::Unknown => format!("nobody-{}", n as u64 / ATTEMPTS),
            Self::Disabled => format!("disabled-{}", n as u64 / ATTEMPTS),
            Self::WithoutPassword => format!("imported-{}", n as u64 / ATTEMPTS),
            Self::LockedKnown => "locked-known".to_owned(),
            Self::LockedUnknown => "locked-nobody".to_owned(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled, right",
            Self::WithoutPassword => "no password",
            Self::LockedKnown => "locked, known",
            Self::LockedUnknown => "locked, unknown",
        })
    }
}

#[tokio::main]
pub(crate) async fn run(arguments: &[String]) -> Result<(), Failure> {
    let samples = samples(arguments)?;
    let store = StoreProcess::start()?;
    let (template, deployment) = deployment(&store.endpoint, Arc::new(SimulatedClock::at(NOW))).await?;
    Box::pin(register(&deployment, samples)).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;

    let mut times = Times::new();
    for n in 0..samples {
        for kind in shuffled(Kind::ALL) {
            let password = if kind == Kind::Disabled { PASSWORD } else { "a guess" };
            let body = json!({ "client_id": local::demo::PUBLIC_CLIENT_ID, "username": kind.username(n),
                "password": password });
            // A network that is counted.
            let source = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
            times.add(kind, time(&gateway, source, route::LOGIN, &body, StatusCode::BAD_REQUEST).await?);
        }
    }
    println!("{samples} refused logins of each kind, embedded store, debug build with optimised hashing");
    times.report(&Kind::ALL, |one, other| one.is_locked() == other.is_locked())
}

/// Creates users with known names, and locked names. They share one hash, whose value makes no difference.
async fn register(deployment: &Deployment, samples: usize) -> Result<(), Failure> {
    let seeder = Seeder { client: &deployment.dynamodb, tables: &deployment.tables };
    let (passwords, password) = (Passwords::new(Arc::new(SystemRandom::new())), PASSWORD.into());
    let numbered = (0..=samples as u64 / ATTEMPTS)
        .flat_map(|i| [format!("known-{i}"), format!("disabled-{i}"), format!("imported-{i}")]);
    for username in numbered.chain(["locked-known".to_owned()]) {
        let user =
            UserSeed { username: &username, password: &password, user_id: &username, claims: json!({}) };
        seeder.put_user(&user, &passwords).await?;
        let disabled = vec![(attribute::DISABLED, Bool(username.starts_with("disabled-")))];
        seeder.set("UsersTable", (attribute::USER_ID, &username), disabled).await?;
        if username.starts_with("imported-") {
            let none = vec![(attribute::PASSWORD_HASH, S(NO_PASSWORD.to_owned()))];
            seeder.set("CredentialsTable", (attribute::USERNAME, &username), none).await?;
        }
    }
    for username in ["locked-known", "locked-nobody"] {
        let spent = [("guesses_in_a_row", N(IN_A_ROW.to_string())), ("guesses_last_at", N(NOW.to_string()))];
        seeder.set("CredentialsTable", (attribute::USERNAME, username), spent.to_vec()).await?;
    }
    Ok(())
}
