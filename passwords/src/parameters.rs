//! The parameters of new hashes.

use argon2::Params;
use shared::hash_cost::HashCost;

/// The memory of a deployment's hash, in KiB.
pub const MEMORY_KIB: u32 = HashCost::PRODUCTION.memory_kib();
pub(crate) const LANES: u32 = 1;

/// The parameters of a hash with this cost.
pub(crate) fn params(cost: HashCost) -> Params {
    // Unwrap safety: a `HashCost` is within argon2's bounds.
    Params::new(cost.memory_kib(), cost.passes(), LANES, None).expect("a cost is within the bounds")
}
