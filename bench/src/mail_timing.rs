//! Measures how well the time of a request for a mail reveals whether its address has an account: at `/signup` and
//! `/forgot`, for addresses with an account, without one, with a disabled user, and with an unconfirmed sign-up.
//!
//! The kinds alternate in random order. Each request's network is counted, and none spends its bound. A debug build
//! slows everything, so differences show more clearly.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use aws_sdk_dynamodb::types::AttributeValue::{Bool, N, S};
use axum::http::StatusCode;
use local::{functions::Deployment, gateway::Gateway, seed::Seeder};
use passwords::{NEVER, Password, Passwords};
use secrecy::SecretString;
use serde_json::json;
use shared::{random::SystemRandom, route, store::attribute};

use crate::{
    clock::SimulatedClock,
    deployment::deployment,
    program::Failure,
    store_process::StoreProcess,
    timing::{Times, samples, shuffled, time},
};

/// The clock's time, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
/// The requests for each address and purpose, one below the bound of an hour: an unconfirmed sign-up has asked before.
const REQUESTS: usize = 4;
/// Every user's password.
const PASSWORD: &str = "correct horse battery";
/// The network of the requests that prepare the addresses. This machine's own is not counted.
const OURS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    Known,
    Unknown,
    Disabled,
    Unconfirmed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    path: &'static str,
    address: Address,
}

impl Kind {
    const ALL: [Self; 8] = {
        let [signup, forgot] = [Self::of(route::SIGNUP), Self::of(route::FORGOT)];
        [signup[0], signup[1], signup[2], signup[3], forgot[0], forgot[1], forgot[2], forgot[3]]
    };

    const fn of(path: &'static str) -> [Self; 4] {
        [
            Self { path, address: Address::Known },
            Self { path, address: Address::Unknown },
            Self { path, address: Address::Disabled },
            Self { path, address: Address::Unconfirmed },
        ]
    }
}

impl Address {
    /// The address for the nth request of a kind. All are equally long.
    fn email(self, n: usize) -> String {
        let letter = match self {
            Self::Known => 'k',
            Self::Unknown => 'u',
            Self::Disabled => 'd',
            Self::Unconfirmed => 'c',
        };
        format!("{letter}-{:06}@example.com", n / REQUESTS)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self.address {
            Address::Known => "known",
            Address::Unknown => "unknown",
            Address::Disabled => "disabled",
            Address::Unconfirmed => "unconfirmed",
        };
        f.pad(&format!("{} {address}", self.path))
    }
}

#[tokio::main]
pub(crate) async fn run(arguments: &[String]) -> Result<(), Failure> {
    let samples = samples(arguments)?;
    let store = StoreProcess::start()?;
    let (template, mut deployment) = deployment(&store.endpoint, Arc::new(SimulatedClock::at(NOW))).await?;
    let parameters = deployment.parameters.with("MailFrom", "Latchgate <latchgate@example.com>");
    deployment.parameters = parameters.with("SignUp", "open");
    Box::pin(register(&deployment, samples)).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
    let mut times = Times::new();
    for n in (0..samples).step_by(REQUESTS) {
        ask(&gateway, OURS, route::SIGNUP, &Address::Unconfirmed.email(n)).await?;
    }
    for n in 0..samples {
        for (kind, source) in shuffled(Kind::ALL).into_iter().zip(sources(n)) {
            times.add(kind, ask(&gateway, source, kind.path, &kind.address.email(n)).await?);
        }
    }
    println!("{samples} requests for mails of each kind, embedded store, debug build");
    times.report(&Kind::ALL, |one, other| one.path == other.path)
}

/// The networks of the nth requests, whatever their kinds. Each network is counted, and none spends its bound.
fn sources(n: usize) -> impl Iterator<Item = IpAddr> {
    (0..Kind::ALL.len()).map(move |i| {
        // Unwrap safety: there are fewer than four billion samples.
        let number = u32::try_from(n / REQUESTS * Kind::ALL.len() + i).expect("a number of samples");
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(Ipv4Addr::new(10, 0, 0, 0)) + number))
    })
}

async fn ask(
    gateway: &Gateway,
    source: IpAddr,
    path: &str,
    email: &str,
) -> Result<std::time::Duration, Failure> {
    let body = json!({ "client_id": local::demo::PUBLIC_CLIENT_ID, "email": email });
    time(gateway, source, path, &body, StatusCode::ACCEPTED).await
}

/// Creates the users of the known and the disabled addresses. They share one hash, whose value makes no difference.
async fn register(deployment: &Deployment, samples: usize) -> Result<(), Failure> {
    let seeder = Seeder { client: &deployment.dynamodb, tables: &deployment.tables };
    let password = Password::parse(&SecretString::from(PASSWORD)).ok_or("no password")?;
    let hash = Passwords::new(Arc::new(SystemRandom::new())).hash(&password).await?;
    for n in (0..samples).step_by(REQUESTS) {
        for address in [Address::Known, Address::Disabled] {
            let email = address.email(n);
            let claims = json!({ "email": email, "email_verified": true }).to_string();
            let user = vec![
                (attribute::USERNAME, S(email.clone())),
                (attribute::CLAIMS, S(claims)),
                (attribute::DISABLED, Bool(address == Address::Disabled)),
            ];
            // An identifier has no `@`.
            let user_id = email.replace(['@', '.'], "-");
            seeder.set("UsersTable", (attribute::USER_ID, &user_id), user).await?;
            let credential = vec![
                (attribute::USER_ID, S(user_id.clone())),
                (attribute::PASSWORD_HASH, S(hash.clone())),
                (attribute::EXPIRES_AT, N(NEVER.to_string())),
            ];
            seeder.set("CredentialsTable", (attribute::USERNAME, &email), credential).await?;
        }
    }
    Ok(())
}
