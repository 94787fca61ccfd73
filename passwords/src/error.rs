//! Failures to hash or compare a password.

/// Why a password could not be hashed or compared: a failure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is of an unknown kind, or its parameters exceed the cap.
    #[error("the stored password hash is of an unknown kind, or costs too much to verify")]
    Unusable,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Failed,
}

impl PasswordError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unusable => "password_hash_unusable",
            Self::Failed => "hashing_failed",
        }
    }
}
