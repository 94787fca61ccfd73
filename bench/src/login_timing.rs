//! Measures how well the time of a refused login reveals whether a name exists, and whether a disabled user's password
//! was right. The result is the AUC: the chance of telling two logins of different kinds apart by which took longer. A
//! half is a coin toss. Once the budget is spent nothing is hashed, so those kinds are compared with each other.
//!
//! The kinds alternate in random order at one point in time. A debug build with optimised hashing slows everything
//! except the hash, so differences show more clearly.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{clock::SimulatedClock, deployment::deployment, program::Failure, store_process::StoreProcess};
use aws_sdk_dynamodb::types::AttributeValue::{Bool, N};
use axum::{body::Bytes, http::Request};
use local::{
    functions::Deployment,
    gateway::Gateway,
    seed::{Seeder, UserSeed},
};
use passwords::{BUDGET, IN_A_ROW, Passwords};
use serde_json::json;
use shared::{
    random::{Random, SystemRandom, bytes},
    route,
    store::attribute,
};

/// Samples of each kind, unless the command line says otherwise.
const SAMPLES: usize = 10_000;
/// The clock's time, in seconds since 1970.
const NOW: u64 = 1_800_000_000;
/// Attempts on each name, one below the budget, so that no name is locked by mistake.
const ATTEMPTS: u64 = BUDGET - 1;
/// Every user's password.
const PASSWORD: &str = "correct horse battery";
/// The highest acceptable AUC.
const BOUND: f64 = 0.55;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Known,
    Unknown,
    /// With the right password.
    Disabled,
    LockedKnown,
    LockedUnknown,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Known, Self::Unknown, Self::Disabled, Self::LockedKnown, Self::LockedUnknown];

    fn is_locked(self) -> bool {
        matches!(self, Self::LockedKnown | Self::LockedUnknown)
    }

    /// The name for the nth attempt of this kind.
    fn username(self, n: usize) -> String {
        match self {
            Self::Known => format!("known-{}", n as u64 / ATTEMPTS),
            Self::Unknown => format!("nobody-{}", n as u64 / ATTEMPTS),
            Self::Disabled => format!("disabled-{}", n as u64 / ATTEMPTS),
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
            Self::LockedKnown => "locked, known",
            Self::LockedUnknown => "locked, unknown",
        })
    }
}

#[tokio::main]
pub(crate) async fn run(arguments: &[String]) -> Result<(), Failure> {
    let samples = arguments.first().map_or(Ok(SAMPLES), |n| n.parse())?;
    let store = StoreProcess::start()?;
    let (template, deployment) = deployment(&store.endpoint, Arc::new(SimulatedClock::at(NOW))).await?;
    Box::pin(register(&deployment, samples)).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;

    let mut times: Vec<(Kind, Duration)> = Vec::with_capacity(Kind::ALL.len() * samples);
    for n in 0..samples {
        for kind in shuffled() {
            let password = if kind == Kind::Disabled { PASSWORD } else { "a guess" };
            times.push((kind, time(&gateway, &kind.username(n), password).await?));
        }
    }
    report(&times, samples)
}

/// Creates users with known names, and locked names. They share one hash, whose value makes no difference.
async fn register(deployment: &Deployment, samples: usize) -> Result<(), Failure> {
    let seeder = Seeder { client: &deployment.dynamodb, tables: &deployment.tables };
    let (passwords, password) = (Passwords::new(Arc::new(SystemRandom::new())), PASSWORD.into());
    let numbered =
        (0..=samples as u64 / ATTEMPTS).flat_map(|i| [format!("known-{i}"), format!("disabled-{i}")]);
    for username in numbered.chain(["locked-known".to_owned()]) {
        let user =
            UserSeed { username: &username, password: &password, user_id: &username, claims: json!({}) };
        seeder.put_user(&user, &passwords).await?;
        let disabled = vec![(attribute::DISABLED, Bool(username.starts_with("disabled-")))];
        seeder.set("UsersTable", (attribute::USER_ID, &username), disabled).await?;
    }
    for username in ["locked-known", "locked-nobody"] {
        let spent = [("guesses_in_a_row", N(IN_A_ROW.to_string())), ("guesses_last_at", N(NOW.to_string()))];
        seeder.set("CredentialsTable", (attribute::USERNAME, username), spent.to_vec()).await?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn time(gateway: &Gateway, username: &str, password: &str) -> Result<Duration, Failure> {
    let body =
        json!({ "client_id": local::demo::PUBLIC_CLIENT_ID, "username": username, "password": password });
    let request = Request::post(route::LOGIN).header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_string()))?;
    let start = Instant::now();
    let response = gateway.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    let time = start.elapsed();
    if response.status() == 400 { Ok(time) } else { Err("a guess was not refused".into()) }
}

fn shuffled() -> [Kind; Kind::ALL.len()] {
    let (mut kinds, random) = (Kind::ALL, SystemRandom::new());
    for i in (1..kinds.len()).rev() {
        let [byte] = bytes::<1>(&random as &dyn Random);
        kinds.swap(i, usize::from(byte) % (i + 1));
    }
    kinds
}

fn report(times: &[(Kind, Duration)], samples: usize) -> Result<(), Failure> {
    println!("{samples} refused logins of each kind, embedded store, debug build with optimised hashing");
    let of = |kind: Kind| {
        let mut times: Vec<Duration> = times.iter().filter(|(k, _)| *k == kind).map(|(_, t)| *t).collect();
        times.sort_unstable();
        times
    };
    for kind in Kind::ALL {
        let times = of(kind);
        let (median, p95) = (times[times.len() / 2], times[times.len() * 95 / 100]);
        println!("{kind:<16} median {median:>10.3?}  95th percentile {p95:>10.3?}");
    }
    let mut worst = 0.5_f64;
    for (i, one) in Kind::ALL.into_iter().enumerate() {
        for other in Kind::ALL[i + 1..].iter().filter(|other| other.is_locked() == one.is_locked()) {
            let auc = auc(&of(one), &of(*other));
            worst = worst.max(auc);
            println!("{one:<16} against {other:<16} AUC {auc:.4}");
        }
    }
    println!("worst AUC {worst:.4}; the bound is {BOUND}");
    if worst < BOUND { Ok(()) } else { Err("the kinds can be told apart".into()) }
}

/// Mann-Whitney: the share of pairs in which the slower kind took longer, with ties counted half.
fn auc(one: &[Duration], other: &[Duration]) -> f64 {
    let (mut wins, mut below, mut not_above) = (0.0, 0, 0);
    for time in one {
        while other.get(below).is_some_and(|t| t < time) {
            below += 1;
        }
        not_above = not_above.max(below);
        while other.get(not_above).is_some_and(|t| t <= time) {
            not_above += 1;
        }
        wins += count(below) + count(not_above - below) / 2.0;
    }
    let auc = wins / (count(one.len()) * count(other.len()));
    auc.max(1.0 - auc)
}

fn count(n: usize) -> f64 {
    // Unwrap safety: there are fewer than four billion samples.
    u32::try_from(n).expect("a number of samples").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_score_one_half_and_separate_times_score_one() {
        let times = |range: std::ops::Range<u64>| range.map(Duration::from_millis).collect::<Vec<_>>();
        assert!((auc(&times(0..100), &times(0..100)) - 0.5).abs() < 1e-9);
        assert!((auc(&times(0..100), &times(100..200)) - 1.0).abs() < 1e-9);
        assert!((auc(&times(100..200), &times(0..100)) - 1.0).abs() < 1e-9);
        assert!((auc(&times(0..100), &times(50..150)) - 0.875).abs() < 1e-3);
    }
}
