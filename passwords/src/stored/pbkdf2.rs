//! PBKDF2 (RFC 8018 section 5.2), as PHC strings.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, Algorithm, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};

use super::{
    phc::{self, Derived},
    rejection::HashRejection,
};

/// More than any framework's default.
const MAX_ITERATIONS: u32 = 2_000_000;

#[derive(Clone)]
pub(super) struct Pbkdf2 {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    derived: Derived,
}

impl Pbkdf2 {
    /// Parses `$pbkdf2-sha256$i=600000$SALT$KEY`.
    pub(super) fn parse(text: &str, algorithm: Algorithm) -> Result<Self, HashRejection> {
        const MALFORMED: HashRejection = HashRejection::Malformed("PBKDF2");
        let ([iterations], mut derived) = phc::parse(text, ["i"]).ok_or(MALFORMED)?;
        // Each block of a key is derived separately, with all iterations. The first block is enough to
        // compare.
        derived.key.truncate(block_len(algorithm));
        if iterations > MAX_ITERATIONS {
            return Err(HashRejection::BeyondCap("2,000,000 iterations of PBKDF2"));
        }
        Ok(Self { algorithm, iterations: NonZeroU32::new(iterations).ok_or(MALFORMED)?, derived })
    }

    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let Derived { salt, key } = &self.derived;
        pbkdf2::verify(self.algorithm, self.iterations, salt, password, key).is_ok()
    }
}

/// The length of the digest, in bytes.
fn block_len(algorithm: Algorithm) -> usize {
    if algorithm == PBKDF2_HMAC_SHA512 {
        64
    } else if algorithm == PBKDF2_HMAC_SHA256 {
        32
    } else {
        20
    }
}
