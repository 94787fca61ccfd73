//! The memory for argon2, reused from hash to hash.
//!
//! Allocating it for each hash would take a tenth of the hash's time, since the system provides pages one by
//! one. And an allocator that several threads ask for 19 MiB again and again finds its free pieces slightly
//! too small each time: the process would end up with many times the memory in use.

use std::sync::{Mutex, PoisonError};

use argon2::{Block, Params};

use shared::hash_cost::HashCost;

use crate::parameters::params;

/// The memory of one hash.
#[derive(Default)]
pub(crate) struct HashMemory(Vec<Block>);

impl HashMemory {
    /// Returns the blocks for a hash with these parameters. Their content doesn't matter: argon2 writes each
    /// block before it reads it.
    pub(crate) fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            self.0 = vec![Block::new(); count];
        }
        &mut self.0[..count]
    }
}

/// The memory that no hash is using. It grows to as much as parallel hashes use.
pub(crate) struct SpareMemory {
    spare: Mutex<Vec<HashMemory>>,
    /// The number of blocks at the usual cost.
    usual: usize,
}

impl SpareMemory {
    /// Spare memory for hashes that usually have this cost.
    pub(crate) fn of(cost: HashCost) -> Self {
        Self { spare: Mutex::default(), usual: params(cost).block_count() }
    }

    /// Lends memory to `work`. Memory that grew for larger parameters is released afterwards.
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

/// Shows only the amount: the content comes from passwords.
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
    fn memory_is_reused_and_grows_on_demand() {
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
    fn memory_beyond_the_usual_size_is_freed() {
        let spare = SpareMemory::of(HashCost::PRODUCTION);
        let more = cost(HashCost::PRODUCTION.memory_kib() + 8);
        spare.lend(|memory| memory.blocks(&params(more)).len());
        assert_eq!(spare.lend(|memory| memory.0.len()), 0);
    }
}
