//! Errors in a keyset.

/// Why a keyset can't be used. It names positions and key identifiers, never key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysetError {
    /// The keyset hasn't been made yet: its secret is still `{}`, as the stack created it.
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
    /// A list has no key.
    #[error("the keyset has no {0}")]
    Empty(&'static str),
    /// A `kid` is missing, empty, longer than 64 bytes, or not printable ASCII.
    #[error("a key of {0} has no usable `kid`")]
    Kid(&'static str),
    /// A private key is among the public keys.
    #[error("the key {0:?} of the public keys contains its private key")]
    Private(String),
    /// Two keys have the same `kid`, or are the same key.
    #[error("the key {0:?} occurs twice in {1}")]
    Duplicate(String, &'static str),
    /// The algorithm can't use this key: a member is missing, malformed, too short, or contradicts another,
    /// or the key states another use.
    #[error("the key {0:?} of {1} is malformed, too short, or of an unsupported kind")]
    Unusable(String, &'static str),
}
