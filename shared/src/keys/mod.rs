//! The keyset: the keys that sign access tokens and the keys that authenticate refresh tokens, newest first.
//!
//! ```json
//! { "signing_keys": [ { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "…", "x": "…", "y": "…", "d": "…" } ],
//!   "refresh_keys": [ { "kty": "oct", "alg": "HS256", "kid": "…", "k": "…", "activates_at": 1800000000 } ] }
//! ```
//!
//! The first active key of each list makes new tokens. The others verify: replaced keys verify old tokens,
//! and keys that aren't active yet verify those of a machine whose clock is ahead. A malformed, short or
//! repeated key is an error at start, so that no request has to discover it.

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

#[cfg(test)]
pub(crate) use self::refresh::refresh_keys_of;
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
pub(crate) use self::{public::PublicHalf, refresh::RefreshKey};
