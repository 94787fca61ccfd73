//! Which of several keys makes new tokens.

use crate::clock::Timestamp;

/// The newest key that is active. Where every one lies ahead, as on a clock that is behind when the first keyset has
/// just been made, the oldest. `keys` is not empty: no list of a keyset is.
pub(super) fn active<K>(keys: &[K], now: Timestamp, activates_at: impl Fn(&K) -> Timestamp) -> &K {
    keys.iter().find(|key| activates_at(key) <= now).unwrap_or(&keys[keys.len() - 1])
}
