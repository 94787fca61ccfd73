//! The public halves of the signing keys: all that verifying an access token takes.

use std::collections::HashSet;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::{Jwk, KeysetError, jwk::member, parse_json};
use crate::environment::{Environment, variable};

/// What errors call the list of the authorizer.
const PUBLIC_KEYS: &str = "the public keys";

/// One key that verifies access tokens, for the one algorithm that it is for.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: String,
    /// What makes two keys the same key, whatever they are called.
    material: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

impl PublicKey {
    /// Takes a key of a public list, without a private half: who publishes one by mistake should learn of it.
    fn from_public_jwk(jwk: &Jwk) -> Result<Self, KeysetError> {
        if jwk.is_private() {
            return Err(KeysetError::Private(jwk.kid.clone()));
        }
        Self::from_jwk(jwk, PUBLIC_KEYS)
    }

    /// Takes a public key of type EC on P-256 (ES256), OKP on Ed25519 (EdDSA) or RSA from 2048 bits (RS256).
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if it has no usable `kid`, is of another kind, or is no key at all.
    pub(super) fn from_jwk(jwk: &Jwk, list: &'static str) -> Result<Self, KeysetError> {
        let kid = jwk.usable_kid(list)?.to_owned();
        let (algorithm, material) =
            Self::material(jwk).ok_or_else(|| KeysetError::Unusable(kid.clone(), list))?;
        let key = match algorithm {
            Algorithm::ES256 => DecodingKey::from_ec_der(&material),
            Algorithm::EdDSA => DecodingKey::from_ed_der(&material),
            // Unwrap safety: `material` has decoded both.
            _ => DecodingKey::from_rsa_raw_components(&material, &member(jwk.e.as_ref()).unwrap_or_default()),
        };
        Ok(Self { kid, material, algorithm, key })
    }

    /// The algorithm and the bytes of the key (point or modulus), once the crypto library has taken them for a key.
    fn material(jwk: &Jwk) -> Option<(Algorithm, Vec<u8>)> {
        match (jwk.alg.as_str(), jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("ES256", "EC", Some("P-256")) => {
                let (x, y) = (member(jwk.x.as_ref())?, member(jwk.y.as_ref())?);
                // RFC 7518 section 6.2.1.2: coordinates are as long as the field, leading zeros included.
                let point = (x.len() == 32 && y.len() == 32).then(|| [&[0x04], &x[..], &y[..]].concat())?;
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).ok()?;
                Some((Algorithm::ES256, point))
            }
            ("EdDSA", "OKP", Some("Ed25519")) => {
                let point = member(jwk.x.as_ref())?;
                ParsedPublicKey::new(&ED25519, &point).ok()?;
                Some((Algorithm::EdDSA, point))
            }
            ("RS256", "RSA", None) => {
                let (n, e) = (member(jwk.n.as_ref())?, member(jwk.e.as_ref())?);
                let components = RsaPublicKeyComponents { n: &n, e: &e };
                components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
                // RFC 7518 section 3.3: 2048 bits or more.
                (n.len() >= 256 && n[0] != 0).then_some((Algorithm::RS256, n))
            }
            _ => None,
        }
    }
}

/// The keys that verify access tokens, by `kid`.
#[derive(Clone, Debug)]
pub struct PublicKeys(Vec<PublicKey>);

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

impl PublicKeys {
    /// The JWK Set (RFC 7517 section 5) in the variable `PUBLIC_KEYS`.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there is none or it can't be used whole.
    pub fn from_environment(environment: &Environment) -> Result<Self, KeysetError> {
        let set: JwkSet = parse_json(environment.required(variable::PUBLIC_KEYS)?)?;
        let keys = set.keys.iter().map(PublicKey::from_public_jwk).collect::<Result<_, _>>()?;
        Self::new(keys, PUBLIC_KEYS)
    }

    pub(super) fn new(keys: Vec<PublicKey>, list: &'static str) -> Result<Self, KeysetError> {
        if keys.is_empty() {
            return Err(KeysetError::Empty(list));
        }
        let (mut kids, mut materials) = (HashSet::new(), HashSet::new());
        for key in &keys {
            if !kids.insert(&key.kid) || !materials.insert(&key.material) {
                return Err(KeysetError::Duplicate(key.kid.clone(), list));
            }
        }
        Ok(Self(keys))
    }

    /// The key called `kid`, if it is one of ours. There are a handful: a list is as fast as a map.
    pub fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.kid == kid)
    }
}
