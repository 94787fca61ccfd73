//! Small changes to valid input.

use proptest::{prelude::any, sample::Index, strategy::Strategy};

/// One change at one place.
#[derive(Clone, Debug)]
pub(super) enum Mutation {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Truncate(Index),
    /// Swaps two bytes.
    Swap(Index, Index),
    /// Repeats a part.
    Double(Index, Index),
}

impl Mutation {
    /// Any one change.
    pub(super) fn any() -> impl Strategy<Value = Self> {
        (0..6_u8, any::<Index>(), any::<Index>(), any::<u8>()).prop_map(
            |(which, at, other, byte)| match which {
                0 => Self::Replace(at, byte),
                1 => Self::Insert(at, byte),
                2 => Self::Remove(at),
                3 => Self::Truncate(at),
                4 => Self::Swap(at, other),
                _ => Self::Double(at, other),
            },
        )
    }

    /// The bytes with the change, which may have no effect.
    pub(super) fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        let place = |index: &Index| index.index(bytes.len());
        match self {
            Self::Replace(at, byte) => changed[place(at)] = *byte,
            Self::Insert(at, byte) => changed.insert(place(at), *byte),
            Self::Remove(at) => drop(changed.remove(place(at))),
            Self::Truncate(at) => changed.truncate(place(at)),
            Self::Swap(at, other) => changed.swap(place(at), place(other)),
            Self::Double(at, other) => {
                let (from, to) = (place(at).min(place(other)), place(at).max(place(other)));
                let part = changed[from..=to].to_vec();
                changed.splice(from..from, part);
            }
        }
        changed
    }

    /// The text with the change. `None` if it has no effect or leaves invalid text.
    pub(super) fn of_text(&self, text: &str) -> Option<String> {
        String::from_utf8(self.of(text.as_bytes())).ok().filter(|changed| changed != text)
    }
}
