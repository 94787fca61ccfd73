//! bcrypt of a digest, so that all of a long password counts, as in passlib and Django.

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{bcrypt::Bcrypt, rejection::HashRejection};
use crate::error::PasswordError;

const MALFORMED: HashRejection = HashRejection::Malformed("bcrypt_sha256");

#[derive(Clone)]
pub(super) struct BcryptSha256 {
    digest: Digest,
    bcrypt: Bcrypt,
}

#[derive(Clone)]
enum Digest {
    /// passlib up to 1.7.2: SHA-256 in base64.
    Base64,
    /// passlib since 1.7.3: HMAC-SHA-256 keyed with the salt, in base64.
    Keyed(String),
    /// Django: SHA-256 in hexadecimal.
    Hex,
}

impl BcryptSha256 {
    /// Parses `$bcrypt-sha256$v=2,t=2b,r=12$SALT$HASH`, or the older `$bcrypt-sha256$2b,12$SALT$HASH`.
    pub(super) fn of_passlib(text: &str) -> Result<Self, HashRejection> {
        let parts: Vec<&str> = text.split('$').collect();
        let ["", _, parameters, salt, hash] = parts[..] else { return Err(MALFORMED) };
        let parameters: Vec<&str> = parameters.split(',').collect();
        let (kind, cost, digest) = match parameters[..] {
            ["v=2", kind, cost] => {
                let kind = kind.strip_prefix("t=").ok_or(MALFORMED)?;
                let cost = cost.strip_prefix("r=").ok_or(MALFORMED)?;
                (kind, cost, Digest::Keyed(salt.to_owned()))
            }
            [kind, cost] => (kind, cost, Digest::Base64),
            _ => return Err(MALFORMED),
        };
        if salt.len() != 22 {
            return Err(MALFORMED);
        }
        Ok(Self { digest, bcrypt: Bcrypt::parse(&format!("${kind}${cost:0>2}${salt}{hash}"))? })
    }

    /// Parses `bcrypt_sha256$$2b$12$…`.
    pub(super) fn of_django(text: &str) -> Result<Self, HashRejection> {
        let bcrypt = text.strip_prefix("bcrypt_sha256$").ok_or(MALFORMED)?;
        Ok(Self { digest: Digest::Hex, bcrypt: Bcrypt::parse(bcrypt)? })
    }

    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, PasswordError> {
        let sha256 = digest::digest(&digest::SHA256, password);
        let password = match &self.digest {
            Digest::Base64 => STANDARD.encode(sha256),
            Digest::Hex => hex(sha256.as_ref()),
            Digest::Keyed(salt) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes());
                STANDARD.encode(hmac::sign(&key, password))
            }
        };
        self.bcrypt.matches(password.as_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
