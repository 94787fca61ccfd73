//! How much is measured.

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 7;
/// How long a run verifies, and as long before that without being measured.
pub(crate) const MILLISECONDS: u64 = 800;
