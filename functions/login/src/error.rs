//! What login decides against.

use passwords::PasswordError;
use shared::{
    client::{ClientError, CredentialsError},
    http::{ErrorCode, ErrorResponse, IntoErrorResponse, RequestError},
    keys::KeysetsError,
    store::StoreError,
    tokens::IssueError,
};

/// Why a login was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request doesn't say which client it is from.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The client is not who it says.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is a `grant_type`: this is no token endpoint.
    #[error("a grant type at login")]
    GrantType,
    /// The client may not have this scope, or it is no scope.
    #[error("a scope that the client may not have")]
    Scope,
    /// Nobody has this user name.
    #[error("unknown user name")]
    UnknownUsername,
    /// The password is not the user's.
    #[error("wrong password")]
    WrongPassword,
    /// Too many attempts on this user name.
    #[error("too many attempts on this user name")]
    BudgetSpent,
    /// The password is right, and the user is gone, disabled or cut off.
    #[error("the user may not sign in")]
    CutOff,
    /// The stored hash can't be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// There are no keys to work with.
    #[error(transparent)]
    Keysets(#[from] KeysetsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access token could not be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl IntoErrorResponse for LoginError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::Credentials(error) => error.into(),
            Self::Client(error) => error.into(),
            Self::GrantType => ErrorResponse::new(
                ErrorCode::UnsupportedGrantType,
                "This is a login and not a token endpoint: it takes no grant type.",
            ),
            Self::Scope => ErrorResponse::new(ErrorCode::InvalidScope, "The client may not have that scope."),
            // One answer to all four: which it was would tell who has an account.
            Self::UnknownUsername | Self::WrongPassword | Self::BudgetSpent | Self::CutOff => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The user name or the password is wrong.")
            }
            Self::Password(_) => ErrorResponse::server_error(),
            Self::Keysets(error) => error.into(),
            Self::Store(error) => error.into(),
            Self::Issue(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Credentials(error) => error.reason(),
            Self::Client(error) => error.reason(),
            Self::GrantType => "unsupported_grant_type",
            Self::Scope => "scope_exceeded",
            Self::UnknownUsername => "unknown_username",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::CutOff => "user_cut_off",
            Self::Password(error) => error.reason(),
            Self::Keysets(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Issue(error) => error.reason(),
        }
    }
}
