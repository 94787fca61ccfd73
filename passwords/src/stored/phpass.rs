//! phpass, of WordPress before 6.8 (`$P$`) and phpBB (`$H$`): salted, repeated MD5
//! (<https://www.openwall.com/phpass/>).

use aws_lc_rs::constant_time;
use md5::{Digest, Md5};

use super::rejection::HashRejection;

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LEN: usize = 34;
/// phpass itself begins at 7. WordPress uses 13, and passlib 19.
const MIN_LOG_ROUNDS: usize = 7;
const MAX_LOG_ROUNDS: usize = 20;

#[derive(Clone)]
pub(super) struct Phpass {
    rounds: u32,
    salt: Vec<u8>,
    /// The encoded hash.
    hash: Vec<u8>,
}

impl Phpass {
    /// Parses `$P$`, a digit for the rounds, eight characters of salt, and 22 of hash.
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        const MALFORMED: HashRejection = HashRejection::Malformed("phpass");
        let bytes = text.as_bytes();
        if bytes.len() != LEN {
            return Err(MALFORMED);
        }
        let (log_rounds, salt, hash) = (bytes[3], &bytes[4..12], &bytes[12..]);
        let log_rounds = ALPHABET.iter().position(|digit| *digit == log_rounds).ok_or(MALFORMED)?;
        if log_rounds > MAX_LOG_ROUNDS {
            return Err(HashRejection::BeyondCap("2^20 rounds of phpass"));
        }
        if log_rounds < MIN_LOG_ROUNDS || !hash.iter().all(|digit| ALPHABET.contains(digit)) {
            return Err(MALFORMED);
        }
        Ok(Self { rounds: 1 << log_rounds, salt: salt.to_vec(), hash: hash.to_vec() })
    }

    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let mut hash = Md5::new().chain_update(&self.salt).chain_update(password).finalize();
        for _ in 0..self.rounds {
            hash = Md5::new().chain_update(hash).chain_update(password).finalize();
        }
        constant_time::verify_slices_are_equal(&encode(&hash), &self.hash).is_ok()
    }
}

/// Encodes three bytes per group, the lowest bits first.
fn encode(hash: &[u8]) -> Vec<u8> {
    let group = |bytes: &[u8]| {
        let bits = bytes.iter().rev().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        (0..=bytes.len()).map(move |i| ALPHABET[bits >> (6 * i) & 63])
    };
    hash.chunks(3).flat_map(group).collect()
}
