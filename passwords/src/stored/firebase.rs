//! Firebase's scrypt, in the form of Supabase Auth:
//! `$fbscrypt$v=1,n=14,r=8,p=1,ss=SEPARATOR,sk=KEY$SALT$HASH`.
//!
//! The scrypt of the password is a key that encrypts the project's signer key. The result is the hash.
//! Firebase's export has the project's and the user's values (<https://github.com/firebase/scrypt>).

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    constant_time,
    iv::FixedLength,
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use scrypt::Params;

use super::{phc::number, rejection::HashRejection, scrypt::params};
use crate::error::PasswordError;

const MALFORMED: HashRejection = HashRejection::Malformed("Firebase's scrypt");
/// The longest value, in bytes. A signer key has 64.
const MAX_LEN: usize = 256;

/// Exports have padding, and the API's values don't.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Clone)]
pub(super) struct Firebase {
    params: Params,
    /// The user's salt, followed by the project's separator.
    salt: Vec<u8>,
    signer_key: Vec<u8>,
    hash: Vec<u8>,
}

impl Firebase {
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        let parts: Vec<&str> = text.split('$').collect();
        let ["", _, parameters, salt, hash] = parts[..] else { return Err(MALFORMED) };
        let parameters: Vec<&str> = parameters.split(',').collect();
        let ["v=1", n, r, p, separator, signer_key] = parameters[..] else { return Err(MALFORMED) };
        let count = |text: &str, name| text.strip_prefix(name).and_then(number).ok_or(MALFORMED);
        let params = params(count(n, "n=")?, count(r, "r=")?, count(p, "p=")?)?;
        let bytes = |text: &str, name| decode(text.strip_prefix(name).ok_or(MALFORMED)?);
        let mut salt = decode(salt)?;
        salt.extend(bytes(separator, "ss=")?);
        let (signer_key, hash) = (bytes(signer_key, "sk=")?, decode(hash)?);
        // A hash is as long as the key that it encrypts.
        if signer_key.len() < 16 || hash.len() != signer_key.len() {
            return Err(MALFORMED);
        }
        Ok(Self { params, salt, signer_key, hash })
    }

    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, PasswordError> {
        let mut key = [0; 32];
        scrypt::scrypt(password, &self.salt, &self.params, &mut key).map_err(|_| PasswordError::Unusable)?;
        let mut computed = self.signer_key.clone();
        let counter = EncryptionContext::Iv128(FixedLength::from([0; 16]));
        UnboundCipherKey::new(&AES_256, &key)
            .and_then(EncryptingKey::ctr)
            .and_then(|key| key.less_safe_encrypt(&mut computed, counter))
            .map_err(|_| PasswordError::Unusable)?;
        Ok(constant_time::verify_slices_are_equal(&computed, &self.hash).is_ok())
    }
}

fn decode(text: &str) -> Result<Vec<u8>, HashRejection> {
    // The API uses the URL-safe alphabet.
    let text = text.replace('-', "+").replace('_', "/");
    BASE64.decode(text).ok().filter(|bytes| bytes.len() <= MAX_LEN).ok_or(MALFORMED)
}
