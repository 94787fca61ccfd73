//! Signs arbitrary tokens with the API's own key: verification must reject even forgeries by the key's holder.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use pkcs1::{RsaPrivateKey, UintRef, der::Encode};
use serde_json::Value;

use super::Api;

pub(crate) struct Forge {
    key: EncodingKey,
    algorithm: Algorithm,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Forge {
    /// A forge with this API's key, and a live token to start from.
    pub(crate) fn new(api: &Api, token: &str) -> Self {
        let keyset = api.keyset();
        let (key, algorithm) = signer(&keyset["signing_keys"][0]);
        Self { key, algorithm, header: part(token, 0), claims: part(token, 1) }
    }

    pub(crate) fn sign_raw(&self, header: &str, claims: &str) -> String {
        self.sign_as(self.algorithm, header, claims)
    }

    /// Signs with another algorithm of the key's family.
    pub(crate) fn sign_as(&self, algorithm: Algorithm, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    pub(crate) fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.sign_raw(&self.header.to_string(), &claims.to_string())
    }

    pub(crate) fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.sign_raw(&header.to_string(), &self.claims.to_string())
    }
}

/// A part of a token, unverified: 0 is the header, 1 the claims.
pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The signing key of a private JWK, and its algorithm.
pub(super) fn signer(jwk: &Value) -> (EncodingKey, Algorithm) {
    let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    match jwk["alg"].as_str().unwrap() {
        "ES256" => (es256(&member), Algorithm::ES256),
        "EdDSA" => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(&member("d"), &member("x")).unwrap();
            (EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref()), Algorithm::EdDSA)
        }
        _ => (rs256(&member), Algorithm::RS256),
    }
}

fn es256(member: &impl Fn(&str) -> Vec<u8>) -> EncodingKey {
    let point = [&[4], &member("x")[..], &member("y")[..]].concat();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &member("d"), &point).unwrap();
    EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
}

fn rs256(member: &impl Fn(&str) -> Vec<u8>) -> EncodingKey {
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(member);
    let integers = members.each_ref().map(|bytes| UintRef::new(bytes).unwrap());
    let [modulus, public_exponent, private_exponent, prime1, prime2, exponent1, exponent2, coefficient] =
        integers;
    let key = RsaPrivateKey {
        modulus,
        public_exponent,
        private_exponent,
        prime1,
        prime2,
        exponent1,
        exponent2,
        coefficient,
        other_prime_infos: None,
    };
    EncodingKey::from_rsa_der(&key.to_der().unwrap())
}
