//! Password hashes: argon2id, off the async threads.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash,
    password_hash::phc::PasswordHash,
};
use shared::random::{self, Random};
use tokio::{sync::Semaphore, task};

use crate::Password;

/// OWASP's Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Beyond these a stored hash is refused instead of allocated: it would take down the function.
const MAX_MEMORY_KIB: u32 = 64 * 1024;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;

/// What is hashed against where there is no stored hash: today's parameters, and an output that no password has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGF0Y2hnYXRlIG5vYm9keQ$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What became of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is, but its hash was made with weaker parameters than today's.
    RightButWeak,
    /// It is.
    Right,
}

/// Why a password could not be hashed or compared: a failure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is not argon2id version 19, or its parameters are beyond the cap.
    #[error("the stored password hash is not argon2id within the cap")]
    Unusable,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Failed,
}

/// Hashes passwords, no more at once than there are processors: memory is bounded by that, not by the callers.
#[derive(Debug)]
pub struct Passwords {
    random: Arc<dyn Random>,
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// Takes the salt of new hashes from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        let permits = available_parallelism().map_or(1, usize::from);
        Self { random, permits: Arc::new(Semaphore::new(permits)) }
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Failed`]
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let salt: [u8; 16] = random::bytes(&*self.random);
        let password = password.clone();
        self.run(move || {
            let hash = todays().hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
        })
        .await
    }

    /// Compares a password with a stored hash. Without one the work is the same, and the password wrong.
    ///
    /// # Errors
    ///
    /// [`PasswordError`], if the stored hash can't be used.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict, PasswordError> {
        let stored = stored.unwrap_or(NOBODY).to_owned();
        let password = password.clone();
        self.run(move || verify(password.expose().as_bytes(), &stored)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let work = move || {
            let _permit = permit;
            work()
        };
        task::spawn_blocking(work).await.unwrap_or(Err(PasswordError::Failed))
    }
}

fn verify(password: &[u8], stored: &str) -> Result<Verdict, PasswordError> {
    let hash = PasswordHash::new(stored).map_err(|_| PasswordError::Unusable)?;
    let params = Params::try_from(&hash).map_err(|_| PasswordError::Unusable)?;
    let within_cap =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
    if hash.algorithm != Algorithm::Argon2id.ident()
        || hash.version != Some(Version::V0x13.into())
        || !within_cap
    {
        return Err(PasswordError::Unusable);
    }
    match Argon2::default().verify_password(password, &hash) {
        Ok(()) if is_weak(&params) => Ok(Verdict::RightButWeak),
        Ok(()) => Ok(Verdict::Right),
        Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(_) => Err(PasswordError::Unusable),
    }
}

/// By memory times passes, which is what a guess costs: of two that cost the same neither is weaker.
fn is_weak(params: &Params) -> bool {
    u64::from(params.m_cost()) * u64::from(params.t_cost()) < u64::from(MEMORY_KIB) * u64::from(PASSES)
}

fn todays() -> Argon2<'static> {
    // Unwrap safety: constants, within argon2's bounds.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("today's parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(&text.into()).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_wrong_or_right_but_weak() {
        let passwords = Passwords::new(Arc::new(SystemRandom::new()));
        let hash = passwords.hash(&password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(passwords.verify(&password("correct horse"), Some(&hash)).await, Ok(Verdict::Right));
        assert_eq!(passwords.verify(&password("correct house"), Some(&hash)).await, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify(&password("correct horse"), None).await, Ok(Verdict::Wrong));

        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 2, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(b"correct horse", b"0123456789abcdef").unwrap().to_string();
        assert_eq!(
            passwords.verify(&password("correct horse"), Some(&weak)).await,
            Ok(Verdict::RightButWeak)
        );
    }

    #[test]
    fn a_hash_beyond_the_cap_is_refused_instead_of_allocated() {
        let tail = "bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for head in [
            "$argon2id$v=19$m=4294967295,t=2,p=1",
            "$argon2id$v=19$m=65537,t=2,p=1",
            "$argon2id$v=19$m=19456,t=11,p=1",
            "$argon2id$v=19$m=19456,t=2,p=5",
            "$argon2id$v=16$m=19456,t=2,p=1",
            "$argon2i$v=19$m=19456,t=2,p=1",
            "$2b$12",
        ] {
            assert_eq!(verify(b"x", &format!("{head}${tail}")), Err(PasswordError::Unusable), "{head}");
        }
        assert_eq!(verify(b"x", ""), Err(PasswordError::Unusable));
    }

    #[test]
    fn the_hash_of_nobody_costs_what_a_real_one_costs() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(Params::try_from(&hash).unwrap().m_cost(), MEMORY_KIB);
        assert_eq!(Params::try_from(&hash).unwrap().t_cost(), PASSES);
        assert_eq!(verify(b"", NOBODY), Ok(Verdict::Wrong));
    }
}
