//! A full trial: log in, call, refresh, retry, log out, and be refused.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::json;
use shared::{error::chain, route};
use tokio::time::{sleep, timeout};

use super::{
    Check,
    api::Api,
    binding,
    calls::{Calls, Failure, expect},
    throwaway::Throwaway,
};
use crate::{deployment::Deployment, interrupt::Interrupts};

const TRIAL: &str = "trial";
const LOGOUT: &str = "logout takes effect";
/// How many seconds the trial waits for a logout to take effect, beyond the promised delay.
const PATIENCE: u64 = 60;
/// How long a running call has to finish after a signal.
const GRACE: Duration = Duration::from_secs(5);
/// By how many seconds a measurement may be off.
const TOLERANCE: u64 = 2;

/// A finished trial.
pub(super) struct Trial {
    pub(super) checks: Vec<Check>,
    /// Whether a signal ended it.
    pub(super) is_interrupted: bool,
}

impl Trial {
    fn not_begun(name: String, detail: impl Into<String>) -> Self {
        Self { checks: vec![Check::unknown(name, detail)], is_interrupted: false }
    }
}

pub(super) async fn check(deployment: &Deployment, api: &Api) -> Trial {
    let Some(throwaway) = Throwaway::new(deployment) else {
        return Trial::not_begun(
            api.name(TRIAL),
            "no names could be generated for the throw-away client and user",
        );
    };
    // From here on, a signal doesn't end the process before the client and the user are removed.
    let mut interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => return Trial::not_begun(api.name(TRIAL), chain(&error)),
    };
    let is_interrupted = AtomicBool::new(false);
    let calls = Calls { api, is_interrupted: &is_interrupted };
    let mut attempt = pin!(all(deployment, &calls, &throwaway));
    let result = tokio::select! {
        result = &mut attempt => result,
        () = interrupts.next() => {
            is_interrupted.store(true, Ordering::Relaxed);
            // A running call may still write, so the trial waits for it, and then removes what it wrote.
            timeout(GRACE, attempt).await.unwrap_or(Err(Failure::Interrupted))
        }
    };
    // In any case.
    let removed = throwaway.remove(deployment).await;
    let was_refused = matches!(result, Err(Failure::Admin(_)));
    let mut checks = match result {
        Ok(checks) => checks,
        Err(failure) => vec![failure.explained(api.name(TRIAL))],
    };
    if let Err(error) = removed {
        let (client_id, username) = (&throwaway.client_id, throwaway.username.as_str());
        let remedy = format!("latchgate clients delete {client_id}; latchgate users delete {username}");
        let name = api.name("trial's remains");
        // If creating them failed too, there may be no remains.
        checks.push(if was_refused {
            Check::failed(name, &error)
        } else {
            Check::wrong(name, chain(&error), remedy)
        });
    }
    Trial { checks, is_interrupted: is_interrupted.load(Ordering::Relaxed) }
}

/// Runs a trial with unbound tokens, and one with tokens that are bound to a key.
async fn all(
    deployment: &Deployment,
    calls: &Calls<'_>,
    throwaway: &Throwaway,
) -> Result<Vec<Check>, Failure> {
    let api = calls.api;
    let seconds = attempt(deployment, calls, throwaway).await?;
    Ok(vec![
        Check::ok(api.name(TRIAL), "login, call, refresh, retry, logout, refused"),
        delay(api.name(LOGOUT), deployment, seconds),
        binding::check(deployment, calls, throwaway).await,
    ])
}

/// Runs the trial, and returns after how many seconds the logout took effect; `None`, if it didn't in time.
async fn attempt(
    deployment: &Deployment,
    api: &Calls<'_>,
    throwaway: &Throwaway,
) -> Result<Option<u64>, Failure> {
    throwaway.register(deployment).await?;
    let client_id = throwaway.client_id.as_str();
    let tokens = api.post(route::LOGIN, &throwaway.login()).await?;
    expect("login", 200, tokens.status)?;
    let (access, first) = (tokens.text("access_token"), tokens.text("refresh_token"));
    expect("a call with the access token", 200, api.get(route::SESSIONS, access).await?.status)?;
    expect("a call with a forged token", 401, api.get(route::SESSIONS, &forged(access)).await?.status)?;
    let refreshed = api.post(route::REFRESH, &throwaway.refresh(first)).await?;
    expect("refresh", 200, refreshed.status)?;
    let (access, second) = (refreshed.text("access_token"), refreshed.text("refresh_token"));
    if second == first {
        return Err(Failure::Answer("refresh with a new refresh token", refreshed.status));
    }
    let retried = api.post(route::REFRESH, &throwaway.refresh(first)).await?;
    expect("a retry of the refresh", 200, retried.status)?;
    if retried.text("refresh_token") != second {
        return Err(Failure::Answer("a retry with the same successor", retried.status));
    }
    // Fills any cache before the logout.
    expect("a call with the new access token", 200, api.get(route::SESSIONS, access).await?.status)?;
    let logout = json!({ "client_id": client_id, "token": access });
    expect("logout", 200, api.post(route::LOGOUT, &logout).await?.status)?;
    let took = until_refused(deployment, api, access).await?;
    expect(
        "a refresh after the logout",
        400,
        api.post(route::REFRESH, &throwaway.refresh(second)).await?.status,
    )?;
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

/// The promised delay in seconds, by the stack's parameters; `None`, if logouts don't affect access tokens.
fn promised(deployment: &Deployment) -> Option<u64> {
    match deployment.parameter("RevocationCheck") {
        Some("none") => None,
        Some("denylist") => {
            deployment.parameter("DenylistInterval").and_then(|seconds| seconds.parse().ok()).or(Some(10))
        }
        _ => Some(0),
    }
}

/// Checks the delay. A gateway's cache adds to what the authorizer promises, which shows here.
fn delay(name: String, deployment: &Deployment, seconds: Option<u64>) -> Check {
    let remedy =
        "a gateway caches the authorizer's decisions: set ReauthorizeEvery to 0, or accept the delay";
    match (promised(deployment), seconds) {
        (Some(promised), Some(seconds)) if seconds <= promised + TOLERANCE => {
            Check::ok(name, format!("after {seconds} s; the limit is {promised} s"))
        }
        (Some(promised), Some(seconds)) => {
            Check::wrong(name, format!("after {seconds} s; the limit is {promised} s"), remedy)
        }
        (Some(promised), None) => Check::wrong(name, format!("not within {} s", promised + PATIENCE), remedy),
        (None, _) => Check::ok(name, "when the token expires: RevocationCheck is none"),
    }
}

/// The same token with a different last byte but one.
fn forged(token: &str) -> String {
    let Some((rest, last)) = token.len().checked_sub(2).and_then(|at| token.split_at_checked(at)) else {
        return token.to_owned();
    };
    let other = if last.starts_with('A') { "B" } else { "A" };
    format!("{rest}{other}{}", &last[1..])
}
