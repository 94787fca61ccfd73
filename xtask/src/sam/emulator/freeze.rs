//! A freeze of an hour: Lambda stops a function between two requests, for as long as nobody asks.
//!
//! Its connections to the store and to Secrets Manager are lost meanwhile, and its clock is an hour ahead afterwards:
//! libfaketime's, since the wall can't be made to wait. Time that only goes on (`CLOCK_MONOTONIC`) is left alone, so that
//! the connections seem young to their pool. After a real hour it would drop them by itself, which is the easier case.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use super::{
    cast::Cast,
    proxy::{Loss, Proxy},
    stage::Stage,
};
use crate::{
    events::{self, Tokens},
    flow::Functions,
    packages,
    shell::{TaskError, hold, now, root},
};

/// For programs with several threads.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// Half of what a function has. An attempt on a connection that is lost takes 0.6 s, and a call two at most
/// (`shared::aws::config`).
const BOUND: Duration = Duration::from_secs(5);

pub(super) fn check(stage: &Stage) -> Result<(), TaskError> {
    packages::debian(&[(LIBRARY, "libfaketime")])?;
    for loss in [Loss::Closed, Loss::Dropped] {
        println!("the functions, frozen for an hour, their connections {loss:?}:");
        last_an_hour(stage, loss)?;
    }
    Ok(())
}

fn last_an_hour(stage: &Stage, loss: Loss) -> Result<(), TaskError> {
    let clock = root().join("target/sam/clock");
    set(&clock, "+0")?;
    let clock_path = clock.to_string_lossy();
    let faked = [
        ("LD_PRELOAD", LIBRARY),
        ("FAKETIME_TIMESTAMP_FILE", &*clock_path),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let cast = Cast::start(stage, &faked, &format!(".{loss:?}"))?;
    let before = warm_up(&cast)?;

    for actor in cast.actors() {
        actor.lambda.freeze()?;
        actor.services.iter().for_each(|service| service.lose(loss));
    }
    set(&clock, "+3600")?;
    cast.actors().try_for_each(|actor| actor.lambda.thaw())?;
    go_on(&cast, &before)?;

    for actor in cast.actors() {
        let connections: usize = actor.services.iter().map(Proxy::count).sum();
        if connections == 0 {
            return Err(TaskError(format!("{} needed no new connection", actor.lambda.log.display())));
        }
    }
    Ok(())
}

/// One request to each, at least.
fn warm_up(cast: &Cast) -> Result<Tokens, TaskError> {
    cast.ask("KeysFunction", "keys-set", &Tokens::default())?;
    cast.call("MetadataFunction", "metadata-jwks", &Tokens::default())?;
    let changed = cast.tokens("PasswordFunction", "password", &cast.log_in()?)?;
    let (_, body) = cast.request("PasswordFunction", &events::change_back(&changed)?)?;
    cast.call("LogoutFunction", "logout", &Tokens::of(&body))?;
    let tokens = cast.tokens("RefreshFunction", "refresh", &cast.log_in()?)?;
    cast.call("SessionsFunction", "sessions-list", &tokens)?;
    Ok(tokens)
}

fn go_on(cast: &Cast, before: &Tokens) -> Result<(), TaskError> {
    let none = Tokens::default();
    within("authorizer refuses the access token, which has expired", || {
        cast.refuses("authorizer-token", before)
    })?;
    let body = answered("refresh takes the refresh token, which has not", || {
        cast.call("RefreshFunction", "refresh", before)
    })?;
    // Issued by one clock and verified by another: both are an hour ahead.
    let tokens = cast.admit(&body)?;
    let is_same = tokens.session_id == before.session_id;
    hold("authorizer lets the new access token through", is_same, &Value::Null)?;
    let body =
        answered("sessions lists the session", || cast.call("SessionsFunction", "sessions-list", &tokens))?;
    hold("and it is the current one", body["sessions"][0]["current"] == true, &body)?;
    answered("metadata publishes keys", || cast.call("MetadataFunction", "metadata-jwks", &none))?;
    within("keys publishes them again", || {
        let answer = cast.ask("KeysFunction", "keys-set", &none)?;
        Ok((answer.is_null(), answer))
    })?;
    let body = answered("login answers tokens", || cast.call("LoginFunction", "login", &none))?;
    let other = cast.admit(&body)?;
    answered("logout ends their session", || cast.call("LogoutFunction", "logout", &other))?;
    let (refuses, answer) = cast.refuses("authorizer-token", &other)?;
    hold("and the authorizer refuses them", refuses, &answer)?;
    let body =
        answered("password replaces the password", || cast.call("PasswordFunction", "password", &tokens))?;
    let (status, body) = cast.request("PasswordFunction", &events::change_back(&cast.admit(&body)?)?)?;
    hold("and changes it back", status == 200, &body)
}

/// A claim about the first request after the freeze, which is answered in time.
fn within(claim: &str, ask: impl FnOnce() -> Result<(bool, Value), TaskError>) -> Result<Value, TaskError> {
    let started = now();
    let (holds, found) = ask()?;
    let took = started.elapsed();
    hold(&format!("{claim} ({} ms)", took.as_millis()), holds && took < BOUND, &found)?;
    Ok(found)
}

/// The same of a request over HTTP, which is answered with 200.
fn answered(claim: &str, ask: impl FnOnce() -> Result<(u64, Value), TaskError>) -> Result<Value, TaskError> {
    within(claim, || ask().map(|(status, body)| (status == 200, body)))
}

fn set(clock: &Path, offset: &str) -> Result<(), TaskError> {
    fs::write(clock, offset).map_err(|e| TaskError(format!("{}: {e}", clock.display())))
}
