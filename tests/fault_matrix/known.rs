//! The user's chosen password, and the sessions of tokens.

use crate::harness::{Tokens, claims};

pub(super) const NEW_PASSWORD: &str = "a much better password";

/// The session ID of these tokens.
pub(super) fn sid(tokens: &Tokens) -> String {
    claims(&tokens.access)["sid"].as_str().unwrap().to_owned()
}
