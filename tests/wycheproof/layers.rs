//! The layers of verification. Each decides whether it accepts a vector's text.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;
use shared::{
    clock::Timestamp,
    environment::{Environment, variable},
    keys::{PublicKeys, PublishedKey},
    tokens::{AccessTokenVerifier, Jws},
};

use crate::vectors::Vector;

/// The time of the verification. No vector has an expiry.
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

#[derive(Clone, Copy)]
pub(crate) enum Layer {
    /// The whole verification as in the authorizer: Latchgate's keys, their signature on a JWS, `typ` and claims.
    AccessToken,
    /// The keys as read from the Keys table, and the JWS: everything before `typ` and claims.
    OurKeys,
    /// Only the JWS, for all algorithms of the JWT library: its strictness doesn't depend on the algorithm.
    AnyAlgorithm,
}

impl Layer {
    pub(crate) fn accepts(self, vector: &Vector) -> bool {
        match self {
            Self::AccessToken => our_keys(vector)
                .is_some_and(|keys| verifier().verify_even_expired(&vector.text, &keys, NOW).is_ok()),
            Self::OurKeys => our_keys(vector).is_some_and(|keys| keys.verify(&vector.text, NOW).is_ok()),
            Self::AnyAlgorithm => {
                let keys: BTreeMap<_, _> = vector.keys.iter().filter_map(library_key).collect();
                let find = |kid: &str| {
                    let (algorithm, key) = keys.get(kid)?;
                    Some((*algorithm, |message: &[u8], signature: &[u8]| {
                        let signature = URL_SAFE_NO_PAD.encode(signature);
                        crypto::verify(&signature, message, key, *algorithm).unwrap_or_default()
                    }))
                };
                Jws::verify(&vector.text, find).is_ok()
            }
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessToken => "as access tokens",
            Self::OurKeys => "signatures, with keys and algorithms of ours",
            Self::AnyAlgorithm => "signatures, with keys and algorithms of the library",
        })
    }
}

fn verifier() -> AccessTokenVerifier {
    let issuer = (variable::ISSUER.to_owned(), "https://issuer.example.com".to_owned());
    let audience = (variable::AUDIENCE.to_owned(), "https://api.example.com".to_owned());
    AccessTokenVerifier::new(&Environment::from_variables([issuer, audience])).expect("both are there")
}

fn our_keys(vector: &Vector) -> Option<PublicKeys> {
    let published = vector.keys.iter().map(|jwk| {
        let jwk = serde_json::from_value(jwk.clone()).ok()?;
        Some(PublishedKey { jwk, published_at: NOW, expires_at: Timestamp::END })
    });
    PublicKeys::from_published(&published.collect::<Option<Vec<_>>>()?).ok()
}

/// A key by its `kid`, for its stated algorithm, if the library supports both.
fn library_key(jwk: &Value) -> Option<(String, (Algorithm, DecodingKey))> {
    let algorithm = jwk["alg"].as_str()?.parse().ok()?;
    let key = DecodingKey::from_jwk(&serde_json::from_value(jwk.clone()).ok()?).ok()?;
    Some((jwk["kid"].as_str()?.to_owned(), (algorithm, key)))
}
