//! Whether a token's session is over: three checks, with different costs and delays.

use aws_sdk_dynamodb::Client;
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    tokens::AccessToken,
};

use crate::{denylist::Denylist, liveness::LiveSessions, pull::PullError};

/// The value of `REVOCATION_CHECK`.
#[derive(Debug)]
pub(crate) enum RevocationCheck {
    /// `session`, the default: one read per request. A logout takes effect at the next request.
    Session(LiveSessions),
    /// `denylist`: no read per request. A logout takes effect within the pull interval.
    Denylist(Box<Denylist>),
    /// `none`: no reads. A logout takes effect when the token expires.
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
                let reason = "it must be session, denylist or none".to_owned();
                Err(EnvironmentError::Unusable(variable::REVOCATION_CHECK, reason))
            }
        }
    }

    /// Reads what every request needs, before the first one.
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
