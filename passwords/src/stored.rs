//! Stored hashes: our own, and those that users brought along from where they were before.

use std::{num::NonZeroU32, ops::RangeInclusive};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};
use aws_lc_rs::{constant_time, pbkdf2};

use shared::hash_cost::HashCost;

use crate::{error::PasswordError, memory::HashMemory};

/// Beyond these a stored hash is refused instead of computed: it would take down the function, or its whole time.
const MAX_MEMORY_KIB: u32 = 64 * 1024;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;
/// bcrypt begins at 4; 14 takes a second and a half on one processor, and each step more doubles it.
const BCRYPT_COSTS: RangeInclusive<u32> = 4..=14;
/// 128 bytes times 2^17 times a block size of 8: 128 MiB, which OWASP recommends.
const MAX_SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;
const MAX_SCRYPT_LANES: u32 = 8;
/// What the lanes take beside that memory is 128 bytes times the block size for each. Everybody's block size is 8.
const MAX_SCRYPT_BLOCK_SIZE: u32 = 32;
/// Beyond what any framework has as default.
const MAX_ITERATIONS: u32 = 2_000_000;

/// What became of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is, but its hash was made in another way than today's, or at a lower cost.
    RightButWeak,
    /// It is.
    Right,
}

/// A stored hash that can be compared with.
#[derive(Clone)]
pub struct StoredHash(Kind);

#[derive(Clone)]
enum Kind {
    /// Argon2id is what new hashes are made with (RFC 9106).
    Argon2(Box<PasswordHash>, Params),
    /// The whole of it, in the form of crypt(3).
    Bcrypt(String),
    /// RFC 7914.
    Scrypt(scrypt::Params, Derived),
    /// RFC 8018 section 5.2.
    Pbkdf2(pbkdf2::Algorithm, NonZeroU32, Derived),
}

#[derive(Clone)]
struct Derived {
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl StoredHash {
    /// Reads a PHC string of argon2, scrypt or PBKDF2, or a bcrypt hash, if it is within the caps.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("$2") {
            let parts: bcrypt::HashParts = text.parse().ok()?;
            return BCRYPT_COSTS.contains(&parts.get_cost()).then(|| Self(Kind::Bcrypt(text.to_owned())));
        }
        let hash = PasswordHash::new(text).ok()?;
        let kind = match hash.algorithm.as_str() {
            "argon2id" | "argon2i" | "argon2d" => argon2(hash)?,
            "scrypt" => scrypt(&hash)?,
            "pbkdf2-sha256" => pbkdf2(&hash, pbkdf2::PBKDF2_HMAC_SHA256)?,
            "pbkdf2-sha512" => pbkdf2(&hash, pbkdf2::PBKDF2_HMAC_SHA512)?,
            "pbkdf2-sha1" | "pbkdf2" => pbkdf2(&hash, pbkdf2::PBKDF2_HMAC_SHA1)?,
            _ => return None,
        };
        Some(Self(kind))
    }

    /// Compares a password with it. A hash that cost less than `cost` is weak.
    pub(crate) fn verify(
        &self,
        password: &[u8],
        cost: HashCost,
        memory: &mut HashMemory,
    ) -> Result<Verdict, PasswordError> {
        let is_right = match &self.0 {
            Kind::Argon2(hash, params) => {
                argon2_matches(password, hash, params, memory).ok_or(PasswordError::Unusable)?
            }
            Kind::Bcrypt(text) => bcrypt::verify(password, text).map_err(|_| PasswordError::Unusable)?,
            Kind::Scrypt(params, Derived { salt, key }) => {
                let mut derived = vec![0; key.len()];
                scrypt::scrypt(password, salt, params, &mut derived).map_err(|_| PasswordError::Unusable)?;
                constant_time::verify_slices_are_equal(&derived, key).is_ok()
            }
            Kind::Pbkdf2(algorithm, iterations, Derived { salt, key }) => {
                pbkdf2::verify(*algorithm, *iterations, salt, password, key).is_ok()
            }
        };
        Ok(match is_right {
            false => Verdict::Wrong,
            true if self.is_weak(cost) => Verdict::RightButWeak,
            true => Verdict::Right,
        })
    }

    /// Anything but argon2id is replaced at the first chance. Of argon2id, by memory times passes, which is what a
    /// guess costs: of two that cost the same neither is weaker.
    pub(crate) fn is_weak(&self, cost: HashCost) -> bool {
        match &self.0 {
            Kind::Argon2(hash, params) => {
                let guess = |memory: u32, passes: u32| u64::from(memory) * u64::from(passes);
                hash.algorithm != Algorithm::Argon2id.ident()
                    || hash.version != Some(Version::V0x13.into())
                    || guess(params.m_cost(), params.t_cost()) < guess(cost.memory_kib(), cost.passes())
            }
            Kind::Bcrypt(_) | Kind::Scrypt(..) | Kind::Pbkdf2(..) => true,
        }
    }
}

