//! What logout decides against.

use shared::{
    client::{ClientError, CredentialsError},
    http::{ErrorCode, ErrorResponse, IntoErrorResponse, RequestError},
    keys::KeysetsError,
    store::StoreError,
};

/// Why a logout was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request doesn't say which client it is from.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The client is not who it says.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// All of the user's sessions are to end, by a token whose own is over.
    #[error("everywhere, by a token of a session that is over")]
    SessionOver,
    /// There are no keys to work with.
    #[error(transparent)]
    Keysets(#[from] KeysetsError),
    /// The session could not be ended, or not wholly: the same request again completes it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoErrorResponse for LogoutError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::Credentials(error) => error.into(),
            Self::Client(error) => error.into(),
            Self::SessionOver => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The session of this token is over. Log in to end the others.",
            ),
            Self::Keysets(error) => error.into(),
            Self::Store(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Credentials(error) => error.reason(),
            Self::Client(error) => error.reason(),
            Self::SessionOver => "session_over",
            Self::Keysets(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}
