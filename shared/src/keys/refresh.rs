//! The HMAC keys of refresh tokens.

use std::{collections::HashSet, fmt};

use aws_lc_rs::hmac;

use super::{Jwk, KeysetError, active::active, jwk::member};
use crate::clock::Timestamp;

const LIST: &str = "refresh_keys";
/// The shortest key, in bytes: HS256 needs one as long as the hash (RFC 7518 section 3.2).
const MIN_LEN: usize = 32;

/// One HMAC key.
pub(crate) struct RefreshKey {
    pub(crate) kid: String,
    pub(crate) key: hmac::Key,
    activates_at: Timestamp,
}

/// The keys that authenticate refresh tokens, newest first.
pub struct RefreshKeys(Vec<RefreshKey>);

impl RefreshKeys {
    /// Reads keys of type `oct` for HS256, 32 bytes or longer.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there are no keys, or one is unusable or repeated.
    pub fn from_jwks(jwks: &[Jwk]) -> Result<Self, KeysetError> {
        if jwks.is_empty() {
            return Err(KeysetError::Empty(LIST));
        }
        let (mut kids, mut values) = (HashSet::new(), HashSet::new());
        let mut keys = Vec::with_capacity(jwks.len());
        for jwk in jwks {
            let kid = jwk.usable_kid(LIST)?.to_owned();
            let value = member(jwk.k.as_ref())
                .filter(|k| jwk.kty == "oct" && jwk.alg == "HS256" && k.len() >= MIN_LEN)
                .filter(|_| jwk.is_for_signatures())
                .ok_or_else(|| KeysetError::Unusable(kid.clone(), LIST))?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, &value);
            if !kids.insert(kid.clone()) || !values.insert(value) {
                return Err(KeysetError::Duplicate(kid, LIST));
            }
            keys.push(RefreshKey { kid, key, activates_at: jwk.activates_at() });
        }
        Ok(Self(keys))
    }

    /// The key that makes new tokens now.
    pub(crate) fn active(&self, now: Timestamp) -> &RefreshKey {
        active(&self.0, now, |key| key.activates_at)
    }

    /// All keys, newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &RefreshKey> {
        self.0.iter()
    }

    /// The key called `kid`, if it is one of ours.
    pub(crate) fn find(&self, kid: &[u8]) -> Option<&RefreshKey> {
        self.0.iter().find(|key| key.kid.as_bytes() == kid)
    }
}

/// Shows identifiers only: the keys are secret.
impl fmt::Debug for RefreshKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|key| &key.kid)).finish()
    }
}

/// Test keys with these names.
#[cfg(test)]
pub(crate) fn refresh_keys_of(kids: &[&str]) -> RefreshKeys {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let jwk = |kid: &&str| Jwk {
        kty: "oct".to_owned(),
        alg: "HS256".to_owned(),
        kid: (*kid).to_owned(),
        k: Some(URL_SAFE_NO_PAD.encode(kid.repeat(32))),
        ..Jwk::default()
    };
    RefreshKeys::from_jwks(&kids.iter().map(jwk).collect::<Vec<_>>()).unwrap()
}
