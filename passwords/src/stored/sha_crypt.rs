//! SHA-crypt, of Unix (`$5$` and `$6$` of crypt(3)).

use sha_crypt::{PasswordHashRef, PasswordVerifier, ShaCrypt as Verifier};

use super::{phc::number, rejection::HashRejection};

/// passlib's default is 656,000, and Unix's 5,000.
const MAX_ROUNDS: u32 = 1_000_000;
const MIN_ROUNDS: u32 = 1_000;

#[derive(Clone)]
pub(super) struct ShaCrypt(String);

impl ShaCrypt {
    /// Parses `$6$rounds=656000$SALT$HASH`. Without the rounds, they are 5,000.
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        const MALFORMED: HashRejection = HashRejection::Malformed("SHA-crypt");
        let parts: Vec<&str> = text.split('$').collect();
        let (kind, hash) = match parts[..] {
            ["", kind, _, hash] => (kind, hash),
            ["", kind, rounds, _, hash] => {
                let rounds = rounds.strip_prefix("rounds=").and_then(number).ok_or(MALFORMED)?;
                if rounds > MAX_ROUNDS {
                    return Err(HashRejection::BeyondCap("1,000,000 rounds of SHA-crypt"));
                }
                if rounds < MIN_ROUNDS {
                    return Err(MALFORMED);
                }
                (kind, hash)
            }
            _ => return Err(MALFORMED),
        };
        let len = if kind == "5" { 43 } else { 86 };
        let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
        if hash.len() != len || !hash.bytes().all(is_digit) || PasswordHashRef::new(text).is_err() {
            return Err(MALFORMED);
        }
        Ok(Self(text.to_owned()))
    }

    /// Compares a password. A hash that can't be computed matches nothing, but every parsed hash can be.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let hash = PasswordHashRef::new(&self.0);
        hash.is_ok_and(|hash| Verifier::default().verify_password(password, hash).is_ok())
    }
}
