//! What was said to the terminal, so that it is said once, and not without end.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Of how many things it is said: anything may call, and anything may be in a header.
pub(crate) const MAX_TOLD: usize = 16;

/// Of what it was said.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<BTreeSet<Vec<u8>>>);

impl Told {
    /// Whether it is to be said of this, once.
    pub(crate) fn is_new(&self, what: &[u8]) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MAX_TOLD && told.insert(what.to_owned())
    }
}
