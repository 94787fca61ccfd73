//! The cost of a password hash.

/// The memory and the passes of an argon2id hash, on one lane.
///
/// It's a parameter, like time and randomness. A deployment hashes with [`HashCost::PRODUCTION`]; a test that
/// isn't about hashing uses less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    memory_kib: u32,
    passes: u32,
}

impl HashCost {
    /// OWASP's Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane.
    pub const PRODUCTION: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// A cost within argon2's bounds (RFC 9106 section 3.1) and the functions' memory.
    pub const fn new(memory_kib: u32, passes: u32) -> Option<Self> {
        if memory_kib < 8 || memory_kib > 64 * 1024 || passes < 1 || passes > 10 {
            return None;
        }
        Some(Self { memory_kib, passes })
    }

    /// The memory of one hash, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// The number of passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_outside_of_the_bounds_does_not_exist() {
        let HashCost { memory_kib, passes } = HashCost::PRODUCTION;
        assert_eq!(HashCost::new(memory_kib, passes), Some(HashCost::PRODUCTION));
        assert!(HashCost::new(8, 1).is_some() && HashCost::new(64 * 1024, 10).is_some());
        for (memory_kib, passes) in [(7, 1), (64 * 1024 + 1, 1), (8, 0), (8, 11)] {
            assert_eq!(HashCost::new(memory_kib, passes), None);
        }
    }
}
