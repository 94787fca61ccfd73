//! Why a rotation fails.

use lambda_http::lambda_runtime::Diagnostic;
use shared::{
    aborted::Aborted,
    error::chain,
    keys::{KeysetError, PublicKeysError},
    log::Ending,
    store::StoreError,
};

use crate::{FenceError, GenerateError};

/// Why a step failed. It names keys by `kid`, and never shows them.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The event is not a rotation's.
    #[error("the event is not a rotation's")]
    Event,
    /// The secret is not the one that this function rotates.
    #[error("the event is about another secret than KEYSET_SECRET")]
    AnotherSecret,
    /// Secrets Manager refused, failed or could not be reached.
    #[error("Secrets Manager did not carry out {operation}: {reason}")]
    Secret {
        /// The operation.
        operation: &'static str,
        /// The error from Secrets Manager or the network.
        reason: String,
    },
    /// The secret has no such version, or the version is empty.
    #[error("the secret has no version {0}")]
    NoVersion(String),
    /// The keyset in the secret is unusable. It is not overwritten.
    #[error(transparent)]
    Keyset(#[from] KeysetError),
    /// The crypto library generated no key.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The Keys table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The published keys are unusable.
    #[error(transparent)]
    Published(#[from] PublicKeysError),
    /// A token of the new keyset doesn't verify with the published keys.
    #[error("the published keys refuse a token of the new keyset")]
    Refused,
    /// Another rotation finished after this one began. Its keys stay, and this one's are abandoned.
    #[error("another rotation finished after this one began, so this one stops")]
    Overtaken,
    /// The new keys would make tokens before every function knows them. They are abandoned.
    #[error(
        "the rotation took too long: its keys would sign tokens before every verifier knows them. Rotate again"
    )]
    TooLate,
    /// The step did not complete.
    #[error(transparent)]
    Aborted(#[from] Aborted),
}

impl RotationError {
    /// The name of this error in audit events.
    fn reason(&self) -> &'static str {
        match self {
            Self::Event => "malformed_event",
            Self::AnotherSecret => "another_secret",
            Self::Secret { .. } => "keyset_unavailable",
            Self::NoVersion(_) => "no_version",
            Self::Keyset(_) => "keyset_unusable",
            Self::Generate(_) => "key_not_made",
            Self::Store(error) => error.reason(),
            Self::Published(error) => error.reason(),
            Self::Refused => "keyset_refused",
            Self::Overtaken => "rotation_overtaken",
            Self::TooLate => "rotation_too_late",
            Self::Aborted(error) => error.reason(),
        }
    }

    /// The error for the log. It is never the caller's fault.
    pub(crate) fn ending(&self) -> Ending {
        Ending { is_failure: true, answer: None, reason: self.reason(), detail: chain(self) }
    }
}

impl From<FenceError> for RotationError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::Raised => Self::Overtaken,
            FenceError::Store(error) => Self::Store(error),
        }
    }
}

/// Secrets Manager logs the message where the operator reads it.
impl From<RotationError> for Diagnostic {
    fn from(error: RotationError) -> Self {
        Self { error_type: "RotationError".to_owned(), error_message: chain(&error) }
    }
}
