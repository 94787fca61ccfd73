//! A keyset of one's own: made at the first start, kept beside the database.

use std::{fs, io::Write, path::Path};

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    keys::Jwk,
    random::{self, Random},
};

/// A keyset can't be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeysetFileError {
    /// The crypto library made no key.
    #[error("a signing key could not be generated")]
    Generate,
    /// The file can't be read or written.
    #[error("the keyset file can't be read or written")]
    Io(#[from] std::io::Error),
    /// The file is not a keyset.
    #[error("the keyset file is not a keyset")]
    Json,
}

/// A keyset as it is configured: private for the functions, public for the authorizer.
#[derive(Clone)]
pub struct KeysetDocument {
    /// The value of `KEYSET`.
    pub private: String,
    /// The value of `PUBLIC_KEYS`.
    pub public: String,
}

impl KeysetDocument {
    /// A new keyset: one signing key for ES256 and one HMAC key.
    ///
    /// # Errors
    ///
    /// [`KeysetFileError::Generate`], if the crypto library makes no key.
    pub fn generate(random: &dyn Random) -> Result<Self, KeysetFileError> {
        let signing = generate_es256(random)?;
        let refresh = Jwk {
            kty: "oct".to_owned(),
            alg: "HS256".to_owned(),
            kid: random::identifier(random),
            k: Some(URL_SAFE_NO_PAD.encode(random::bytes::<32>(random))),
            ..Jwk::default()
        };
        let document = json!({ "signing_keys": [signing], "refresh_keys": [refresh] });
        Self::from_value(&document)
    }

    /// The keyset in this file; a new one, if there is no such file yet.
    ///
    /// # Errors
    ///
    /// [`KeysetFileError`], if the file can't be read or written.
    pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Self, KeysetFileError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::from_value(&serde_json::from_str(&text).map_err(|_| KeysetFileError::Json)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let document = Self::generate(random)?;
                write_private(path, &document.private)?;
                Ok(document)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn from_value(document: &Value) -> Result<Self, KeysetFileError> {
        let signing = document.get("signing_keys").cloned().unwrap_or_default();
        let signing: Vec<Jwk> = serde_json::from_value(signing).map_err(|_| KeysetFileError::Json)?;
        let public: Vec<Jwk> = signing.iter().map(Jwk::to_public).collect();
        Ok(Self { private: document.to_string(), public: json!({ "keys": public }).to_string() })
    }
}

fn generate_es256(random: &dyn Random) -> Result<Jwk, KeysetFileError> {
    let generate = KeysetFileError::Generate;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| generate)?;
    let private: EcPrivateKeyBin<'_> =
        pair.private_key().as_be_bytes().map_err(|_| KeysetFileError::Generate)?;
    // SEC 1 section 2.3.3: an uncompressed point is 0x04 and the two coordinates.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
    Ok(Jwk {
        kty: "EC".to_owned(),
        crv: Some("P-256".to_owned()),
        alg: "ES256".to_owned(),
        intended_use: Some("sig".to_owned()),
        kid: random::identifier(random),
        x: encode(x),
        y: encode(y),
        d: encode(private.as_ref()),
        ..Jwk::default()
    })
}

/// Writes a file that only its owner reads, and that is not there yet.
///
/// # Errors
///
/// If it can't be written.
pub fn write_private(path: &Path, content: &str) -> Result<(), std::io::Error> {
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content.as_bytes())
}
