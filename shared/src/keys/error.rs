//! What is wrong with a keyset.

/// What is wrong with a keyset. Positions and key identifiers are named, key material never.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysetError {
    /// There is none yet: the secret that holds it is still `{}`, as the stack made it.
    #[error("the keyset has not been made yet")]
    NotMade,
    /// Not JSON of the expected shape.
    #[error("the keyset is not JSON of the expected shape, at line {line} column {column}")]
    Json {
        /// Line of the first fault.
        line: usize,
        /// Column of the first fault.
        column: usize,
    },
    /// A list without a key.
    #[error("the keyset has no {0}")]
    Empty(&'static str),
    /// A `kid` that is missing, empty, longer than 64 bytes, or not printable ASCII.
    #[error("a key of {0} has no usable `kid`")]
    Kid(&'static str),
    /// A private key where public ones are published.
    #[error("the key {0:?} of the public keys has its private half with it")]
    Private(String),
    /// Two keys with the same `kid`, or the same key twice.
    #[error("the key {0:?} stands twice in {1}")]
    Duplicate(String, &'static str),
    /// A key that its algorithm can't use: a member is missing, malformed, too short, or contradicts another; or one
    /// that says it is for something else.
    #[error("the key {0:?} of {1} is malformed, too short, or for something that is not done there")]
    Unusable(String, &'static str),
}
