//! Concurrent requests to the real handlers and engine. Every round counts; none is repeated.
//!
//! The seed chooses the order of the requests, their instances and their delays. The scheduler decides the rest, so a
//! seed gives a similar race, not the same one. `cargo xtask races` runs 10,000 rounds of each race and prints the
//! outcomes; `cargo test` runs a few.

mod field;
mod keys;
mod logins;
mod logout;
mod mails;
mod passwords;
mod race;
mod refreshes;
mod request;
mod theft;

use std::{collections::HashSet, fmt::Display};

use crate::harness::{Api, Reply, Tokens};

/// Only one in ten rounds hashes passwords, which takes at least ten times as long.
const HASHING: usize = 10;
/// Only one in a hundred rounds hashes dozens of passwords.
const HASHING_MUCH: usize = 100;

/// The number in the promise.
const PARALLEL: usize = 20;

/// The number of distinct refresh tokens in the successful replies.
fn distinct_successors(replies: &[Reply]) -> usize {
    let successful = replies.iter().filter(|reply| reply.status == 200);
    successful.map(|reply| reply.tokens().refresh).collect::<HashSet<_>>().len()
}

/// Asserts that neither token works.
async fn assert_over(api: &Api, tokens: &Tokens, round: impl Display) {
    let called = api.call(&tokens.access).await;
    assert_eq!(called.status, 401, "round {round}, a call: {called:?}");
    let refreshed = api.refresh(&tokens.refresh).await;
    assert_refused(&refreshed, format_args!("{round}, a refresh"));
}

/// Asserts that a grant was refused.
#[track_caller]
fn assert_refused(reply: &Reply, round: impl Display) {
    assert_eq!(reply.status, 400, "round {round}: {reply:?}");
    reply.assert_error(400, "invalid_grant");
}

/// Asserts that the tokens of a refresh don't work, if it succeeded.
async fn assert_survivor_over(api: &Api, refreshed: &Reply, round: impl Display) {
    if refreshed.status == 200 {
        assert_over(api, &refreshed.tokens(), format_args!("{round}, by what a refresh brought")).await;
    } else {
        assert_refused(refreshed, round);
    }
}
