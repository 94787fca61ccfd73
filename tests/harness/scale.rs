//! How much is done, and from which seed: what `cargo xtask races` tells the tests, read once.

use std::sync::LazyLock;

/// Set by variables, where a run is to be larger or another than what `cargo test` does.
pub(crate) struct Scale {
    /// Rounds of a race.
    pub(crate) rounds: usize,
    /// Inputs that a property is tried with.
    pub(crate) cases: u32,
    /// What the tests' randomness begins from.
    pub(crate) seed: u64,
}

/// Enough to meet every outcome of a race many times over, and seconds on two processors.
const ROUNDS: u64 = 20;
/// Enough to meet each kind of input, and each way to change one, a few times.
const CASES: u64 = 64;
const SEED: u64 = 7;

pub(crate) static SCALE: LazyLock<Scale> = LazyLock::new(|| Scale {
    rounds: usize::try_from(variable("LATCHGATE_TEST_ROUNDS", ROUNDS)).unwrap(),
    cases: u32::try_from(variable("LATCHGATE_TEST_CASES", CASES)).unwrap(),
    seed: variable("LATCHGATE_TEST_SEED", SEED),
});

#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests how much to do")]
fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and no number")),
        Err(_) => default,
    }
}
