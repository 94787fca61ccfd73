//! scrypt (RFC 7914), as PHC strings.

use aws_lc_rs::constant_time;
use scrypt::Params;

use super::{
    phc::{self, Derived},
    rejection::HashRejection,
};
use crate::error::PasswordError;

/// 128 MiB, which OWASP recommends: 128 bytes times 2^17 times a block size of 8.
const MAX_MEMORY: u64 = 128 * 1024 * 1024;
const MAX_LANES: u32 = 8;
/// The lanes need further memory: 128 bytes times the block size each. The usual block size is 8.
const MAX_BLOCK_SIZE: u32 = 32;

#[derive(Clone)]
pub(super) struct Scrypt {
    params: Params,
    derived: Derived,
}

impl Scrypt {
    /// Parses `$scrypt$ln=14,r=8,p=1$SALT$KEY`.
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        let malformed = HashRejection::Malformed("scrypt");
        let ([log_n, r, p], derived) = phc::parse(text, ["ln", "r", "p"]).ok_or(malformed)?;
        Ok(Self { params: params(log_n, r, p)?, derived })
    }

    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, PasswordError> {
        let Derived { salt, key } = &self.derived;
        let mut computed = vec![0; key.len()];
        scrypt::scrypt(password, salt, &self.params, &mut computed).map_err(|_| PasswordError::Unusable)?;
        Ok(constant_time::verify_slices_are_equal(&computed, key).is_ok())
    }
}

/// Checks parameters against the caps.
pub(super) fn params(log_n: u32, r: u32, p: u32) -> Result<Params, HashRejection> {
    let memory = 1_u64.checked_shl(log_n).and_then(|n| n.checked_mul(128 * u64::from(r)));
    if memory.is_none_or(|memory| memory > MAX_MEMORY) {
        return Err(HashRejection::BeyondCap("128 MiB of memory for scrypt"));
    }
    if p > MAX_LANES {
        return Err(HashRejection::BeyondCap("8 lanes for scrypt"));
    }
    if r > MAX_BLOCK_SIZE {
        return Err(HashRejection::BeyondCap("32 for the block size of scrypt"));
    }
    let log_n = u8::try_from(log_n).map_err(|_| HashRejection::Malformed("scrypt"))?;
    Params::new(log_n, r, p).map_err(|_| HashRejection::Malformed("scrypt"))
}
