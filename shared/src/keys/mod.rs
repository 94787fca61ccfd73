//! The keyset: what signs access tokens and what authenticates refresh tokens, newest first.
//!
//! ```json
//! { "signing_keys": [ { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "…", "x": "…", "y": "…", "d": "…" } ],
//!   "refresh_keys": [ { "kty": "oct", "alg": "HS256", "kid": "…", "k": "…" } ] }
//! ```
//!
//! The first key of each list makes new tokens; the others go on verifying old ones. A key that is malformed, too
//! short or there twice is an error at start, never something to be found out by a request.

mod jwk;
mod public;
mod refresh;
mod signing;

use serde::Deserialize;

pub use self::{
    jwk::Jwk,
    public::{PublicKey, PublicKeys},
    refresh::RefreshKeys,
    signing::SigningKey,
};
use crate::environment::{Environment, EnvironmentError, variable};

/// What errors call the list of signing keys.
const SIGNING_KEYS: &str = "signing_keys";

/// All keys of a deployment.
#[derive(Debug)]
pub struct Keyset {
    /// Signs access tokens.
    pub signing: SigningKey,
    /// Verifies access tokens: the public halves of every signing key.
    pub public: PublicKeys,
    /// Issues and verifies refresh tokens.
    pub refresh: RefreshKeys,
}

/// What is wrong with a keyset. Positions and key identifiers are named, key material never.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysetError {
    /// The variable or the file is missing.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
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
    /// A key that its algorithm can't use: a member is missing, malformed, too short, or contradicts another.
    #[error("the key {0:?} of {1} is malformed, too short, or of an algorithm that is not used there")]
    Unusable(String, &'static str),
}

#[derive(Deserialize)]
struct KeysetDocument {
    signing_keys: Vec<Jwk>,
    refresh_keys: Vec<Jwk>,
}

impl Keyset {
    /// The keyset in the variable `KEYSET`, or in the file that `KEYSET_FILE` names.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there is none or it can't be used whole.
    pub fn from_environment(environment: &Environment) -> Result<Self, KeysetError> {
        Self::parse(&environment.required_or_file(variable::KEYSET, variable::KEYSET_FILE)?)
    }

    /// Reads a keyset.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if it can't be used whole.
    pub fn parse(json: &str) -> Result<Self, KeysetError> {
        let document: KeysetDocument = parse_json(json)?;
        let signing =
            document.signing_keys.iter().map(SigningKey::from_jwk).collect::<Result<Vec<_>, _>>()?;
        let public = PublicKeys::new(signing.iter().map(SigningKey::public).collect(), SIGNING_KEYS)?;
        let signing = signing.into_iter().next().ok_or(KeysetError::Empty(SIGNING_KEYS))?;
        Ok(Self { signing, public, refresh: RefreshKeys::from_jwks(&document.refresh_keys)? })
    }
}

/// Drops what serde_json says of the fault: it quotes the input, and the input is keys.
fn parse_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, KeysetError> {
    serde_json::from_str(json).map_err(|e| KeysetError::Json { line: e.line(), column: e.column() })
}
