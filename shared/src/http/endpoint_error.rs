//! Why an endpoint refused a request or failed: the reasons that all endpoints share, and each endpoint's
//! own.

use std::error::Error;

use super::{CredentialsError, DpopError, ErrorResponse, NoAuthorizer, RequestError};
use crate::{
    aborted::Aborted, client::ClientError, keys::KeysetsError, store::StoreError, tokens::IssueError,
};

/// An error that knows its response and its name in the log.
pub trait IntoErrorResponse: Error {
    /// The response to this error, from one exhaustive match.
    fn response(&self) -> ErrorResponse;

    /// The name of this error in audit events. Names are `snake_case` and never change.
    fn reason(&self) -> &'static str;
}

/// Why a request was refused or failed. `R` has the reasons of one endpoint.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError<R> {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request doesn't name its client.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The client failed to authenticate.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The DPoP proof is invalid, or missing where one is required.
    #[error(transparent)]
    Dpop(#[from] DpopError),
    /// The request did not come through the authorizer.
    #[error(transparent)]
    NoAuthorizer(#[from] NoAuthorizer),
    /// No keys are available.
    #[error(transparent)]
    Keysets(#[from] KeysetsError),
    /// The store failed. Repeating the request completes it.
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

impl<R> EndpointError<R> {
    /// Converts the endpoint's own reasons into another endpoint's.
    pub fn map_reason<S>(self, map: impl FnOnce(R) -> S) -> EndpointError<S> {
        match self {
            Self::Request(error) => EndpointError::Request(error),
            Self::Credentials(error) => EndpointError::Credentials(error),
            Self::Client(error) => EndpointError::Client(error),
            Self::Dpop(error) => EndpointError::Dpop(error),
            Self::NoAuthorizer(error) => EndpointError::NoAuthorizer(error),
            Self::Keysets(error) => EndpointError::Keysets(error),
            Self::Store(error) => EndpointError::Store(error),
            Self::Issue(error) => EndpointError::Issue(error),
            Self::Aborted(error) => EndpointError::Aborted(error),
            Self::Endpoint(reason) => EndpointError::Endpoint(map(reason)),
        }
    }
}

impl<R: IntoErrorResponse + 'static> IntoErrorResponse for EndpointError<R> {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::Credentials(error) => error.into(),
            Self::Client(error) => error.into(),
            Self::Dpop(error) => error.into(),
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
            Self::Dpop(error) => error.reason(),
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
