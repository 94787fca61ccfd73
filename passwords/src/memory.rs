//! The memory that argon2 fills, kept from one hash to the next.
//!
//! Taken anew for each hash it costs a tenth of the hash, since the system hands out pages one by one; and an allocator that
//! is asked for 19 MiB again and again, by several threads, finds its free pieces a little too small each time, so that a
//! process ends up with many times what is used at once.

use std::sync::{Mutex, PoisonError};

use argon2::{Block, Params};

use crate::hash::MEMORY_KIB;

/// What one hash works in.
#[derive(Default)]
pub(crate) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// As many blocks as a hash with these parameters takes. What is in them doesn't matter: argon2 writes a block before it
    /// reads it.
    pub(crate) fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            self.0 = vec![Block::new(); count];
        }
        &mut self.0[..count]
    }

    /// Whether it is no more than a hash with today's parameters takes.
    fn is_usual(&self) -> bool {
        self.0.len() <= MEMORY_KIB as usize
    }
}

/// The memory that no hash is using: once it has all been used, as much as hashes are made at once.
#[derive(Default)]
pub(crate) struct SpareMemory(Mutex<Vec<HashMemory>>);

impl SpareMemory {
    /// Lends some for as long as this takes. What grew for a hash with greater parameters is given up afterwards.
    pub(crate) fn lend<T>(&self, work: impl FnOnce(&mut HashMemory) -> T) -> T {
        let spare = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = spare().pop().unwrap_or_default();
        let result = work(&mut memory);
        if memory.is_usual() {
            spare().push(memory);
        }
        result
    }
}

/// How much of it there is; what is in it was made of passwords.
impl std::fmt::Debug for SpareMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpareMemory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(kib: u32) -> Params {
        Params::new(kib, 1, 1, None).unwrap()
    }

    #[test]
    fn memory_is_lent_again_and_grows_to_what_is_asked() {
        let spare = SpareMemory::default();
        let small = spare.lend(|memory| memory.blocks(&params(8)).as_ptr());
        assert_eq!(spare.lend(|memory| memory.blocks(&params(8)).as_ptr()), small);
        assert_eq!(spare.lend(|memory| memory.blocks(&params(MEMORY_KIB)).len()), MEMORY_KIB as usize);
        assert_eq!(spare.lend(|memory| memory.0.len()), MEMORY_KIB as usize);
    }

    #[test]
    fn a_hash_never_gets_more_than_it_asks_for() {
        let mut memory = HashMemory::default();
        memory.blocks(&params(64));
        assert_eq!(memory.blocks(&params(8)).len(), 8);
    }

    #[test]
    fn what_grew_beyond_the_usual_is_given_up() {
        let spare = SpareMemory::default();
        spare.lend(|memory| memory.blocks(&params(MEMORY_KIB + 8)).len());
        assert_eq!(spare.lend(|memory| memory.0.len()), 0);
    }
}
