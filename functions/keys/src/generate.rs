//! Generates keys.

use aws_lc_rs::{
    encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der},
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pkcs1::{RsaPrivateKey, UintRef, der::Decode};
use pkcs8::PrivateKeyInfo;
use shared::{
    keys::{Jwk, SigningAlgorithm},
    random::{self, Random},
};

/// The length of an HMAC key in bytes: that of the hash (RFC 7518 section 3.2).
const REFRESH_KEY_LEN: usize = 32;

/// The crypto library generated no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key could not be generated")]
pub struct GenerateError;

/// Generates a signing key, with its private half.
pub(crate) fn signing_key(algorithm: SigningAlgorithm, random: &dyn Random) -> Result<Jwk, GenerateError> {
    let key = match algorithm {
        SigningAlgorithm::Es256 => es256(),
        SigningAlgorithm::EdDsa => ed25519(),
        SigningAlgorithm::Rs256 => rs256(),
    };
    let key = key.ok_or(GenerateError)?;
    let (kty, crv) = algorithm.key_type();
    Ok(Jwk {
        kty: kty.to_owned(),
        crv: crv.map(str::to_owned),
        alg: algorithm.name().to_owned(),
        kid: random::identifier(random),
        intended_use: Some("sig".to_owned()),
        ..key
    })
}

/// Generates an HMAC key.
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
    Some(Jwk { x: encode(x), y: encode(y), d: encode(private.as_ref()), ..Jwk::default() })
}

fn ed25519() -> Option<Jwk> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let seed = pair.seed().ok()?.as_be_bytes().ok()?;
    Some(Jwk { x: encode(pair.public_key().as_ref()), d: encode(seed.as_ref()), ..Jwk::default() })
}

fn rs256() -> Option<Jwk> {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let info = PrivateKeyInfo::from_der(der.as_ref()).ok()?;
    let key = RsaPrivateKey::from_der(info.private_key).ok()?;
    let member = |integer: UintRef<'_>| encode(integer.as_bytes());
    Some(Jwk {
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
    use shared::{
        keys::{SigningKey, UnknownAlgorithm},
        random::SystemRandom,
    };

    use super::*;

    #[test]
    fn a_key_of_each_algorithm_can_be_used() {
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
            let jwk = signing_key(algorithm, &SystemRandom::new()).unwrap();
            assert_eq!((jwk.alg.as_str(), jwk.intended_use.as_deref()), (algorithm.name(), Some("sig")));
            SigningKey::from_jwk(&jwk).unwrap();
        }
        assert_eq!("HS256".parse::<SigningAlgorithm>(), Err(UnknownAlgorithm));
    }

    #[test]
    fn an_hmac_key_is_a_secret_of_256_bits() {
        let jwk = refresh_key(&SystemRandom::new());
        assert_eq!((jwk.kty.as_str(), jwk.alg.as_str()), ("oct", "HS256"));
        assert_eq!(jwk.k.as_deref().map(str::len), Some(43));
    }
}
