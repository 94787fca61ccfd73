//! The guess budget: how often a password may be tried.
//!
//! Every attempt is counted before anything is hashed, so parallel guesses are not free. The counter's attribute is
//! named after its window of time, so the first attempt of a new window starts from nothing in the same write that
//! counts it: the budget refills by itself, and nobody is locked out for good.

use shared::{clock::Timestamp, store::Item};

/// Attempts per user name and window: enough for people, and for twenty devices that sign in at the same time.
pub const BUDGET: u64 = 20;
/// Length of a window, in seconds.
pub const WINDOW_TTL: u64 = 15 * 60;

const PREFIX: &str = "attempts_";

/// The window of an instant.
fn window(now: Timestamp) -> u64 {
    now.as_unix() / WINDOW_TTL
}

/// The name of the attribute that counts the attempts of this window.
pub(crate) fn counter_name(now: Timestamp) -> String {
    format!("{PREFIX}{}", window(now))
}

/// Whether an attribute counts the attempts of an earlier window. One of a later window is another request's, which
/// came after this one and was written before it.
fn is_stale(name: &str, now: Timestamp) -> bool {
    let counted = name.strip_prefix(PREFIX).and_then(|number| number.parse::<u64>().ok());
    counted.is_some_and(|counted| counted < window(now))
}

/// A counted attempt.
#[derive(Debug)]
pub struct Counter {
    /// The attribute that counts it.
    pub name: String,
    /// Whether it is the only one of its window.
    pub alone: bool,
    /// Counters of windows that are over.
    pub stale: Vec<String>,
}

impl Counter {
    /// The counter of this window, in the item as the attempt left it.
    pub fn of(item: &Item, now: Timestamp) -> Self {
        let name = counter_name(now);
        let stale = item.keys().filter(|key| is_stale(key, now)).cloned().collect();
        let alone = item.get(&name).and_then(|value| value.as_n().ok()).is_some_and(|count| count == "1");
        Self { name, alone, stale }
    }

    /// The attributes of an item that count attempts, of whichever window.
    pub(crate) fn names(item: &Item) -> impl Iterator<Item = &String> {
        item.keys().filter(|name| name.starts_with(PREFIX))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_dynamodb::types::AttributeValue::{N, S};

    use super::*;

    #[test]
    fn a_new_window_is_a_new_counter() {
        let name = |seconds| counter_name(Timestamp::from_unix(seconds));
        assert_eq!(name(0), name(899));
        assert_ne!(name(0), name(900), "a quarter of an hour");
    }

    #[test]
    fn an_attempt_is_alone_if_its_window_counts_one() {
        let now = Timestamp::from_unix(5 * WINDOW_TTL);
        let counted = |count: &str| Item::from([("attempts_5".to_owned(), N(count.to_owned()))]);
        let is_alone = |item: &Item| Counter::of(item, now).alone;
        assert!(is_alone(&counted("1")));
        assert!(!is_alone(&counted("2")) && !is_alone(&Item::new()));
    }

    #[test]
    fn counters_are_known_by_their_names() {
        let item = ["attempts_4", "attempts_5", "user_id"].map(|name| (name.to_owned(), S(String::new())));
        let item = Item::from(item);
        let names: BTreeSet<&str> = Counter::names(&item).map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["attempts_4", "attempts_5"]));
    }

    #[test]
    fn only_an_earlier_window_is_stale() {
        let now = Timestamp::from_unix(5 * WINDOW_TTL);
        let stale = |name| is_stale(name, now);
        assert!(stale("attempts_4") && stale("attempts_0"));
        assert!(
            !stale("attempts_5") && !stale("attempts_6"),
            "this one's, and one of a request that came later"
        );
        assert!(!stale("attempts_") && !stale("user_id"));
    }
}
