//! The guess budget: how often a password may be tried.
//!
//! Every attempt is counted before anything is hashed, so parallel guesses are not free. The counter's attribute is
//! named after its window of time, so the first attempt of a new window starts from nothing in the same write that
//! counts it: the budget refills by itself, and nobody is locked out for good.

use shared::{clock::Timestamp, store::Item};

/// Attempts per user name and window. NIST SP 800-63B section 3.2.2 allows at most 100 in a row.
pub const BUDGET: u64 = 20;
/// Length of a window, in seconds.
pub const WINDOW_TTL: u64 = 15 * 60;

const PREFIX: &str = "attempts_";

/// The name of the attribute that counts the attempts of a window.
pub(crate) fn counter_name(now: Timestamp) -> String {
    format!("{PREFIX}{}", now.as_unix() / WINDOW_TTL)
}

/// A counted attempt.
#[derive(Debug)]
pub(crate) struct Counter {
    /// The attribute that counts it.
    pub(crate) name: String,
    /// Whether it is the only one of its window.
    pub(crate) alone: bool,
    /// Counters of windows that are over.
    pub(crate) stale: Vec<String>,
}

impl Counter {
    /// The counter of this window, in the item as the attempt left it.
    pub(crate) fn of(item: &Item, name: String) -> Self {
        let stale = item.keys().filter(|key| key.starts_with(PREFIX) && **key != name).cloned().collect();
        let alone = item.get(&name).and_then(|value| value.as_n().ok()).is_some_and(|count| count == "1");
        Self { name, alone, stale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_window_is_a_new_counter() {
        let name = |seconds| counter_name(Timestamp::from_unix(seconds));
        assert_eq!(name(0), name(WINDOW_TTL - 1));
        assert_ne!(name(0), name(WINDOW_TTL));
    }
}
