//! Whether a token's session is over: three ways to know, each at its price and with its delay.

use aws_sdk_dynamodb::Client;
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    tokens::AccessToken,
};

use crate::{denylist::Denylist, liveness::LiveSessions, pull::PullError};

/// `REVOCATION_CHECK`.
#[derive(Debug)]
pub(crate) enum RevocationCheck {
    /// `session`, the default: one read a request; a logout takes effect at the next one.
    Session(LiveSessions),
    /// `denylist`: no read a request; a logout takes effect within the interval of pulling.
    Denylist(Box<Denylist>),
    /// `none`: no read at all; a logout takes effect when the token expires.
    None,
}

impl RevocationCheck {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        match environment.optional(variable::REVOCATION_CHECK) {
            None | Some("session") => LiveSessions::new(environment, client).map(Self::Session),
            Some("denylist") => {
                Denylist::new(environment, client).map(|denylist| Self::Denylist(Box::new(denylist)))
            }
            Some("none") => Ok(Self::None),
            Some(_) => {
                let reason = "it is none of session, denylist and none".to_owned();
                Err(EnvironmentError::Unusable(variable::REVOCATION_CHECK, reason))
            }
        }
    }

    /// Reads ahead of the first request what every request needs.
    pub(crate) async fn prepare(&self, now: Timestamp) -> Result<(), PullError> {
        match self {
            Self::Denylist(denylist) => denylist.prepare(now).await,
            Self::Session(_) | Self::None => Ok(()),
        }
    }

    /// Whether the session of the token is known to be over.
    pub(crate) async fn is_over(&self, token: &AccessToken, now: Timestamp) -> Result<bool, PullError> {
        match self {
            Self::Session(sessions) => Ok(!sessions.is_live(token, now).await?),
            Self::Denylist(denylist) => denylist.has(&token.session.session_id, now).await,
            Self::None => Ok(false),
        }
    }
}
