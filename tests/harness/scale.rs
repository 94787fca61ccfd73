//! The amount of work and the seed, which `cargo xtask races` and `long-tests` set. They are read once.

use std::sync::LazyLock;

use shared::random::Random;

use super::random::SeededRandom;

/// Variables set these for a larger or different run than that of `cargo test`.
pub(crate) struct Scale {
    /// Rounds of a race.
    pub(crate) rounds: usize,
    /// Inputs for each property.
    pub(crate) cases: u32,
    /// Walks through a model and the functions.
    pub(crate) walks: u64,
    /// Whether to try every cell of the matrices, instead of one in each row.
    pub(crate) every_cell: bool,
    /// The seed of the tests' randomness.
    pub(crate) seed: u64,
}

/// Enough to reach every outcome of a race many times. It takes seconds on two processors.
const ROUNDS: u64 = 20;
/// Enough for each kind of input and each kind of change.
const CASES: u64 = 24;
/// Enough for each kind of answer to come up many times.
const WALKS: u64 = 60;
const SEED: u64 = 7;

pub(crate) static SCALE: LazyLock<Scale> = LazyLock::new(|| Scale {
    rounds: usize::try_from(variable("LATCHGATE_TEST_ROUNDS", ROUNDS)).unwrap(),
    cases: u32::try_from(variable("LATCHGATE_TEST_CASES", CASES)).unwrap(),
    walks: variable("LATCHGATE_TEST_WALKS", WALKS),
    every_cell: variable("LATCHGATE_TEST_EVERY_CELL", 0) != 0,
    seed: variable("LATCHGATE_TEST_SEED", SEED),
});

impl Scale {
    /// The cells of this row to try: one that the seed chooses, or all.
    pub(crate) fn cells<T>(&self, row: usize, mut cells: Vec<T>) -> Vec<T> {
        if self.every_cell || cells.len() < 2 {
            return cells;
        }
        let mut chosen = [0; 4];
        SeededRandom::new(self.seed ^ u64::try_from(row).unwrap()).fill(&mut chosen);
        let chosen = usize::try_from(u32::from_le_bytes(chosen)).unwrap() % cells.len();
        vec![cells.swap_remove(chosen)]
    }
}

#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests how much to do")]
fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and no number")),
        Err(_) => default,
    }
}
