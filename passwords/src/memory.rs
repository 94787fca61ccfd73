//! The memory that argon2 fills, kept from one hash to the next.
//!
//! Taken anew for each hash it costs a tenth of the hash, since the system hands out pages one by one; and an allocator that
//! is asked for 19 MiB again and again, by several threads, finds its free pieces a little too small each time, so that a
//! process ends up with many times what is used at once.

use std::sync::{Mutex, PoisonError};

use argon2::{Block, Params};

use shared::hash_cost::HashCost;

use crate::parameters::params;

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
}

/// The memory that no hash is using: once it has all been used, as much as hashes are made at once.
pub(crate) struct SpareMemory {
    spare: Mutex<Vec<HashMemory>>,
    /// The blocks of a hash at the usual cost.
    usual: usize,
}

impl SpareMemory {
    /// For hashes that mostly cost this.
    pub(crate) fn of(cost: HashCost) -> Self {
        Self { spare: Mutex::default(), usual: params(cost).block_count() }
    }

    /// Lends some for as long as this takes. What grew for a hash with greater parameters is given up afterwards.
    pub(crate) fn lend<T>(&self, work: impl FnOnce(&mut HashMemory) -> T) -> T {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = spare().pop().unwrap_or_default();
        let result = work(&mut memory);
        if memory.0.len() <= self.usual {
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

    fn cost(kib: u32) -> HashCost {
        HashCost::new(kib, 1).unwrap()
    }

    #[test]
    fn memory_is_lent_again_and_grows_to_what_is_asked() {
        let (less, usual) = (params(cost(8)), params(cost(64)));
        let spare = SpareMemory::of(cost(64));
        let small = spare.lend(|memory| memory.blocks(&less).as_ptr());
        assert_eq!(spare.lend(|memory| memory.blocks(&less).as_ptr()), small);
        assert_eq!(spare.lend(|memory| memory.blocks(&usual).len()), 64);
        assert_eq!(spare.lend(|memory| memory.0.len()), 64);
    }

    #[test]
    fn a_hash_never_gets_more_than_it_asks_for() {
        let mut memory = HashMemory::default();
        memory.blocks(&params(cost(64)));
        assert_eq!(memory.blocks(&params(cost(8))).len(), 8);
    }

    #[test]
    fn what_grew_beyond_the_usual_is_given_up() {
        let spare = SpareMemory::of(HashCost::PRODUCTION);
        let more = cost(HashCost::PRODUCTION.memory_kib() + 8);
        spare.lend(|memory| memory.blocks(&params(more)).len());
        assert_eq!(spare.lend(|memory| memory.0.len()), 0);
    }
}
