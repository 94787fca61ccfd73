//! The keyset of a deployment, ready to use.

use super::{KeysetDocument, KeysetError, PublicKeys, RefreshKeys, SigningKeys};

/// All keys of a deployment.
#[derive(Debug)]
pub struct Keyset {
    /// Signs access tokens.
    pub signing: SigningKeys,
    /// Verifies access tokens: the public halves of every signing key.
    pub public: PublicKeys,
    /// Issues and verifies refresh tokens.
    pub refresh: RefreshKeys,
}

impl Keyset {
    /// Reads a keyset.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if any part of it can't be used.
    pub fn parse(json: &str) -> Result<Self, KeysetError> {
        let KeysetDocument { signing_keys, refresh_keys, .. } = KeysetDocument::parse(json)?;
        let signing = SigningKeys::from_jwks(&signing_keys)?;
        let public = signing.public()?;
        Ok(Self { signing, public, refresh: RefreshKeys::from_jwks(&refresh_keys)? })
    }
}
