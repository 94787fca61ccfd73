//! The names and identifiers of earlier lines. If two lines share one, the first wins.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

/// The names of the lines so far.
///
/// It stores 128 bits of each name, and its line number: some 40 bytes, however long the name is. The hash
/// has random keys in each process, so no one can prepare two names that collide.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    keys: [RandomState; 2],
    lines: HashMap<u128, u64>,
}

impl Seen {
    /// The earlier line with this name, if any.
    pub(crate) fn line_of(&self, name: &str) -> Option<u64> {
        self.lines.get(&self.digest(name)).copied()
    }

    /// Whether no line had a name so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Records the name of this line.
    pub(crate) fn note(&mut self, name: &str, line: u64) {
        self.lines.insert(self.digest(name), line);
    }

    fn digest(&self, name: &str) -> u128 {
        let [high, low] = self.keys.each_ref().map(|keys| u128::from(keys.hash_one(name)));
        high << 64 | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_the_line_that_had_it_first() {
        let mut seen = Seen::default();
        for i in 0..10_000 {
            let name = format!("user{i}");
            assert_eq!(seen.line_of(&name), None);
            seen.note(&name, i);
        }
        assert!((0..10_000).all(|i| seen.line_of(&format!("user{i}")) == Some(i)));
    }
}
