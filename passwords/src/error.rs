//! Failures to hash or compare a password.

/// Why a password could not be hashed or compared: a failure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is of no kind that is known, or its parameters are beyond the cap.
    #[error("the stored password hash is of no known kind, or beyond the cap")]
    Unusable,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Failed,
}

impl PasswordError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unusable => "password_hash_unusable",
            Self::Failed => "hashing_failed",
        }
    }
}
