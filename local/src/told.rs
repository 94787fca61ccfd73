//! Remembers which warnings were printed, so that each appears once and their number is bounded.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The most warnings of one kind. Any caller may send any header, so there could be endless ones.
pub(crate) const MAX_TOLD: usize = 16;

/// The subjects of the printed warnings.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<BTreeSet<Vec<u8>>>);

impl Told {
    /// Whether to warn about this subject now. Remembers it.
    pub(crate) fn is_new(&self, what: &[u8]) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MAX_TOLD && told.insert(what.to_owned())
    }
}