fn argon2(hash: PasswordHash) -> Option<Kind> {
    let params = Params::try_from(&hash).ok()?;
    let is_within_cap =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
    let is_known = hash.version.is_none_or(|version| Version::try_from(version).is_ok());
    (is_within_cap && is_known && hash.salt.is_some() && hash.hash.is_some())
        .then(|| Kind::Argon2(Box::new(hash), params))
}

/// Whether it is the password of this hash; nothing, if it can't be computed.
fn argon2_matches(
    password: &[u8],
    hash: &PasswordHash,
    params: &Params,
    memory: &mut HashMemory,
) -> Option<bool> {
    let (salt, stored) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let argon2 = Argon2::new(Algorithm::try_from(hash.algorithm.as_str()).ok()?, version, params.clone());
    let mut computed = [0; Output::MAX_LENGTH];
    let computed = &mut computed[..stored.len()];
    argon2.hash_password_into_with_memory(password, salt, computed, memory.blocks(params)).ok()?;
    Some(constant_time::verify_slices_are_equal(computed, stored.as_bytes()).is_ok())
}

fn scrypt(hash: &PasswordHash) -> Option<Kind> {
    let (log_n, r, p) = (number(hash, "ln")?, number(hash, "r")?, number(hash, "p")?);
    let memory = 1_u64.checked_shl(log_n)?.checked_mul(128 * u64::from(r))?;
    if memory > MAX_SCRYPT_MEMORY || p > MAX_SCRYPT_LANES || r > MAX_SCRYPT_BLOCK_SIZE {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?;
    Some(Kind::Scrypt(params, derived(hash)?))
}

fn pbkdf2(hash: &PasswordHash, algorithm: pbkdf2::Algorithm) -> Option<Kind> {
    let iterations = number(hash, "i").filter(|iterations| *iterations <= MAX_ITERATIONS)?;
    Some(Kind::Pbkdf2(algorithm, NonZeroU32::new(iterations)?, derived(hash)?))
}

fn number(hash: &PasswordHash, name: &str) -> Option<u32> {
    hash.params.get_decimal(name)
}

fn derived(hash: &PasswordHash) -> Option<Derived> {
    let (salt, key) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    Some(Derived { salt: salt.as_ref().to_vec(), key: key.as_bytes().to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "correct horse" in each of the kinds, made by argon2-cffi, bcrypt and passlib.
    const BROUGHT: &[&str] = &[
        "$argon2id$v=19$m=8192,t=1,p=1$nQ3qRKQjIzKBBnIVGw3Ljg$QGmqs5foMxwVHV5I+O1djG+UgLrDsMfTWWAW4ODVlxs",
        "$argon2i$v=19$m=4096,t=3,p=4$kbCECY7QWO9TMzVri/b18A$V9GqsxnPjoZLoskqdSbgUy6IluiTqLshcvGXh3iqitM",
        "$argon2d$v=19$m=4096,t=2,p=1$YrKxWUDg3QDv2PIr8wFnKg$/dnxeusKRhNVkZVm0pyrjPZC6zZX/+YQeR9RpR9nJ54",
        "$2a$04$boXaph7xYkPAYy2UrYLVv.NgE8p1TS3L497LSeiS38eHNYrvltXKq",
        "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6",
        "$2y$04$f0v.I2XrUs1WBP2CLlcr0u9d4MhbHxJyRO9GNWK6PERYDuIyuO5YS",
        "$scrypt$ln=10,r=8,p=1$1zrHeI9xjpEypnRujfGeMw$ch3xM0ksDvM1b+ob98AMzqoPW6ni/zcOps4j6HFGFHM",
    ];

    #[test]
    fn what_was_brought_along_is_compared_with_and_is_to_be_replaced() {
        let mut memory = HashMemory::default();
        for text in BROUGHT {
            let hash = StoredHash::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                hash.verify(b"correct horse", HashCost::PRODUCTION, &mut memory),
                Ok(Verdict::RightButWeak),
                "{text}"
            );
            assert_eq!(
                hash.verify(b"correct house", HashCost::PRODUCTION, &mut memory),
                Ok(Verdict::Wrong),
                "{text}"
            );
        }
    }

    #[test]
    fn a_hash_is_weak_if_a_guess_costs_less_than_today() {
        let tail = "bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let is_weak =
            |head: &str| StoredHash::parse(&format!("{head}${tail}")).unwrap().is_weak(HashCost::PRODUCTION);
        for strong in [
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=9728,t=4,p=1",
            "$argon2id$v=19$m=65536,t=1,p=1",
        ] {
            assert!(!is_weak(strong), "{strong}");
        }
        for weak in [
            "$argon2id$v=19$m=19455,t=2,p=1",
            "$argon2id$v=19$m=8192,t=4,p=1",
            "$argon2id$v=16$m=65536,t=2,p=1",
            "$argon2i$v=19$m=65536,t=2,p=1",
            "$scrypt$ln=17,r=8,p=1",
            "$pbkdf2-sha256$i=2000000",
        ] {
            assert!(is_weak(weak), "{weak}");
        }
    }

    #[test]
    fn a_hash_beyond_the_cap_or_of_no_known_kind_is_refused_instead_of_computed() {
        let tail = "bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for head in [
            "$argon2id$v=19$m=4294967295,t=2,p=1",
            "$argon2id$v=19$m=65537,t=2,p=1",
            "$argon2id$v=19$m=19456,t=11,p=1",
            "$argon2id$v=19$m=19456,t=2,p=5",
            "$argon2x$v=19$m=19456,t=2,p=1",
            "$argon2id$v=18$m=19456,t=2,p=1",
            "$scrypt$ln=18,r=8,p=1",
            "$scrypt$ln=17,r=9,p=1",
            "$scrypt$ln=63,r=8,p=1",
            "$scrypt$ln=64,r=8,p=1",
            "$scrypt$ln=14,r=8,p=9",
            "$scrypt$ln=1,r=524288,p=8",
            "$scrypt$ln=14",
            "$pbkdf2-sha256$i=2000001",
            "$pbkdf2-sha256$i=0",
            "$pbkdf2-sha256",
            "$pbkdf2-md5$i=1000",
            "$1",
        ] {
            assert!(StoredHash::parse(&format!("{head}${tail}")).is_none(), "{head}");
        }
        for head in [
            "$argon2id$v=19$m=65536,t=10,p=4",
            "$scrypt$ln=17,r=8,p=8",
            "$scrypt$ln=10,r=32,p=1",
            "$pbkdf2-sha256$i=2000000",
        ] {
            assert!(StoredHash::parse(&format!("{head}${tail}")).is_some(), "{head}");
        }
        let bcrypt = "abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        assert!(StoredHash::parse(&format!("$2b$14${bcrypt}")).is_some());
        for head in ["$2b$15", "$2b$03", "$2b$00"] {
            assert!(StoredHash::parse(&format!("{head}${bcrypt}")).is_none(), "{head}");
        }
        for bad in ["", "$2b$12", &format!("$2b$14${bcrypt}x")] {
            assert!(StoredHash::parse(bad).is_none(), "{bad}");
        }
    }
}
