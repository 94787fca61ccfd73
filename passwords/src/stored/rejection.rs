//! Why a hash is rejected.

/// Why a hash is rejected. The reason never repeats any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashRejection {
    /// The kind is unknown.
    #[error("is of an unknown kind")]
    Unknown,
    /// The hash is of this kind, but incomplete, or has unknown parts.
    #[error("looks like {0}, but is malformed")]
    Malformed(&'static str),
    /// Computing the hash takes more than this cap.
    #[error("costs more than the limit of {0}")]
    BeyondCap(&'static str),
}
