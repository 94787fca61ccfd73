//! The public halves of the signing keys, which verify access tokens.

use std::collections::HashSet;

use super::{Jwk, KeysetError, PublishedKey, PublishedKeys, SigningAlgorithm, jwk::member};
use crate::{cached::Source, clock::Timestamp, store::StoreError};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};

/// The name of the Keys table in errors.
const PUBLISHED_KEYS: &str = "the published keys";

/// A key that verifies access tokens, for one algorithm.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// The key as published.
    pub jwk: Jwk,
    /// The instant from which no token of this key is valid.
    expires_at: Timestamp,
    half: PublicHalf,
}

/// A public key for one algorithm: one of ours, or a client's.
#[derive(Clone, Debug)]
pub(crate) struct PublicHalf {
    algorithm: SigningAlgorithm,
    /// The point or the modulus. Two keys with the same material are the same key.
    material: Vec<u8>,
    /// The crypto library's form. The JWT library would parse the key for each token, which takes as long as
    /// verifying an RSA signature.
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a published key. A private half is an error, so that publishing one by mistake gets noticed.
    fn from_published(PublishedKey { jwk, expires_at, .. }: &PublishedKey) -> Result<Self, KeysetError> {
        if jwk.is_private() {
            return Err(KeysetError::Private(jwk.kid.clone()));
        }
        Ok(Self { expires_at: *expires_at, ..Self::from_jwk(jwk, PUBLISHED_KEYS)? })
    }

    /// Reads a public key for one of the [`SigningAlgorithm`]s. An RSA key needs 2048 bits or more.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if the key is malformed, of another kind, or has no usable `kid`.
    pub(super) fn from_jwk(jwk: &Jwk, list: &'static str) -> Result<Self, KeysetError> {
        let kid = jwk.usable_kid(list)?.to_owned();
        let half = PublicHalf::read(jwk).ok_or_else(|| KeysetError::Unusable(kid.clone(), list))?;
        Ok(Self { jwk: jwk.to_public(), expires_at: Timestamp::END, half })
    }

    /// The one algorithm of this key.
    pub(crate) fn algorithm(&self) -> SigningAlgorithm {
        self.half.algorithm
    }

    /// Whether this key made the signature for the message.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.half.has_signed(message, signature)
    }
}

impl PublicHalf {
    /// Reads a public key for the [`SigningAlgorithm`] in its `alg`. `None`, if the key is of another kind,
    /// for another use, or weak: an RSA key needs 2048 bits, and a point must not have small order. Members
    /// have to be in the one form that RFC 7518 section 6 allows, so one key has only one text.
    pub(crate) fn read(jwk: &Jwk) -> Option<Self> {
        let algorithm: SigningAlgorithm = jwk.alg.parse().ok()?;
        if (jwk.kty.as_str(), jwk.crv.as_deref()) != algorithm.key_type() || !jwk.is_for_signatures() {
            return None;
        }
        let (material, key) = match algorithm {
            SigningAlgorithm::Es256 => p256(jwk),
            SigningAlgorithm::EdDsa => ed25519(jwk),
            SigningAlgorithm::Rs256 => rsa(jwk),
        }?;
        Some(Self { algorithm, material, key })
    }

    /// Whether this key made the signature for the message.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

fn p256(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let (x, y) = (member(jwk.x.as_ref())?, member(jwk.y.as_ref())?);
    // Coordinates are as long as the field, with leading zeros (RFC 7518 section 6.2.1.2).
    let point = (x.len() == 32 && y.len() == 32).then(|| [&[0x04], &x[..], &y[..]].concat())?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).ok()?;
    Some((point, key))
}

fn ed25519(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let point = member(jwk.x.as_ref())?;
    let key = ParsedPublicKey::new(&ED25519, &point).ok()?;
    (!has_small_order(&point)).then_some((point, key))
}

/// Whether a point of Ed25519, in any encoding, has small order: eight times the point is zero. A signature
/// of such a key can fit any message. The crypto library accepts these points, as RFC 8032 section 5.1.7
/// permits.
fn has_small_order(point: &[u8]) -> bool {
    /// The upper 31 bytes of the field's prime p, without the sign bit.
    const HIGH: [u8; 31] = {
        let mut high = [0xff; 31];
        high[30] = 0x7f;
        high
    };
    /// The two points of order eight, up to their sign.
    const OF_ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let Ok(mut y) = <[u8; 32]>::try_from(point) else { return true };
    // The sign of x doesn't change the order.
    y[31] &= 0x7f;
    let (low, high) = (y[0], &y[1..]);
    // The y coordinates 0, 1 and -1, and 0 and 1 again as p and p + 1, since p is 2²⁵⁵ - 19.
    (low <= 1 && high.iter().all(|byte| *byte == 0))
        || ((0xec..=0xee).contains(&low) && *high == HIGH)
        || OF_ORDER_8.contains(&y)
}

fn rsa(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let (n, e) = (member(jwk.n.as_ref())?, member(jwk.e.as_ref())?);
    let components = RsaPublicKeyComponents { n: &n, e: &e };
    let key = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
    // A key needs 2048 bits or more (RFC 7518 section 3.3) without leading zeros (section 6.3.1). The crypto
    // library counts whole bytes. Only at a signature does it refuse a key with too many bits, or with an
    // exponent of 1, an even one, or one of more than 32 bits.
    let has_the_bits = (256..=1024).contains(&n.len()) && (n.len() > 256 || n[0] >= 0x80);
    let is_usual = e.len() <= 4 && e.last().is_some_and(|low| low % 2 == 1) && e != [1];
    (has_the_bits && is_usual && n[0] != 0 && e[0] != 0).then_some((n, key))
}

/// The keys that verify access tokens, by `kid`.
#[derive(Clone, Debug)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// Reads the published keys.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there are no keys. One unusable key makes all of them unusable.
    pub fn from_published(keys: &[PublishedKey]) -> Result<Self, KeysetError> {
        Self::new(keys.iter().map(PublicKey::from_published).collect::<Result<_, _>>()?, PUBLISHED_KEYS)
    }

    pub(super) fn new(keys: Vec<PublicKey>, list: &'static str) -> Result<Self, KeysetError> {
        if keys.is_empty() {
            return Err(KeysetError::Empty(list));
        }
        let (mut kids, mut materials) = (HashSet::new(), HashSet::new());
        for key in &keys {
            if !kids.insert(&key.jwk.kid) || !materials.insert(&key.half.material) {
                return Err(KeysetError::Duplicate(key.jwk.kid.clone(), list));
            }
        }
        Ok(Self(keys))
    }

    /// The key called `kid`, if it is one of ours and has not expired. With a handful of keys, a list is as
    /// fast as a map.
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<&PublicKey> {
        self.current(now).find(|key| key.jwk.kid == kid)
    }

    /// The keys that have not expired.
    pub fn current(&self, now: Timestamp) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(move |key| now < key.expires_at)
    }
}

/// Why the published keys aren't available.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeysError {
    /// The table can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no keys, or one is unusable.
    #[error(transparent)]
    Keys(#[from] KeysetError),
}

impl PublicKeysError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Store(error) => error.reason(),
            Self::Keys(_) => "keyset_unusable",
        }
    }
}

/// Functions that only verify tokens cache these keys. An expired key stays in the copy, and its expiry is
/// checked at each use.
impl Source for PublishedKeys {
    type Value = PublicKeys;
    type Error = PublicKeysError;
    const NAME: &str = "the published keys";

    async fn fetch(&self) -> Result<PublicKeys, PublicKeysError> {
        Ok(PublicKeys::from_published(&self.all().await?)?)
    }
}
