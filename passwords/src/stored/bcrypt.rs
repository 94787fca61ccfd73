//! bcrypt in the form of crypt(3): `$2b$12$`, and 53 characters of salt and hash.

use std::ops::RangeInclusive;

use aws_lc_rs::constant_time;
use bcrypt::{HashParts, Version};

use super::rejection::HashRejection;
use crate::error::PasswordError;

/// bcrypt's least cost is 4. A cost of 14 takes a second and a half on one processor, and each further step
/// doubles that.
const COSTS: RangeInclusive<u32> = 4..=14;
/// bcrypt reads only this many bytes of a password.
const MAX_LEN: usize = 72;

#[derive(Clone)]
pub(super) struct Bcrypt {
    /// The complete hash.
    text: String,
    cost: u32,
    salt: [u8; 16],
    /// Whether the prefix is `$2x$`, of PHP before 5.3.7, which read non-ASCII bytes as negative numbers. The
    /// other prefixes make no difference today.
    is_signed: bool,
}

impl Bcrypt {
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        let parts: HashParts = text.parse().map_err(|_| HashRejection::Malformed("bcrypt"))?;
        if parts.get_cost() > *COSTS.end() {
            return Err(HashRejection::BeyondCap("14 for the cost of bcrypt"));
        }
        if parts.get_cost() < *COSTS.start() {
            return Err(HashRejection::Malformed("bcrypt"));
        }
        Ok(Self {
            text: text.to_owned(),
            cost: parts.get_cost(),
            salt: parts.get_salt_raw(),
            is_signed: text.starts_with("$2x$"),
        })
    }

    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, PasswordError> {
        if !self.is_signed {
            return bcrypt::verify(password, &self.text).map_err(|_| PasswordError::Unusable);
        }
        let computed = bcrypt::hash_with_salt(signed_key(password), self.cost, self.salt);
        let computed = computed.map_err(|_| PasswordError::Unusable)?.format_for_version(Version::TwoX);
        Ok(constant_time::verify_slices_are_equal(computed.as_bytes(), self.text.as_bytes()).is_ok())
    }
}

/// The key for which bcrypt computes what `$2x$` did. Blowfish reads 18 words of four bytes, shifted
/// together, and a negative byte overwrites the earlier bytes of its word.
fn signed_key(password: &[u8]) -> [u8; MAX_LEN] {
    let mut bytes = password.iter().chain(&[0]).copied().cycle();
    let mut key = [0; MAX_LEN];
    for word in key.chunks_exact_mut(4) {
        let signed = bytes
            .by_ref()
            .take(4)
            .fold(0_u32, |word, byte| word << 8 | i32::from(byte.cast_signed()).cast_unsigned());
        word.copy_from_slice(&signed.to_be_bytes());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of crypt_blowfish, which introduced the faulty kind and its name.
    #[test]
    fn the_faulty_kind_is_computed_as_it_was() {
        let faulty = "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e";
        let sound = "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq";
        let matches = |text: &str, password: &[u8]| Bcrypt::parse(text).unwrap().matches(password);
        assert_eq!(matches(faulty, b"\xa3"), Ok(true));
        assert_eq!(matches(faulty, b"\xff\xff\xa3"), Ok(true));
        assert_eq!(matches(faulty, b"\xa4"), Ok(false));
        assert_eq!(matches(sound, b"\xa3"), Ok(true));
        assert_eq!(matches(&sound.replace("$2y$", "$2x$"), b"\xa3"), Ok(false));
    }
}
