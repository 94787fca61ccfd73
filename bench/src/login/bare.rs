//! The bare hash, computed with the `argon2` crate.

use crate::{
    program::Failure,
    watch::{Cost, Watch},
};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use passwords::MEMORY_KIB;
use tokio::task;

/// The passes of Latchgate's password hashes. A test below compares them with a real hash.
pub(crate) const PASSES: u32 = 2;
const LANES: u32 = 1;

const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: &[u8] = b"sixteen bytes...";

/// Memory that is allocated once, for all hashes of a process.
#[derive(Debug)]
pub(crate) struct Memory(Vec<Block>);

impl Memory {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self(vec![Block::default(); argon2()?.params().block_count()]))
    }
}

/// Computes and times one hash with newly allocated memory, on the thread that logins hash on.
pub(crate) async fn hash() -> Result<Cost, Failure> {
    let hashing = task::spawn_blocking(|| {
        let (argon2, watch, mut hash) = (argon2()?, Watch::start()?, [0; 32]);
        argon2.hash_password_into(PASSWORD, SALT, &mut hash).map_err(|e| e.to_string())?;
        watch.stop()
    });
    hashing.await?
}

/// Computes and times one hash in this memory, which was allocated before.
pub(crate) async fn hash_in(mut memory: Memory) -> Result<(Cost, Memory), Failure> {
    let hashing = task::spawn_blocking(move || {
        let (argon2, watch, mut hash) = (argon2()?, Watch::start()?, [0; 32]);
        argon2
            .hash_password_into_with_memory(PASSWORD, SALT, &mut hash, &mut memory.0)
            .map_err(|e| e.to_string())?;
        Ok((watch.stop()?, memory))
    });
    hashing.await?
}

/// The times of consecutive hashes in milliseconds.
pub(crate) async fn times(hashes: usize) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::with_capacity(hashes);
    for _ in 0..hashes {
        times.push(hash().await?.wall);
    }
    Ok(times)
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| e.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use passwords::{Password, Passwords};
    use shared::random::SystemRandom;

    use super::*;

    #[tokio::test]
    async fn the_bare_hash_has_the_parameters_of_a_login() {
        let password = Password::parse(&"correct horse".into()).unwrap();
        let hash = Passwords::new(Arc::new(SystemRandom::new())).hash(&password).await.unwrap();
        let parameters = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
        assert!(hash.starts_with(&parameters), "{hash}");
    }
}
