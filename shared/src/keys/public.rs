//! The public halves of the signing keys: all that verifying an access token takes.

use std::collections::HashSet;

use super::{Jwk, KeysetError, PublishedKey, PublishedKeys, SigningAlgorithm, jwk::member};
use crate::{cached::Source, clock::Timestamp, store::StoreError};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};

/// What errors call the Keys table.
const PUBLISHED_KEYS: &str = "the published keys";

/// One key that verifies access tokens, for the one algorithm that it is for.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// As it is published.
    pub jwk: Jwk,
    /// What makes two keys the same key, whatever they are called.
    material: Vec<u8>,
    /// From when on nothing that it signed is valid.
    expires_at: Timestamp,
    pub(crate) algorithm: SigningAlgorithm,
    /// As the crypto library has it. The JWT library would read it anew for each token, which costs as much again as an RSA
    /// signature does.
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Takes a key of a public list, without a private half: who publishes one by mistake should learn of it.
    fn from_published(PublishedKey { jwk, expires_at, .. }: &PublishedKey) -> Result<Self, KeysetError> {
        if jwk.is_private() {
            return Err(KeysetError::Private(jwk.kid.clone()));
        }
        Ok(Self { expires_at: *expires_at, ..Self::from_jwk(jwk, PUBLISHED_KEYS)? })
    }

    /// Takes a public key for one of the [`SigningAlgorithm`]s; an RSA key has 2048 bits or more.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if it has no usable `kid`, is of another kind, or is no key at all.
    pub(super) fn from_jwk(jwk: &Jwk, list: &'static str) -> Result<Self, KeysetError> {
        let kid = jwk.usable_kid(list)?.to_owned();
        let (algorithm, material, key) = Self::read(jwk)
            .filter(|_| jwk.is_for_signatures())
            .ok_or_else(|| KeysetError::Unusable(kid.clone(), list))?;
        Ok(Self { jwk: jwk.to_public(), material, expires_at: Timestamp::END, algorithm, key })
    }

    /// Whether it made this signature for this message.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// The algorithm, the bytes of the key (point or modulus), and the key as the crypto library has it.
    fn read(jwk: &Jwk) -> Option<(SigningAlgorithm, Vec<u8>, ParsedPublicKey)> {
        let algorithm: SigningAlgorithm = jwk.alg.parse().ok()?;
        if (jwk.kty.as_str(), jwk.crv.as_deref()) != algorithm.key_type() {
            return None;
        }
        let (material, key) = match algorithm {
            SigningAlgorithm::Es256 => p256(jwk),
            SigningAlgorithm::EdDsa => ed25519(jwk),
            SigningAlgorithm::Rs256 => rsa(jwk),
        }?;
        Some((algorithm, material, key))
    }
}

fn p256(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let (x, y) = (member(jwk.x.as_ref())?, member(jwk.y.as_ref())?);
    // RFC 7518 section 6.2.1.2: coordinates are as long as the field, leading zeros included.
    let point = (x.len() == 32 && y.len() == 32).then(|| [&[0x04], &x[..], &y[..]].concat())?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).ok()?;
    Some((point, key))
}

fn ed25519(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let point = member(jwk.x.as_ref())?;
    let key = ParsedPublicKey::new(&ED25519, &point).ok()?;
    Some((point, key))
}

fn rsa(jwk: &Jwk) -> Option<(Vec<u8>, ParsedPublicKey)> {
    let (n, e) = (member(jwk.n.as_ref())?, member(jwk.e.as_ref())?);
    let components = RsaPublicKeyComponents { n: &n, e: &e };
    let key = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
    // RFC 7518 section 3.3: 2048 bits or more.
    (n.len() >= 256 && n[0] != 0).then_some((n, key))
}

/// The keys that verify access tokens, by `kid`.
#[derive(Clone, Debug)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// Takes the keys that are published.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there is none, or one can't be used: then none of them is used.
    pub fn from_published(keys: &[PublishedKey]) -> Result<Self, KeysetError> {
        Self::new(keys.iter().map(PublicKey::from_published).collect::<Result<_, _>>()?, PUBLISHED_KEYS)
    }

    pub(super) fn new(keys: Vec<PublicKey>, list: &'static str) -> Result<Self, KeysetError> {
        if keys.is_empty() {
            return Err(KeysetError::Empty(list));
        }
        let (mut kids, mut materials) = (HashSet::new(), HashSet::new());
        for key in &keys {
            if !kids.insert(&key.jwk.kid) || !materials.insert(&key.material) {
                return Err(KeysetError::Duplicate(key.jwk.kid.clone(), list));
            }
        }
        Ok(Self(keys))
    }

    /// The key called `kid`, if it is one of ours and has not expired. There are a handful: a list is as fast as a map.
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<&PublicKey> {
        self.current(now).find(|key| key.jwk.kid == kid)
    }

    /// Those that have not expired.
    pub fn current(&self, now: Timestamp) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(move |key| now < key.expires_at)
    }
}

/// The published keys can't be had, or not whole.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeysError {
    /// The table can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none, or one of them can't be used.
    #[error(transparent)]
    Keys(#[from] KeysetError),
}

impl PublicKeysError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Store(error) => error.reason(),
            Self::Keys(_) => "keyset_unusable",
        }
    }
}

/// Copied by those who verify and don't sign. An expired key stays in the copy, where its instant is compared.
impl Source for PublishedKeys {
    type Value = PublicKeys;
    type Error = PublicKeysError;
    const NAME: &str = "the published keys";

    async fn fetch(&self) -> Result<PublicKeys, PublicKeysError> {
        Ok(PublicKeys::from_published(&self.all().await?)?)
    }
}
