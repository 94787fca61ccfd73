//! A JSON Web Signature in the compact serialisation (RFC 7515 section 7.1). This module parses it strictly
//! and checks the signature. It knows nothing about claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::AccessTokenError;
use crate::{clock::Timestamp, keys::PublicKeys};

/// The longest token that is read, in bytes: API Gateway passes on at most 10,240 bytes of headers.
const MAX_LEN: usize = 8 * 1024;

/// The signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jws {
    /// The `typ` in the header (RFC 7515 section 4.1.9).
    pub typ: Option<String>,
    /// The signed bytes.
    pub payload: Vec<u8>,
}

/// The header, which is not trusted (RFC 8725 section 3.1). `kid` selects a key, and the key determines the
/// algorithm. Any other member (`crit`, `jwk`, `jku`, `x5c`…) is a reason to refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: Option<String>,
    alg: Algorithm,
    kid: String,
}

impl Header {
    /// Parses an object without repeated names. serde would also accept an array of the three values.
    fn parse(json: &[u8]) -> Option<Self> {
        let is_object = json.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(json).ok().filter(|_| is_object)
    }
}

impl Jws {
    /// Verifies `text`. `find` returns the algorithm of the key with its `kid`, and a function that checks a
    /// signature of a message.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if there is no such key or it did not sign the text.
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
    /// Verifies that one of these keys signed `text`, and is valid `now`.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`], if none did.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Jws, AccessTokenError> {
        Jws::verify(text, |kid| {
            let key = self.find(kid, now)?;
            Some((key.algorithm().to_jwt(), |message: &[u8], signature: &[u8]| {
                key.has_signed(message, signature)
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_longer_than_a_header_is_refused_unread() {
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
