//! How much is done, and from which seed: what `cargo xtask races` and `long-tests` tell the tests, read once.

use std::sync::LazyLock;

use shared::random::Random;

use super::random::SeededRandom;

/// Set by variables, where a run is to be larger or another than what `cargo test` does.
pub(crate) struct Scale {
    /// Rounds of a race.
    pub(crate) rounds: usize,
    /// Inputs that a property is tried with.
    pub(crate) cases: u32,
    /// Walks through a model and the functions, side by side.
    pub(crate) walks: u64,
    /// Every cell of the matrices, instead of one in each row.
    pub(crate) every_cell: bool,
    /// What the tests' randomness begins from.
    pub(crate) seed: u64,
}

/// Enough to meet every outcome of a race many times over, and seconds on two processors.
const ROUNDS: u64 = 20;
/// Enough to meet each kind of input, and each way to change one.
const CASES: u64 = 24;
/// Enough for every kind of answer to come up many times over.
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
    /// The cells of the row with this number that are tried: one, if there is any, which the seed chooses; or all.
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
