//! Checks the functions' output, with every variable set that could make them print more.

use serde_json::Value;

use super::cast::Cast;
use crate::{
    events::{PASSWORDS, Tokens},
    shell::{TaskError, hold},
};

/// Checks that the output has no password, token or key.
pub(super) fn check(cast: &Cast, seen: &[Tokens], keyset: &Value) -> Result<(), TaskError> {
    let mut secrets: Vec<&str> = PASSWORDS.to_vec();
    secrets.extend(seen.iter().flat_map(|tokens| [&*tokens.access_token, &*tokens.refresh_token]));
    let keys = ["signing_keys", "refresh_keys"].map(|kind| keyset[kind].as_array());
    let private = keys.into_iter().flatten().flatten().flat_map(|key| [key["d"].as_str(), key["k"].as_str()]);
    secrets.extend(private.flatten());
    if secrets.iter().any(|secret| secret.is_empty()) {
        return Err(TaskError("a secret to look for is missing".to_owned()));
    }
    for actor in cast.actors() {
        let printed = actor.lambda.printed()?;
        let says_something = printed.contains(r#""level":"INFO""#);
        let found = secrets.iter().find(|secret| printed.contains(**secret));
        if !says_something || found.is_some() {
            let log = actor.lambda.log.display();
            return Err(TaskError(format!("{log} holds a secret, or nothing of the function")));
        }
    }
    hold(
        "no token, password or key stands in what they printed, however loud they are told to be",
        true,
        &Value::Null,
    )
}
