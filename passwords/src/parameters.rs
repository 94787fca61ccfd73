//! The parameters of new hashes.

use argon2::Params;
use shared::hash_cost::HashCost;

/// The memory that a deployment's hash fills.
pub const MEMORY_KIB: u32 = HashCost::PRODUCTION.memory_kib();
pub(crate) const LANES: u32 = 1;

/// The parameters of a hash that costs this.
pub(crate) fn params(cost: HashCost) -> Params {
    // Unwrap safety: a cost is within argon2's bounds.
    Params::new(cost.memory_kib(), cost.passes(), LANES, None).expect("a cost is within the bounds")
}
