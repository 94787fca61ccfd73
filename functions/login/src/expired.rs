//! The answer to a correct password that the user has to change first.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::{clock::Timestamp, store::Session, thumbprint::Thumbprint, tokens::token_type};

/// How long a user may take to change the password: enough for a person, and of little use to a thief.
pub(crate) const PASSWORD_CHANGE_TTL: Duration = Duration::from_secs(600);

/// An error in the format of RFC 6749 section 5.2, so that clients don't take it for a login. It has the
/// token for the change of password.
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
    /// The answer with this token, which is bound to the key and lives as long as its session.
    pub(crate) fn new(
        access_token: &'a SecretString,
        jkt: Option<Thumbprint>,
        session: &Session,
        now: Timestamp,
    ) -> Self {
        Self {
            error: "password_expired",
            error_description: "The password has to be changed first, by POST /password with this access token.",
            access_token: access_token.expose_secret(),
            token_type: token_type(jkt),
            expires_in: session.ends_at().since(now).as_secs(),
        }
    }
}
