//! The guess budgets: how often a password may be tried, and which attempts are counted together.
//!
//! Every attempt is counted before anything is hashed, so parallel guesses aren't free. One write counts it
//! twice:
//!
//! - **By time.** Time is cut into blocks of a little over five minutes. Any 15 minutes lie within four
//!   consecutive blocks. Every four consecutive blocks have a counter, named after the last of them. An
//!   attempt counts in the four counters of its block, and is refused if one of them is full. So no 15
//!   minutes have more attempts than the budget, wherever they begin, and the budget refills by itself.
//! - **In a row.** After a hundred failures without a correct password in between, only one attempt is
//!   allowed every four hours.

use shared::{
    clock::Timestamp,
    ids::{SessionId, UserId},
    store::{CLOCK_TOLERANCE, Item},
};

/// Attempts in any 15 minutes: enough for people, and for twenty devices that sign in simultaneously.
pub const BUDGET: u64 = 20;
/// Failures in a row before the budget refills slowly (NIST SP 800-63B-4 section 3.2.2).
pub const IN_A_ROW: u64 = 100;
/// The shortest time between attempts beyond those, in seconds.
pub const SLOW_TTL: u64 = 4 * 60 * 60;
/// How long failures in a row are remembered after the last one, in seconds. An attacker who waits for this
/// gets fewer guesses than one who continues.
pub const MEMORY_TTL: u64 = 30 * 24 * 60 * 60;

/// How many consecutive blocks share a counter.
const BLOCKS: usize = 4;
/// The largest difference between two functions' clocks, in seconds.
const CLOCKS_APART: u64 = 2 * CLOCK_TOLERANCE.as_secs();
/// The length of a block, in seconds. By clocks that differ, 15 minutes touch at most [`BLOCKS`] blocks.
pub(crate) const BLOCK_TTL: u64 = (15 * 60 + CLOCKS_APART).div_ceil(BLOCKS as u64 - 1);
/// How long a counter matters, in seconds. After that, a spent budget is full again.
pub const WINDOW_TTL: u64 = BLOCK_TTL * BLOCKS as u64;

/// How many budgets a user's devices share. The number is small to keep the rows of users with many sessions
/// small.
pub(crate) const SLOTS: u8 = 8;

const PREFIX: &str = "guesses";
const IN_A_ROW_NAME: &str = "in_a_row";
const LAST_AT_NAME: &str = "last_at";

/// The counters of earlier versions, in windows of 15 minutes. Those versions keep counting while functions
/// are being updated.
const EARLIER_PREFIX: &str = "attempts";
const EARLIER_WINDOW_TTL: u64 = 15 * 60;

/// The attempts on a user name that are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Attempts by callers who know only the user name.
    Strangers,
    /// Attempts by callers who proved an earlier session of this user. A thief of an old refresh token gets
    /// this budget too, and can spend it for one in eight devices.
    Device {
        /// The user of the session. The budget applies only to this user's name.
        user_id: UserId,
        /// The number of the user's budget, from 1.
        slot: u8,
    },
}

impl Budget {
    /// The budget of the device with this session, even if the session is over.
    pub fn of_device(user_id: UserId, session_id: &SessionId) -> Self {
        Self::Device { user_id, slot: session_id.to_bytes()[0] % SLOTS + 1 }
    }

    /// The attributes that count an attempt made at `now`.
    pub(crate) fn counters(&self, now: Timestamp) -> [String; BLOCKS] {
        let block = now.as_unix() / BLOCK_TTL;
        std::array::from_fn(|later| self.attribute(block.saturating_add(later as u64)))
    }

    /// The attribute that counts failures in a row.
    pub(crate) fn in_a_row(&self) -> String {
        self.attribute(IN_A_ROW_NAME)
    }

    /// The attribute with the instant of the last attempt.
    pub(crate) fn last_at(&self) -> String {
        self.attribute(LAST_AT_NAME)
    }

    fn attribute(&self, what: impl std::fmt::Display) -> String {
        match self {
            Self::Strangers => format!("{PREFIX}_{what}"),
            Self::Device { slot, .. } => format!("{PREFIX}{slot}_{what}"),
        }
    }
}

/// Whether an attribute concerns attempts, in this version or an earlier one.
pub(crate) fn is_of_attempts(name: &str) -> bool {
    name.split_once('_').is_some_and(|(prefix, _)| is_prefix(prefix) || prefix == EARLIER_PREFIX)
}

/// The attributes of an item whose counts no longer matter.
pub(crate) fn stale(item: &Item, now: Timestamp) -> Vec<String> {
    item.keys().filter(|name| is_stale(name, item, now)).cloned().collect()
}

fn is_stale(name: &str, item: &Item, now: Timestamp) -> bool {
    let Some((prefix, what)) = name.split_once('_') else { return false };
    match what {
        IN_A_ROW_NAME | LAST_AT_NAME if is_prefix(prefix) => {
            number(item, &format!("{prefix}_{LAST_AT_NAME}"))
                .is_some_and(|last_at| now.since(Timestamp::from_unix(last_at)).as_secs() > MEMORY_TTL)
        }
        last_block if is_prefix(prefix) => is_over(last_block, BLOCK_TTL, now),
        window if prefix == EARLIER_PREFIX => is_over(window, EARLIER_WINDOW_TTL, now),
        _ => false,
    }
}

