//! The caller of an endpoint behind the authorizer that changes the caller's account.
//!
//! The authorizer has verified the access token, which may be up to some minutes old. So such an endpoint
//! reads the client, the user and the session once more. It requires the current password too: an access
//! token alone must not give anyone the account.

use std::sync::Arc;

use aws_sdk_dynamodb::Client as DynamoDb;
use shared::{
    client::{Client, ClientError, Clients},
    clock::Timestamp,
    environment::{Environment, EnvironmentError},
    http::{DpopError, EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
    store::{Session, SessionKey, Sessions, StoreError, User, Users, attribute},
    thumbprint::Thumbprint,
};

use crate::Username;

/// Reads callers.
#[derive(Clone, Debug)]
pub struct Callers {
    clients: Clients,
    users: Users,
    sessions: Sessions,
}

/// A caller whose client is enabled and whose session lives.
#[derive(Debug)]
pub struct Caller {
    /// The session's client.
    pub client: Arc<Client>,
    /// The session's user, who may be disabled. `None`, if the user is deleted.
    pub user: Option<User>,
    /// The live session.
    pub session: Session,
    /// The key that the caller's tokens are bound to: the session's, or that of the access token.
    pub jkt: Option<Thumbprint>,
}

/// A caller whose user isn't disabled.
#[derive(Debug)]
pub struct Owner {
    /// The session's client.
    pub client: Arc<Client>,
    /// The session's user.
    pub user: User,
    /// The name of the user's credential.
    pub username: Username,
    /// The live session.
    pub session: Session,
    /// The key that the caller's tokens are bound to: the session's, or that of the access token.
    pub jkt: Option<Thumbprint>,
}

/// Why a caller may not change the account.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// The session of the access token is over, or its user is gone or disabled.
    #[error("the session is over")]
    SessionOver,
    /// The session's client is gone or disabled.
    #[error(transparent)]
    ClientGone(ClientError),
}

impl Callers {
    /// Uses the tables that the variables name, and the function's own clients.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(
        environment: &Environment,
        dynamodb: &DynamoDb,
        clients: &Clients,
    ) -> Result<Self, EnvironmentError> {
        Ok(Self {
            clients: clients.clone(),
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
        })
    }

    /// Checks the client and the session of an access token, and reads the user. `jkt` is the key that the
    /// access token is bound to.
    ///
    /// # Errors
    ///
    /// [`CallerError`], if the client is gone or disabled, or the session is over; another error, if the client
    /// needs a key, or a read fails.
    pub async fn find<R: From<CallerError> + IntoErrorResponse>(
        &self,
        key: &SessionKey,
        jkt: Option<Thumbprint>,
        now: Timestamp,
    ) -> Result<Caller, EndpointError<R>> {
        let (client, user, session) = tokio::join!(
            self.clients.enabled(&key.client_id),
            self.users.find(&key.user_id),
            self.sessions.find(key)
        );
        let (client, user, session) = (client.map_err(gone)?, user?, session?);
        let session =
            session.filter(|session| session.is_live(now) && session.created_at >= client.not_before);
        let session = session.ok_or(CallerError::SessionOver).map_err(R::from)?;
        let jkt = session.jkt.or(jkt);
        if client.requires_dpop && jkt.is_none() {
            return Err(DpopError::Missing.into());
        }
        Ok(Caller { client, user, session, jkt })
    }
}

impl Caller {
    /// Checks that the user isn't disabled.
    ///
    /// # Errors
    ///
    /// [`CallerError`], if the user is gone or disabled; another error, if the record names no credential.
    pub fn owner<R: From<CallerError> + IntoErrorResponse>(self) -> Result<Owner, EndpointError<R>> {
        let Self { client, user, session, jkt } = self;
        let user = user.filter(|user| !user.disabled).ok_or(CallerError::SessionOver).map_err(R::from)?;
        let username = Username::of(&user)?;
        Ok(Owner { client, user, username, session, jkt })
    }
}

impl Username {
    /// The name of a user's credential.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the record names none.
    pub fn of(user: &User) -> Result<Self, StoreError> {
        let malformed = StoreError::Malformed { table: "Users", attribute: attribute::USERNAME };
        user.username.as_deref().and_then(Self::stored).ok_or(malformed)
    }
}

/// Converts an error of the session's client: the session is over, unless the store failed. A plain `?` would
/// answer `invalid_client`, although no client authenticates here.
fn gone<R: From<CallerError> + IntoErrorResponse>(error: ClientError) -> EndpointError<R> {
    match error {
        ClientError::Store(error) => error.into(),
        ClientError::Unknown | ClientError::Unproven | ClientError::Disabled => {
            R::from(CallerError::ClientGone(error)).into()
        }
    }
}

impl IntoErrorResponse for CallerError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::SessionOver | Self::ClientGone(_) => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The session is over. Log in again.")
            }
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::SessionOver => "session_over",
            Self::ClientGone(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_a_session_that_is_over_from_one_whose_client_is_gone() {
        assert_eq!(CallerError::SessionOver.reason(), "session_over");
        assert_eq!(CallerError::ClientGone(ClientError::Disabled).reason(), "client_disabled");
    }
}
