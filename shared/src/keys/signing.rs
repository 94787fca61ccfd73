//! The private keys that sign access tokens.

use std::fmt;

use super::{Jwk, KeysetError, PublicKey, PublicKeys, SigningAlgorithm, active::active, jwk::member};
use crate::clock::Timestamp;
use aws_lc_rs::{
    error::Unspecified,
    rand::SystemRandom,
    rsa::KeyPair as RsaKeyPair,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256},
};

/// The name of the signing keys in errors.
const SIGNING_KEYS: &str = "signing_keys";

/// A key that signs access tokens.
pub struct SigningKey {
    public: PublicKey,
    activates_at: Timestamp,
    pair: KeyPair,
}

/// The crypto library's form. The JWT library would parse the key, and compare its halves, for each token.
enum KeyPair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// The keys that sign access tokens, newest first.
#[derive(Debug)]
pub struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    /// Reads the signing keys of a keyset.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there are no keys, or one is unusable.
    pub(super) fn from_jwks(jwks: &[Jwk]) -> Result<Self, KeysetError> {
        let keys = jwks.iter().map(SigningKey::from_jwk).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeysetError::Empty(SIGNING_KEYS)) } else { Ok(Self(keys)) }
    }

    /// The key that signs now.
    pub fn active(&self, now: Timestamp) -> &SigningKey {
        active(&self.0, now, |key| key.activates_at)
    }

    /// The key that signs now or will sign next.
    pub fn newest(&self) -> &SigningKey {
        // Not empty: `from_jwks` checks this.
        &self.0[0]
    }

    /// The public halves of all these keys.
    pub(super) fn public(&self) -> Result<PublicKeys, KeysetError> {
        PublicKeys::new(self.0.iter().map(|key| key.public.clone()).collect(), SIGNING_KEYS)
    }
}

impl SigningKey {
    /// Reads a private key for one of the [`SigningAlgorithm`]s. An RSA key needs 2048 bits or more.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if the key is malformed, or its halves don't belong together.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeysetError> {
        let public = PublicKey::from_jwk(jwk, SIGNING_KEYS)?;
        let pair = match public.algorithm() {
            SigningAlgorithm::Es256 => ec_pair(jwk).map(KeyPair::Ec),
            SigningAlgorithm::EdDsa => ed_pair(jwk).map(KeyPair::Ed),
            SigningAlgorithm::Rs256 => rsa_pair(jwk).map(KeyPair::Rsa),
        };
        let unusable = || KeysetError::Unusable(jwk.kid.clone(), SIGNING_KEYS);
        Ok(Self { pair: pair.ok_or_else(unusable)?, activates_at: jwk.activates_at(), public })
    }

    /// The key's identifier in tokens.
    pub fn kid(&self) -> &str {
        &self.public.jwk.kid
    }

    /// The one algorithm of this key.
    pub(crate) fn algorithm(&self) -> SigningAlgorithm {
        self.public.algorithm()
    }

    /// Signs this message (RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1).
    #[expect(clippy::disallowed_methods, reason = "the crypto library asks for one, and has its own inside")]
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &self.pair {
            KeyPair::Ec(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            KeyPair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            KeyPair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

/// Reads `d` and the point (RFC 7518 section 6.2.2). The library checks that they belong together.
fn ec_pair(jwk: &Jwk) -> Option<EcdsaKeyPair> {
    let (d, x, y) = (member(jwk.d.as_ref())?, member(jwk.x.as_ref())?, member(jwk.y.as_ref())?);
    let point = [&[0x04], &x[..], &y[..]].concat();
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &point).ok()
}

/// Reads `d`, which is the seed (RFC 8037 section 2).
fn ed_pair(jwk: &Jwk) -> Option<Ed25519KeyPair> {
    let (d, x) = (member(jwk.d.as_ref())?, member(jwk.x.as_ref())?);
    Ed25519KeyPair::from_seed_and_public_key(&d, &x).ok()
}

/// Reads an RSA key (RFC 7518 section 6.3.2) by way of the RSAPrivateKey of RFC 8017 appendix A.1.2, the
/// library's format.
fn rsa_pair(jwk: &Jwk) -> Option<RsaKeyPair> {
    let mut integers = vec![0x02, 0x01, 0x00];
    for value in [&jwk.n, &jwk.e, &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi] {
        der_integer(&member(value.as_ref())?, &mut integers);
    }
    let mut der = vec![0x30];
    der_length(integers.len(), &mut der);
    der.extend(integers);
    RsaKeyPair::from_der(&der).ok()
}

/// Writes an unsigned integer in DER (ITU-T X.690 section 8.3): without needless leading zeros, and with a
/// zero before a set top bit.
fn der_integer(bytes: &[u8], der: &mut Vec<u8>) {
    let significant = &bytes[bytes.iter().take_while(|&&b| b == 0).count()..];
    let sign = usize::from(significant.first().is_none_or(|&b| b >= 0x80));
    der.push(0x02);
    der_length(significant.len() + sign, der);
    der.extend(std::iter::repeat_n(0, sign));
    der.extend(significant);
}

/// Writes a length in DER (ITU-T X.690 section 8.1.3).
fn der_length(length: usize, der: &mut Vec<u8>) {
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|&&b| b == 0).count()..];
    if let ([] | [(..=0x7f)], 0..=1) = (significant, significant.len()) {
        der.push(significant.first().copied().unwrap_or(0));
    } else {
        // The length has at most eight bytes, so their number fits into seven bits.
        der.push(0x80 | significant.len().to_le_bytes()[0]);
        der.extend(significant);
    }
}

/// Shows the identifier only: the key is secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}
