//! Argon2 (RFC 9106), as PHC strings.

use argon2::{
    Algorithm, Argon2 as Function, Params, Version,
    password_hash::phc::{Output, PasswordHash},
};
use aws_lc_rs::constant_time;
use shared::hash_cost::HashCost;

use super::rejection::HashRejection;
use crate::{error::PasswordError, memory::HashMemory};

/// The memory of libsodium's middle setting. The defaults of argon2-cffi and Django are at most 100 MiB.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 10;
/// The lanes are computed in sequence, so a hash costs no more than its memory and passes say.
const MAX_LANES: u32 = 16;

#[derive(Clone)]
pub(super) struct Argon2 {
    hash: Box<PasswordHash>,
    algorithm: Algorithm,
    version: Version,
    params: Params,
}

impl Argon2 {
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        const MALFORMED: HashRejection = HashRejection::Malformed("argon2");
        let hash = PasswordHash::new(text).map_err(|_| MALFORMED)?;
        let params = Params::try_from(&hash).map_err(|_| MALFORMED)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| MALFORMED)?;
        // The version field came with version 0x13, so a hash without it has version 0x10.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| MALFORMED)?;
        if params.m_cost() > MAX_MEMORY_KIB {
            return Err(HashRejection::BeyondCap("256 MiB of memory for argon2"));
        }
        if params.t_cost() > MAX_PASSES {
            return Err(HashRejection::BeyondCap("10 passes for argon2"));
        }
        if params.p_cost() > MAX_LANES {
            return Err(HashRejection::BeyondCap("16 lanes for argon2"));
        }
        let is_keyed = hash.params.get("keyid").is_some() || hash.params.get("data").is_some();
        if is_keyed || hash.salt.is_none() || hash.hash.is_none() {
            return Err(MALFORMED);
        }
        Ok(Self { hash: Box::new(hash), algorithm, version, params })
    }

    pub(super) fn matches(&self, password: &[u8], memory: &mut HashMemory) -> Result<bool, PasswordError> {
        let (Some(salt), Some(stored)) = (&self.hash.salt, &self.hash.hash) else {
            return Err(PasswordError::Unusable);
        };
        let function = Function::new(self.algorithm, self.version, self.params.clone());
        let mut computed = [0; Output::MAX_LENGTH];
        let computed = &mut computed[..stored.len()];
        function
            .hash_password_into_with_memory(password, salt, computed, memory.blocks(&self.params))
            .map_err(|_| PasswordError::Unusable)?;
        Ok(constant_time::verify_slices_are_equal(computed, stored.as_bytes()).is_ok())
    }

    /// Whether a guess costs less than at `cost`, as memory times passes. At equal costs, neither is weaker.
    pub(super) fn is_weak(&self, cost: HashCost) -> bool {
        let guess = |memory: u32, passes: u32| u64::from(memory) * u64::from(passes);
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || guess(self.params.m_cost(), self.params.t_cost()) < guess(cost.memory_kib(), cost.passes())
    }
}
