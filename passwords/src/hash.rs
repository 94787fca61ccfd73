//! Hashes and compares passwords, off the async threads.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use shared::{
    hash_cost::HashCost,
    random::{self, Random},
    stopwatch::{Wait, wait},
};
use tokio::{sync::Semaphore, task};

use crate::{
    error::PasswordError,
    memory::{HashMemory, SpareMemory},
    parameters::params,
    password::Password,
    stored::{StoredHash, Verdict, of_nobody},
};

/// Hashes passwords, at most one per processor at a time, so that callers can't exhaust the memory. Clones
/// share this limit.
#[derive(Clone, Debug)]
pub struct Passwords {
    random: Arc<dyn Random>,
    cost: HashCost,
    permits: Arc<Semaphore>,
    spare: Arc<SpareMemory>,
}

impl Passwords {
    /// Hashes at a deployment's cost, with salts from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self::with_cost(random, HashCost::PRODUCTION)
    }

    /// Hashes at this cost, with salts from `random`. A stored hash with a lower cost is weak.
    pub fn with_cost(random: Arc<dyn Random>, cost: HashCost) -> Self {
        let permits = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
        Self { random, cost, permits, spare: Arc::new(SpareMemory::of(cost)) }
    }

    /// Allocates the memory of a hash in advance: touching it for the first time takes longer than the hash.
    pub fn warm_up(&self) {
        self.spare.lend(|memory| memory.blocks(&params(self.cost)).len());
    }

    /// Hashes a password, as a PHC string.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Failed`], if the hash can't be computed.
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let salt: [u8; 16] = random::bytes(&*self.random);
        let (password, cost) = (password.clone(), self.cost);
        self.run(move |memory| {
            phc(password.expose().as_bytes(), &salt, cost, memory).map_err(|_| PasswordError::Failed)
        })
        .await
    }

    /// Compares a password with a stored hash. Without one it does the same work, and returns
    /// [`Verdict::Wrong`].
    ///
    /// # Errors
    ///
    /// [`PasswordError`], if the stored hash is unusable.
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<Verdict, PasswordError> {
        let cost = self.cost;
        let stored = stored.map_or_else(|| of_nobody(cost), str::to_owned);
        let password = password.clone();
        self.run(move |memory| {
            let stored = StoredHash::parse(&stored).map_err(|_| PasswordError::Unusable)?;
            stored.verify(&password, cost, memory)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HashMemory) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _waiting = wait(Wait::Hash);
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let spare = self.spare.clone();
        let work = move || {
            let _permit = permit;
            spare.lend(work)
        };
        task::spawn_blocking(work).await.unwrap_or(Err(PasswordError::Failed))
    }
}

/// Hashes at this cost, in the form of `argon2`. The library's own function allocates new memory each time.
fn phc(
    password: &[u8],
    salt: &[u8],
    cost: HashCost,
    memory: &mut HashMemory,
) -> password_hash::Result<String> {
    let params = params(cost);
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(algorithm, version, params.clone());
    argon2.hash_password_into_with_memory(password, salt, &mut output, memory.blocks(&params))?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use argon2::PasswordHasher;
    use shared::random::SystemRandom;

    use super::*;
    use crate::NO_PASSWORD;

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

    /// The shortest of several times, since other work on the machine makes some longer.
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
    async fn time_to_verify(passwords: &Passwords, stored: Option<&str>) -> Duration {
        let mut shortest = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            assert_eq!(passwords.verify(&password("a guess"), stored).await, Ok(Verdict::Wrong));
            shortest = shortest.min(started.elapsed());
        }
        shortest
    }

    #[test]
    fn failures_have_their_names_in_audit_events() {
        let reasons = [PasswordError::Unusable, PasswordError::Failed].map(|error| error.reason());
        assert_eq!(reasons, ["password_hash_unusable", "hashing_failed"]);
    }

    #[tokio::test]
    async fn a_guess_at_a_user_without_a_hash_takes_about_as_long_as_at_another() {
        let passwords = Passwords::new(Arc::new(SystemRandom::new()));
        let hash = passwords.hash(&password("correct horse")).await.unwrap();
        let somebody = time_to_verify(&passwords, Some(&hash)).await;
        for stored in [None, Some(NO_PASSWORD)] {
            let nobody = time_to_verify(&passwords, stored).await;
            assert!(nobody > somebody / 2 && nobody < somebody * 2, "{nobody:?} and {somebody:?}");
        }
    }

    #[tokio::test]
    async fn sequential_hashes_reuse_the_memory_of_the_warm_up() {
        let passwords = Passwords::new(Arc::new(SystemRandom::new()));
        passwords.warm_up();
        let spare =
            || passwords.spare.lend(|memory| memory.blocks(&params(HashCost::PRODUCTION)).as_ptr().addr());
        let before = spare();
        let hash = passwords.hash(&password("correct horse")).await.unwrap();
        assert_eq!(passwords.verify(&password("correct horse"), Some(&hash)).await, Ok(Verdict::Right));
        assert_eq!(spare(), before);
    }

    #[tokio::test]
    async fn a_hash_that_cost_less_than_the_given_cost_is_weak() {
        let with = |memory_kib, passes| {
            Passwords::with_cost(Arc::new(SystemRandom::new()), HashCost::new(memory_kib, passes).unwrap())
        };
        let (less, usual, same) = (with(8, 1), with(16, 1), with(8, 2));
        let password = password("correct horse");
        let hash = less.hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert_eq!(less.verify(&password, Some(&hash)).await, Ok(Verdict::Right));
        assert_eq!(usual.verify(&password, Some(&hash)).await, Ok(Verdict::RightButWeak));
        let hash = usual.hash(&password).await.unwrap();
        assert_eq!(same.verify(&password, Some(&hash)).await, Ok(Verdict::Right));
    }
}
