//! The answer to a right password that has to be changed before anything else.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::{clock::Timestamp, store::Session};

/// How long a user may take to choose another password: long enough for a person, and of little use to a thief.
pub(crate) const PASSWORD_CHANGE_TTL: Duration = Duration::from_secs(600);

/// An error in the shape of RFC 6749 section 5.2, so that nobody takes it for a login, and the one token with which it
/// can be mended.
#[derive(Serialize)]
pub(crate) struct PasswordExpired<'a> {
    error: &'static str,
    error_description: &'static str,
    access_token: &'a str,
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
}

impl<'a> PasswordExpired<'a> {
    pub(crate) fn new(access_token: &'a SecretString, session: &Session, now: Timestamp) -> Self {
        Self {
            error: "password_expired",
            error_description: "The password has to be changed first, by POST /password with this access token.",
            access_token: access_token.expose_secret(),
            token_type: "bearer",
            expires_in: session.ends_at().since(now).as_secs(),
        }
    }
}
