//! A full trial: log in, call, refresh, retry, log out, and be refused.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::{error::chain, route};
use tokio::time::{sleep, timeout};

use super::{
    Check,
    api::{Answer, Api},
    throwaway::Throwaway,
};
use crate::{deployment::Deployment, error::AdminError, interrupt::Interrupts};

const TRIAL: &str = "trial";
const LOGOUT: &str = "logout takes effect";
/// How long is waited for a logout to take effect that should have.
const PATIENCE: u64 = 60;
/// How long a call that is under way has, once somebody asked for the end.
const GRACE: Duration = Duration::from_secs(5);
/// What a measurement may be off by, in seconds.
const TOLERANCE: u64 = 2;

/// Something didn't go as it should.
enum Failure {
    /// An answer was not the one that it should be: what was tried, and the status.
    Answer(&'static str, u16),
    Http(reqwest::Error),
    Admin(AdminError),
    Interrupted,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

pub(super) async fn check(deployment: &Deployment, api: &Api) -> Vec<Check> {
    let Some(throwaway) = Throwaway::new(deployment) else {
        return vec![Check::unknown(TRIAL, "no names for the throw-away client and user")];
    };
    // Heard from here on, so that none of them ends the process before what was made is removed.
    let mut interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => return vec![Check::unknown(TRIAL, chain(&error))],
    };
    let is_interrupted = AtomicBool::new(false);
    let calls = Calls { api, is_interrupted: &is_interrupted };
    let mut attempt = pin!(attempt(deployment, &calls, &throwaway));
    let result = tokio::select! {
        result = &mut attempt => result,
        () = interrupts.next() => {
            is_interrupted.store(true, Ordering::Relaxed);
            // What is under way may still write something: it is waited for, so that this is removed too.
            timeout(GRACE, attempt).await.unwrap_or(Err(Failure::Interrupted))
        }
    };
    // Whatever came of it.
    let removed = throwaway.remove(deployment).await;
    let was_refused = matches!(result, Err(Failure::Admin(_)));
    let mut checks = match result {
        Ok(seconds) => {
            vec![Check::ok(TRIAL, "login, call, refresh, retry, logout, refused"), delay(deployment, seconds)]
        }
        Err(failure) => vec![explained(failure)],
    };
    if let Err(error) = removed {
        let name = &throwaway.client_id;
        let remedy = format!(
            "latchgate clients delete {name}; latchgate users delete {}",
            throwaway.username.as_str()
        );
        // Where making them failed as well, there may be none.
        checks.push(if was_refused {
            Check::failed("trial's remains", &error)
        } else {
            Check::wrong("trial's remains", chain(&error), remedy)
        });
    }
    checks
}

/// Calls of the API, of which none is begun once somebody has asked for the end.
struct Calls<'a> {
    api: &'a Api,
    is_interrupted: &'a AtomicBool,
}

impl Calls<'_> {
    async fn post(&self, path: &str, fields: &Value) -> Result<Answer, Failure> {
        self.unless_interrupted()?;
        Ok(self.api.post(path, fields).await?)
    }

    async fn get(&self, path: &str, access_token: &str) -> Result<Answer, Failure> {
        self.unless_interrupted()?;
        Ok(self.api.get(path, access_token).await?)
    }

    fn unless_interrupted(&self) -> Result<(), Failure> {
        if self.is_interrupted.load(Ordering::Relaxed) { Err(Failure::Interrupted) } else { Ok(()) }
    }
}