/// Whether this period is over by every clock. A later period's counter stays: it belongs to a later request
/// whose write came first.
fn is_over(number: &str, ttl: u64, now: Timestamp) -> bool {
    let Ok(number) = number.parse::<u64>() else { return false };
    let end = number.saturating_add(1).saturating_mul(ttl);
    now.as_unix() >= end.saturating_add(CLOCKS_APART)
}

fn is_prefix(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|slot| {
        slot.is_empty() || (slot.len() == 1 && slot.parse().is_ok_and(|slot: u8| (1..=SLOTS).contains(&slot)))
    })
}

pub(crate) fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_dynamodb::types::AttributeValue::{N, S};

    use super::*;

    fn counters(seconds: u64) -> BTreeSet<String> {
        Budget::Strangers.counters(Timestamp::from_unix(seconds)).into()
    }

    #[test]
    fn attempts_within_15_minutes_share_a_counter_wherever_they_begin() {
        let apart = 15 * 60 + CLOCKS_APART;
        for start in (0..BLOCK_TTL).map(|offset| 1_000_000 * BLOCK_TTL + offset) {
            let shared = (start..=start + apart).step_by(5).map(counters).reduce(|a, b| &a & &b).unwrap();
            assert!(!(&shared & &counters(start + apart)).is_empty(), "from {start}");
        }
        let start = 1_000_000 * BLOCK_TTL;
        assert!((&counters(start) & &counters(start + WINDOW_TTL)).is_empty(), "the budget refills");
    }

    #[test]
    fn a_device_counts_in_one_of_eight_budgets_and_never_in_that_of_strangers() {
        let user_id = UserId::parse("u1").unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        let mut names = BTreeSet::new();
        for i in 0_u32..1000 {
            let budget = Budget::of_device(user_id.clone(), &SessionId::of_secret(&i.to_be_bytes()));
            names.extend(budget.counters(now).into_iter().chain([budget.in_a_row(), budget.last_at()]));
        }
        assert_eq!(names.len(), 8 * (BLOCKS + 2));
        assert!(names.iter().all(|name| is_of_attempts(name)));
        assert!(Budget::Strangers.counters(now).iter().all(|name| !names.contains(name)));
    }

    #[test]
    fn attributes_of_attempts_are_known_by_their_names() {
        for name in ["attempts_4", "guesses_5", "guesses1_5", "guesses8_in_a_row", "guesses_last_at"] {
            assert!(is_of_attempts(name), "{name}");
        }
        for name in
            ["user_id", "guesses", "guesses0_5", "guesses9_5", "guesses12_5", "guessesx_5", "attempt_4"]
        {
            assert!(!is_of_attempts(name), "{name}");
        }
    }

    #[test]
    fn a_counter_is_stale_once_its_last_block_is_over_by_every_clock() {
        let item = Item::new();
        let stale = |name: &str, seconds| is_stale(name, &item, Timestamp::from_unix(seconds));
        for (name, end) in
            [("guesses_5", 6 * BLOCK_TTL), ("guesses3_5", 6 * BLOCK_TTL), ("attempts_5", 6 * 900)]
        {
            assert!(!stale(name, end - 1) && !stale(name, end + CLOCKS_APART - 1), "{name}");
            assert!(stale(name, end + CLOCKS_APART), "{name}");
        }
        for name in ["guesses_", "guesses_x", "guesses_18446744073709551615", "user_id", "valid_0"] {
            assert!(!stale(name, u64::MAX - 1), "{name}");
        }
    }

    #[test]
    fn failures_in_a_row_are_forgotten_with_the_last_of_them() {
        let at = |last_at: &str| {
            Item::from([
                ("guesses_in_a_row".to_owned(), N("7".to_owned())),
                ("guesses_last_at".to_owned(), N(last_at.to_owned())),
                ("guesses2_in_a_row".to_owned(), N("7".to_owned())),
                ("guesses9_in_a_row".to_owned(), N("7".to_owned())),
                ("guesses9_last_at".to_owned(), N("1000".to_owned())),
                ("user_id".to_owned(), S("u1".to_owned())),
            ])
        };
        let stale = |item: &Item, seconds| -> BTreeSet<String> {
            stale(item, Timestamp::from_unix(seconds)).into_iter().collect()
        };
        assert_eq!(MEMORY_TTL, 30 * 86_400);
        assert_eq!(stale(&at("1000"), 1000 + MEMORY_TTL), BTreeSet::new());
        let forgotten = ["guesses_in_a_row", "guesses_last_at"].map(str::to_owned);
        assert_eq!(stale(&at("1000"), 1001 + MEMORY_TTL), BTreeSet::from(forgotten));
        assert_eq!(stale(&at("-1"), u64::MAX), BTreeSet::new(), "no instant that could be long ago");
    }
}
