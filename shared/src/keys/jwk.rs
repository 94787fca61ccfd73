//! JSON Web Keys (RFC 7517), as far as a keyset needs them.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::KeysetError;
use crate::clock::Timestamp;

/// The `use` of keys for signatures (RFC 7517 section 4.2).
const SIGNATURES: &str = "sig";

/// A JSON Web Key of type `EC`, `OKP`, `RSA` or `oct`, private or public. Unknown members are ignored.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Jwk {
    /// Key type (RFC 7517 section 4.1).
    pub kty: String,
    /// Key identifier (RFC 7517 section 4.5).
    pub kid: String,
    /// Algorithm (RFC 7517 section 4.4). Our keys always state it.
    pub alg: String,
    /// Intended use (RFC 7517 section 4.2).
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub intended_use: Option<String>,
    /// Curve, of `EC` and `OKP` (RFC 7518 section 6.2, RFC 8037).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Public coordinate or point, of `EC` and `OKP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Public coordinate, of `EC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Private key, of `EC`, `OKP` and `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d: Option<String>,
    /// Modulus, of `RSA` (RFC 7518 section 6.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Public exponent, of `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// First prime factor, of a private `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p: Option<String>,
    /// Second prime factor, of a private `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// `d mod (p - 1)`, of a private `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<String>,
    /// `d mod (q - 1)`, of a private `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dq: Option<String>,
    /// `q⁻¹ mod p`, of a private `RSA` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qi: Option<String>,
    /// Key value, of `oct` (RFC 7518 section 6.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<String>,
    /// The instant from which the key makes tokens; absent: always. It's our own member, as RFC 7517 section
    /// 4 allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activates_at: Option<Timestamp>,
}

impl Jwk {
    /// The longest `kid`, in bytes: every token contains it.
    pub(crate) const MAX_KID_LEN: usize = 64;

    /// The public half: only the members that RFC 7518 section 6 calls public.
    #[must_use]
    pub fn to_public(&self) -> Self {
        Self {
            kty: self.kty.clone(),
            kid: self.kid.clone(),
            alg: self.alg.clone(),
            intended_use: Some(SIGNATURES.to_owned()),
            crv: self.crv.clone(),
            x: self.x.clone(),
            y: self.y.clone(),
            n: self.n.clone(),
            e: self.e.clone(),
            ..Self::default()
        }
    }

    /// The instant from which the key makes tokens.
    pub(super) fn activates_at(&self) -> Timestamp {
        self.activates_at.unwrap_or_default()
    }

    /// Whether its `use` is `sig` or absent (RFC 7517 section 4.2). A key with another `use` must not verify
    /// signatures.
    pub(super) fn is_for_signatures(&self) -> bool {
        self.intended_use.as_deref().is_none_or(|intended_use| intended_use == SIGNATURES)
    }

    /// Whether it has a private member (RFC 7518 section 6): `d`, or `k` for a symmetric key.
    pub(super) fn is_private(&self) -> bool {
        self.d.is_some() || self.k.is_some()
    }

    /// The `kid`, if it is valid.
    pub(super) fn usable_kid(&self, list: &'static str) -> Result<&str, KeysetError> {
        let fits = (1..=Self::MAX_KID_LEN).contains(&self.kid.len())
            && self.kid.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(&self.kid) } else { Err(KeysetError::Kid(list)) }
    }
}

/// The bytes of a member, if it is present and valid base64url without padding (RFC 7515 section 2).
pub(super) fn member(value: Option<&String>) -> Option<Vec<u8>> {
    value.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).filter(|bytes| !bytes.is_empty())
}

/// Shows the key's identifier only: its members may be private.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}
