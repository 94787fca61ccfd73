//! Tests an hour's freeze: Lambda stops a function between two requests.
//!
//! Meanwhile the connections to the store and Secrets Manager are lost. Afterwards the clock is an hour ahead, through
//! libfaketime, since real time can't be skipped. The monotonic clock (`CLOCK_MONOTONIC`) is unchanged, so the pool
//! considers the connections young. After a real hour it would drop them itself, which is the easier case.

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use super::{
    cast::Cast,
    proxy::{Loss, Proxy},
    stage::Stage,
};
use crate::{
    events::{self, Tokens},
    flow::{Functions, asks_for_password},
    packages,
    shell::{TaskError, hold, now, root},
};

/// The library's variant for programs with several threads.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// Half of a function's time. An attempt on a lost connection takes 0.6 s, and a call makes at most two
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

/// Sends at least one request to each function.
fn warm_up(cast: &Cast) -> Result<Tokens, TaskError> {
    cast.invoke("KeysFunction", &events::step("setSecret")?)?;
    cast.call("MetadataFunction", "metadata-jwks", &Tokens::default())?;
    let changed = cast.tokens("PasswordFunction", "password", &cast.log_in()?)?;
    let (_, body) = cast.request("PasswordFunction", &events::change_back(&changed)?)?;
    cast.call("LogoutFunction", "logout", &Tokens::of(&body))?;
    let tokens = cast.tokens("RefreshFunction", "refresh", &cast.log_in()?)?;
    cast.call("SessionsFunction", "sessions-list", &tokens)?;
    cast.call("UserinfoFunction", "userinfo", &tokens)?;
    cast.call("TokenFunction", "token", &tokens)?;
    cast.ask("AuthorizeFunction", "authorize", &tokens)?;
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
    // One clock issued the token and another verifies it; both are an hour ahead.
    let tokens = cast.admit(&body)?;
    let is_same = tokens.session_id == before.session_id;
    hold("authorizer lets the new access token through", is_same, &Value::Null)?;
    let body =
        answered("sessions lists the session", || cast.call("SessionsFunction", "sessions-list", &tokens))?;
    hold("and it is the current one", body["sessions"][0]["current"] == true, &body)?;
    answered("userinfo has the user's claims", || cast.call("UserinfoFunction", "userinfo", &tokens))?;
    within("token refuses a code that is nobody's, by keys that it reads again", || {
        let (status, body) = cast.call("TokenFunction", "token", &none)?;
        Ok((status == 400, body))
    })?;
    within("authorize shows its page", || {
        let page = cast.ask("AuthorizeFunction", "authorize", &none)?;
        Ok((asks_for_password(&page), page))
    })?;
    answered("metadata publishes keys", || cast.call("MetadataFunction", "metadata-jwks", &none))?;
    within("keys publishes them again", || {
        let answer = cast.invoke("KeysFunction", &events::step("setSecret")?)?;
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

/// Checks a claim about the first request after the freeze, and that its answer is in time.
fn within(claim: &str, ask: impl FnOnce() -> Result<(bool, Value), TaskError>) -> Result<Value, TaskError> {
    let started = now();
    let (holds, found) = ask()?;
    let took = started.elapsed();
    hold(&format!("{claim} ({} ms)", took.as_millis()), holds && took < BOUND, &found)?;
    Ok(found)
}

/// Checks a claim about an HTTP request after the freeze, which has to get 200 in time.
fn answered(claim: &str, ask: impl FnOnce() -> Result<(u64, Value), TaskError>) -> Result<Value, TaskError> {
    within(claim, || ask().map(|(status, body)| (status == 200, body)))
}

fn set(clock: &Path, offset: &str) -> Result<(), TaskError> {
    fs::write(clock, offset).map_err(|e| TaskError(format!("{}: {e}", clock.display())))
}
