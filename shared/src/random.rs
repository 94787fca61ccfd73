//! Randomness, as a parameter.

use std::fmt;

use aws_lc_rs::rand::{SecureRandom, SystemRandom as AwsLcRandom};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The source of random bytes.
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills `bytes` with random bytes fit for secrets.
    ///
    /// # Panics
    ///
    /// If the system has no randomness. Continuing without it is never right.
    fn fill(&self, bytes: &mut [u8]);
}

/// Returns `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// Returns a random 128-bit identifier in base64url, 22 characters. It's unique without a lookup.
pub fn identifier(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>(random))
}

/// The crypto library's generator, seeded by the operating system.
#[derive(Debug)]
pub struct SystemRandom(AwsLcRandom);

impl SystemRandom {
    /// A handle to the generator.
    #[expect(clippy::disallowed_methods, reason = "the one home of the system's randomness")]
    pub fn new() -> Self {
        Self(AwsLcRandom::new())
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Unwrap safety: the generator is seeded once per process. Without a seed, no secret can be made.
        self.0.fill(bytes).expect("the system's random number generator works");
    }
}
