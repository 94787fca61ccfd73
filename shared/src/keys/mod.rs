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

mod active;
mod algorithm;
mod document;
mod error;
mod jwk;
mod keyset;
mod keysets;
mod public;
mod published;
mod refresh;
mod signing;

pub use self::{
    algorithm::{SigningAlgorithm, UnknownAlgorithm},
    document::KeysetDocument,
    error::KeysetError,
    jwk::Jwk,
    keyset::Keyset,
    keysets::{Keysets, KeysetsError},
    public::{PublicKey, PublicKeys, PublicKeysError},
    published::{PublishedKey, PublishedKeys},
    refresh::RefreshKeys,
    signing::{SigningKey, SigningKeys},
};