/// After how many seconds the logout took effect; `None`, if it didn't while that was waited for.
async fn attempt(
    deployment: &Deployment,
    api: &Calls<'_>,
    throwaway: &Throwaway,
) -> Result<Option<u64>, Failure> {
    throwaway.register(deployment).await?;
    let client_id = throwaway.client_id.as_str();
    let password = throwaway.password.expose_secret();
    let login =
        json!({ "client_id": client_id, "username": throwaway.username.as_str(), "password": password });
    let tokens = api.post(route::LOGIN, &login).await?;
    expect("login", 200, tokens.status)?;
    let text = |body: &Value, name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (access, first) = (text(&tokens.body, "access_token"), text(&tokens.body, "refresh_token"));
    expect("a call with the access token", 200, api.get(route::SESSIONS, &access).await?.status)?;
    expect("a call with a forged token", 401, api.get(route::SESSIONS, &forged(&access)).await?.status)?;
    let refresh = |token: &str| json!({ "grant_type": "refresh_token", "client_id": client_id, "refresh_token": token });
    let refreshed = api.post(route::REFRESH, &refresh(&first)).await?;
    expect("refresh", 200, refreshed.status)?;
    let (access, second) = (text(&refreshed.body, "access_token"), text(&refreshed.body, "refresh_token"));
    if second == first {
        return Err(Failure::Answer("refresh with a new refresh token", refreshed.status));
    }
    let retried = api.post(route::REFRESH, &refresh(&first)).await?;
    expect("a retry of the refresh", 200, retried.status)?;
    if text(&retried.body, "refresh_token") != second {
        return Err(Failure::Answer("a retry with the same successor", retried.status));
    }
    // Known to whatever caches, before the logout.
    expect("a call with the new access token", 200, api.get(route::SESSIONS, &access).await?.status)?;
    let logout = json!({ "client_id": client_id, "token": access });
    expect("logout", 200, api.post(route::LOGOUT, &logout).await?.status)?;
    let took = until_refused(deployment, api, &access).await?;
    expect("a refresh after the logout", 400, api.post(route::REFRESH, &refresh(&second)).await?.status)?;
    Ok(took)
}

async fn until_refused(
    deployment: &Deployment,
    api: &Calls<'_>,
    access_token: &str,
) -> Result<Option<u64>, Failure> {
    let start = deployment.now();
    loop {
        let seconds = deployment.now().since(start).as_secs();
        match api.get(route::SESSIONS, access_token).await?.status {
            401 => return Ok(Some(seconds)),
            200 if seconds > promised(deployment).unwrap_or_default() + PATIENCE => return Ok(None),
            200 => sleep(Duration::from_millis(500)).await,
            status => return Err(Failure::Answer("a call after the logout", status)),
        }
    }
}

/// The delay that is promised, in seconds, as the stack's parameters have it; `None`, where a logout is not heard of.
fn promised(deployment: &Deployment) -> Option<u64> {
    match deployment.parameter("RevocationCheck") {
        Some("none") => None,
        Some("denylist") => {
            deployment.parameter("DenylistInterval").and_then(|seconds| seconds.parse().ok()).or(Some(10))
        }
        _ => Some(0),
    }
}

/// What a gateway caches comes on top of what the authorizer promises, and shows here.
fn delay(deployment: &Deployment, seconds: Option<u64>) -> Check {
    let remedy =
        "a gateway caches the authorizer's decisions: set ReauthorizeEvery to 0, or accept the delay";
    match (promised(deployment), seconds) {
        (Some(promised), Some(seconds)) if seconds <= promised + TOLERANCE => {
            Check::ok(LOGOUT, format!("after {seconds} s; promised are {promised} s"))
        }
        (Some(promised), Some(seconds)) => {
            Check::wrong(LOGOUT, format!("after {seconds} s; promised are {promised} s"), remedy)
        }
        (Some(promised), None) => {
            Check::wrong(LOGOUT, format!("not within {} s", promised + PATIENCE), remedy)
        }
        (None, _) => Check::ok(LOGOUT, "when the token expires: RevocationCheck is none"),
    }
}

fn expect(what: &'static str, expected: u16, status: u16) -> Result<(), Failure> {
    if status == expected { Ok(()) } else { Err(Failure::Answer(what, status)) }
}

fn explained(failure: Failure) -> Check {
    let remedy = match &failure {
        Failure::Answer(_, 403) => {
            "a scope rule keeps a valid token from GET /sessions: add `GET /sessions -` to ScopeRules"
        }
        _ => "the log of the function in question says why, with the field reason",
    };
    let detail = match failure {
        Failure::Answer(what, status) => format!("{what}: answered {status}"),
        Failure::Http(error) => chain(&error),
        Failure::Admin(error) => return Check::failed(TRIAL, &error),
        Failure::Interrupted => {
            return Check::unknown(TRIAL, "interrupted; what was made for it was removed");
        }
    };
    Check::wrong(TRIAL, detail, remedy)
}

/// The same token with another last byte but one.
fn forged(token: &str) -> String {
    let Some((rest, last)) = token.len().checked_sub(2).and_then(|at| token.split_at_checked(at)) else {
        return token.to_owned();
    };
    let other = if last.starts_with('A') { "B" } else { "A" };
    format!("{rest}{other}{}", &last[1..])
}
