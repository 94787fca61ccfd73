//! How much is measured.

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 11;
/// Logins of each kind in a run.
pub(crate) const ROUNDS: usize = 40;
/// What one process gets where memory is measured: one after the other, or at the same time.
pub(crate) const CROWD: usize = 50;
