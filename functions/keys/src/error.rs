//! Why a rotation doesn't go on.

use lambda_http::lambda_runtime::Diagnostic;
use shared::{
    aborted::Aborted,
    error::chain,
    keys::{KeysetError, PublicKeysError},
    log::Ending,
    store::StoreError,
};

use crate::{FenceError, GenerateError};

/// Why a step was not carried out. Keys are named by `kid`, and never shown.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The event is not that of a rotation.
    #[error("the event is not that of a rotation")]
    Event,
    /// The secret is not the one that this function rotates.
    #[error("the event is about another secret than KEYSET_SECRET")]
    AnotherSecret,
    /// Secrets Manager refused, failed or could not be reached.
    #[error("Secrets Manager did not carry out {operation}: {reason}")]
    Secret {
        /// The operation.
        operation: &'static str,
        /// What it or the network says.
        reason: String,
    },
    /// The secret has no version of this name, or nothing in it.
    #[error("the secret has no version {0}")]
    NoVersion(String),
    /// What is in the secret can't be used, and is not overwritten.
    #[error(transparent)]
    Keyset(#[from] KeysetError),
    /// The crypto library made no key.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The Keys table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is published can't be used.
    #[error(transparent)]
    Published(#[from] PublicKeysError),
    /// A token of the new keyset doesn't verify with what is published.
    #[error("a token made with the new keyset is refused by what is published")]
    Refused,
    /// Another rotation was finished since this one began. Its keys stay; this one's are given up.
    #[error("another rotation was finished since this one began: it is given up")]
    Overtaken,
    /// The new keys would make tokens before everybody knows them. They are given up.
    #[error(
        "the rotation took so long that its keys would make tokens too soon: it is given up, rotate again"
    )]
    TooLate,
    /// The step was not carried out, or not wholly.
    #[error(transparent)]
    Aborted(#[from] Aborted),
}

impl RotationError {
    /// Its name in audit events.
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

    /// For the log: whatever it is, it isn't the caller's doing.
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

/// Secrets Manager shows it to whoever looks at the function's log: that is the operator.
impl From<RotationError> for Diagnostic {
    fn from(error: RotationError) -> Self {
        Self { error_type: "RotationError".to_owned(), error_message: chain(&error) }
    }
}
