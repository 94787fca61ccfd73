//! The key that makes new tokens.

use crate::clock::Timestamp;

/// The newest active key. If none is active yet, it's the oldest: the clock may be behind when the first
/// keyset has just been made. `keys` is never empty, like every list of a keyset.
pub(super) fn active<K>(keys: &[K], now: Timestamp, activates_at: impl Fn(&K) -> Timestamp) -> &K {
    keys.iter().find(|key| activates_at(key) <= now).unwrap_or(&keys[keys.len() - 1])
}
