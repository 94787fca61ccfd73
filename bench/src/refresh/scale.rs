//! How much is measured.

use std::time::Duration;

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 3;
/// How long a run is measured.
pub(crate) const MILLISECONDS: u64 = 2000;
/// How long it goes on before that.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);
/// Each has a chain of its own: a session, and at any time one request.
pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];
