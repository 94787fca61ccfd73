//! A JSON Web Signature in the compact serialisation (RFC 7515 section 7.1): taken apart strictly, and its signature
//! checked. The layer below the access token: nothing here knows of claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::AccessTokenError;
use crate::{clock::Timestamp, keys::PublicKeys};

/// The longest token that is looked at, in bytes: API Gateway passes on 10,240 bytes of headers in all.
const MAX_LEN: usize = 8 * 1024;

/// What somebody signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jws {
    /// What the signer says that it is (RFC 7515 section 4.1.9).
    pub typ: Option<String>,
    /// The bytes.
    pub payload: Vec<u8>,
}

/// RFC 8725 section 3.1: nothing in the header is trusted. `kid` chooses among the keys, the key says which
/// algorithm, and any other member (`crit`, `jwk`, `jku`, `x5c`…) is a reason to refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: Option<String>,
    alg: Algorithm,
    kid: String,
}

impl Header {
    /// Takes an object in which no name stands twice; serde would take an array of the three values as well.
    fn parse(json: &[u8]) -> Option<Self> {
        let is_object = json.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(json).ok().filter(|_| is_object)
    }
}

impl Jws {
    /// What `text` carries, if the key that `find` has under its `kid` signed it, with the algorithm of that key. `find` returns
    /// the algorithm, and a check of whether the key made a signature for a message.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], otherwise.
    pub fn verify<K: FnOnce(&[u8], &[u8]) -> bool>(
        text: &str,
        find: impl FnOnce(&str) -> Option<(Algorithm, K)>,
    ) -> Result<Self, AccessTokenError> {
        if text.len() > MAX_LEN {
            return Err(AccessTokenError::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(AccessTokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(AccessTokenError::Malformed)?;
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| AccessTokenError::Malformed);
        let (header, payload) = (decode(header)?, decode(payload)?);

        let header = Header::parse(&header).ok_or(AccessTokenError::Header)?;
        let (algorithm, key) = find(&header.kid).ok_or(AccessTokenError::UnknownKey)?;
        if header.alg != algorithm {
            return Err(AccessTokenError::Header);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AccessTokenError::Signature)?;
        if key(message.as_bytes(), &signature) {
            Ok(Self { typ: header.typ, payload })
        } else {
            Err(AccessTokenError::Signature)
        }
    }
}

impl PublicKeys {
    /// What `text` carries, if one of these keys signed it and is valid `now`.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], otherwise.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Jws, AccessTokenError> {
        Jws::verify(text, |kid| {
            let key = self.find(kid, now)?;
            Some((key.algorithm.to_jwt(), |message: &[u8], signature: &[u8]| {
                key.has_signed(message, signature)
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_a_header_can_be_is_not_looked_at() {
        let of_len = |len: usize| {
            let start = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"k1"}"#));
            format!("{start}{}", "A".repeat(len - start.len()))
        };
        let result = |len| Jws::verify(&of_len(len), |_| None::<(_, fn(&[u8], &[u8]) -> bool)>);
        for len in [100, 8192] {
            assert_eq!(result(len), Err(AccessTokenError::UnknownKey), "{len}");
        }
        assert_eq!(result(8193), Err(AccessTokenError::Malformed));
    }
}
