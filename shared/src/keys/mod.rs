//! The keyset: what signs access tokens and what authenticates refresh tokens, newest first.
//!
//! ```json
//! { "signing_keys": [ { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "…", "x": "…", "y": "…", "d": "…" } ],
//!   "refresh_keys": [ { "kty": "oct", "alg": "HS256", "kid": "…", "k": "…", "activates_at": 1800000000 } ] }
//! ```
//!
//! The first key of each list that is active makes new tokens; the others verify: old ones, and, a key that is not
//! active yet, those that another machine, whose clock is ahead, has made already. A key that is malformed, too
//! short or there twice is an error at start, never something to be found out by a request.

mod document;
mod jwk;
mod keysets;
mod public;
mod refresh;
mod signing;

pub use self::{
    document::KeysetDocument,
    jwk::Jwk,
    keysets::{Keysets, KeysetsError},
    public::{PublicKey, PublicKeys, PublicKeysError},
    refresh::RefreshKeys,
    signing::{SigningKey, SigningKeys},
};
use crate::clock::Timestamp;

/// What errors call the list of signing keys.
const SIGNING_KEYS: &str = "signing_keys";

/// All keys of a deployment.
#[derive(Debug)]
pub struct Keyset {
    /// Signs access tokens.
    pub signing: SigningKeys,
    /// Verifies access tokens: the public halves of every signing key.
    pub public: PublicKeys,
    /// Issues and verifies refresh tokens.
    pub refresh: RefreshKeys,
}

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

impl Keyset {
    /// Reads a keyset.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if it can't be used whole.
    pub fn parse(json: &str) -> Result<Self, KeysetError> {
        let KeysetDocument { signing_keys, refresh_keys, .. } = KeysetDocument::parse(json)?;
        let signing = SigningKeys::from_jwks(&signing_keys)?;
        let public = signing.public()?;
        Ok(Self { signing, public, refresh: RefreshKeys::from_jwks(&refresh_keys)? })
    }
}

/// The newest key that is active. Where every one lies ahead, as on a clock that is behind when the first keyset has
/// just been made, the oldest. `keys` is not empty: no list of a keyset is.
fn active<K>(keys: &[K], now: Timestamp, activates_at: impl Fn(&K) -> Timestamp) -> &K {
    keys.iter().find(|key| activates_at(key) <= now).unwrap_or(&keys[keys.len() - 1])
}
