//! Why a request to an endpoint was refused or failed: reasons that all endpoints share, and each endpoint's own.

use std::error::Error;

use super::{CredentialsError, ErrorResponse, NoAuthorizer, RequestError};
use crate::{
    aborted::Aborted, client::ClientError, keys::KeysetsError, store::StoreError, tokens::IssueError,
};

/// An error that knows its response and its name in the log.
pub trait IntoErrorResponse: Error {
    /// The response to it, from one exhaustive match.
    fn response(&self) -> ErrorResponse;

    /// Its name in audit events. Names are `snake_case` and never change.
    fn reason(&self) -> &'static str;
}

/// Why a request was refused or failed; `R` are the reasons that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError<R> {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request doesn't say which client it is from.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The client is not the one that it says it is.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The request did not come through the authorizer.
    #[error(transparent)]
    NoAuthorizer(#[from] NoAuthorizer),
    /// There are no keys to work with.
    #[error(transparent)]
    Keysets(#[from] KeysetsError),
    /// The store failed. The same request again completes what was begun.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access token could not be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The flow panicked, or its time was up.
    #[error(transparent)]
    Aborted(#[from] Aborted),
    /// A reason of this endpoint.
    #[error(transparent)]
    Endpoint(R),
}

impl<R: IntoErrorResponse + 'static> IntoErrorResponse for EndpointError<R> {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::Credentials(error) => error.into(),
            Self::Client(error) => error.into(),
            Self::NoAuthorizer(NoAuthorizer) => ErrorResponse::server_error(),
            Self::Keysets(error) => error.into(),
            Self::Store(error) => error.into(),
            Self::Issue(error) => error.into(),
            Self::Aborted(error) => error.into(),
            Self::Endpoint(reason) => reason.response(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Credentials(error) => error.reason(),
            Self::Client(error) => error.reason(),
            Self::NoAuthorizer(NoAuthorizer) => "no_authorizer",
            Self::Keysets(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Issue(error) => error.reason(),
            Self::Aborted(error) => error.reason(),
            Self::Endpoint(reason) => reason.reason(),
        }
    }
}

impl<R: IntoErrorResponse> From<R> for EndpointError<R> {
    fn from(reason: R) -> Self {
        Self::Endpoint(reason)
    }
}
