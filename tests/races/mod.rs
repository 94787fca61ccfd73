//! What happens at the same time, over the real handlers and engine. Every round counts; none is tried again.
//!
//! The seed chooses who is sent first, to which of several instances, and how far apart; the rest is up to the scheduler,
//! so a seed makes a race like another, not the same. `cargo xtask races` runs 10,000 rounds of each and prints what came
//! of them; `cargo test` runs a few.

mod field;
mod logins;
mod logout;
mod passwords;
mod race;
mod refreshes;
mod request;
mod theft;

use std::collections::HashSet;

use crate::harness::{Api, Reply, Tokens};

/// A round that hashes passwords takes ten times as long as one that doesn't, or longer: one in ten of those.
const HASHING: usize = 10;
/// A round in which dozens of passwords are hashed.
const HASHING_MUCH: usize = 100;

/// As many as the promise is about.
const PARALLEL: usize = 20;

/// How many different refresh tokens there are among the replies that brought one.
fn distinct_successors(replies: &[Reply]) -> usize {
    let successful = replies.iter().filter(|reply| reply.status == 200);
    successful.map(|reply| reply.tokens().refresh).collect::<HashSet<_>>().len()
}

/// Asserts that these tokens are good for nothing.
async fn assert_over(api: &Api, tokens: &Tokens, round: usize) {
    assert_eq!(api.call(&tokens.access).await.status, 401, "round {round}");
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

/// The same of what a refresh brought, if it was served.
async fn assert_survivor_over(api: &Api, refreshed: &Reply, round: usize) {
    if refreshed.status == 200 {
        assert_over(api, &refreshed.tokens(), round).await;
    } else {
        refreshed.assert_error(400, "invalid_grant");
    }
}
