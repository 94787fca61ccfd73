//! New keys.

use std::str::FromStr;

use aws_lc_rs::{
    encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der},
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pkcs1::{RsaPrivateKey, UintRef, der::Decode};
use pkcs8::PrivateKeyInfo;
use shared::{
    keys::Jwk,
    random::{self, Random},
};

/// As long as the hash (RFC 7518 section 3.2).
const REFRESH_KEY_LEN: usize = 32;

/// What a new signing key is for (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256: small, and known to every library.
    #[default]
    Es256,
    /// EdDSA on Ed25519: the fastest.
    EdDsa,
    /// RSA with SHA-256 and 2048 bits: what API Gateway's own JWT authorizer takes.
    Rs256,
}

/// The name of an algorithm that is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is none of ES256, EdDSA and RS256")]
pub struct UnknownAlgorithm;

impl FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        match name {
            "ES256" => Ok(Self::Es256),
            "EdDSA" => Ok(Self::EdDsa),
            "RS256" => Ok(Self::Rs256),
            _ => Err(UnknownAlgorithm),
        }
    }
}

/// The crypto library made no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key could not be generated")]
pub struct GenerateError;

/// A new signing key, private half and all.
pub(crate) fn signing_key(algorithm: SigningAlgorithm, random: &dyn Random) -> Result<Jwk, GenerateError> {
    let key = match algorithm {
        SigningAlgorithm::Es256 => es256(),
        SigningAlgorithm::EdDsa => ed25519(),
        SigningAlgorithm::Rs256 => rs256(),
    };
    let key = key.ok_or(GenerateError)?;
    Ok(Jwk { kid: random::identifier(random), intended_use: Some("sig".to_owned()), ..key })
}

/// A new HMAC key.
pub(crate) fn refresh_key(random: &dyn Random) -> Jwk {
    Jwk {
        kty: "oct".to_owned(),
        alg: "HS256".to_owned(),
        kid: random::identifier(random),
        k: encode(&random::bytes::<REFRESH_KEY_LEN>(random)),
        ..Jwk::default()
    }
}

fn es256() -> Option<Jwk> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
    let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().ok()?;
    // SEC 1 section 2.3.3: an uncompressed point is 0x04 and the two coordinates.
    let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
    Some(Jwk {
        kty: "EC".to_owned(),
        crv: Some("P-256".to_owned()),
        alg: "ES256".to_owned(),
        x: encode(x),
        y: encode(y),
        d: encode(private.as_ref()),
        ..Jwk::default()
    })
}

fn ed25519() -> Option<Jwk> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let seed = pair.seed().ok()?.as_be_bytes().ok()?;
    Some(Jwk {
        kty: "OKP".to_owned(),
        crv: Some("Ed25519".to_owned()),
        alg: "EdDSA".to_owned(),
        x: encode(pair.public_key().as_ref()),
        d: encode(seed.as_ref()),
        ..Jwk::default()
    })
}

fn rs256() -> Option<Jwk> {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let info = PrivateKeyInfo::from_der(der.as_ref()).ok()?;
    let key = RsaPrivateKey::from_der(info.private_key).ok()?;
    let member = |integer: UintRef<'_>| encode(integer.as_bytes());
    Some(Jwk {
        kty: "RSA".to_owned(),
        alg: "RS256".to_owned(),
        n: member(key.modulus),
        e: member(key.public_exponent),
        d: member(key.private_exponent),
        p: member(key.prime1),
        q: member(key.prime2),
        dp: member(key.exponent1),
        dq: member(key.exponent2),
        qi: member(key.coefficient),
        ..Jwk::default()
    })
}

#[expect(clippy::unnecessary_wraps, reason = "members of a JWK are optional")]
fn encode(bytes: &[u8]) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use shared::{keys::SigningKey, random::SystemRandom};

    use super::*;

    #[test]
    fn a_key_of_each_algorithm_can_be_used() {
        for (name, algorithm) in [
            ("ES256", SigningAlgorithm::Es256),
            ("EdDSA", SigningAlgorithm::EdDsa),
            ("RS256", SigningAlgorithm::Rs256),
        ] {
            assert_eq!(name.parse(), Ok(algorithm));
            let jwk = signing_key(algorithm, &SystemRandom::new()).unwrap();
            assert_eq!(jwk.alg, name);
            SigningKey::from_jwk(&jwk).unwrap();
        }
        assert_eq!("HS256".parse::<SigningAlgorithm>(), Err(UnknownAlgorithm));
    }
}
