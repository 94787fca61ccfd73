//! A device with its own key, which makes proofs (RFC 9449 section 4.2).

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use shared::{
    clock::Timestamp,
    random::{self, Random},
};

/// A device.
pub(super) struct Device {
    pair: Ed25519KeyPair,
    /// The public key, in base64url (RFC 8037 section 2).
    x: String,
}

/// The call that a proof is for.
pub(super) struct Purpose<'a> {
    pub(super) method: &'a str,
    pub(super) address: &'a str,
    pub(super) access_token: Option<&'a str>,
    pub(super) nonce: Option<&'a str>,
}

impl Device {
    /// A device with a new key; `None`, if the crypto library fails.
    pub(super) fn new(random: &dyn Random) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&random::bytes::<32>(random)).ok()?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        Some(Self { pair, x })
    }

    /// The thumbprint of its key (RFC 7638 section 3).
    pub(super) fn thumbprint(&self) -> String {
        hash_of(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x))
    }

    /// A new proof.
    pub(super) fn proof(&self, purpose: &Purpose<'_>, random: &dyn Random, now: Timestamp) -> String {
        let header = json!({
            "typ": "dpop+jwt", "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": self.x },
        });
        let mut claims = Map::from_iter([
            ("jti".to_owned(), json!(random::identifier(random))),
            ("htm".to_owned(), json!(purpose.method)),
            ("htu".to_owned(), json!(purpose.address)),
            ("iat".to_owned(), json!(now)),
        ]);
        claims.extend(purpose.access_token.map(|token| ("ath".to_owned(), json!(hash_of(token)))));
        claims.extend(purpose.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        let part = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", part(header), part(claims.into()));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn hash_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}
