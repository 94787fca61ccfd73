//! How late a write may reach a table, and how far clocks may be apart.

use std::time::Duration;

/// By how much two clocks of AWS may differ. They are within milliseconds of each other; this is the stated tolerance.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// How long after the instant that it carries a row may be written. A row carries the instant at which its request began,
/// and a function's time is up then (template.yaml, `Timeout`).
pub const WRITE_DELAY: Duration = Duration::from_secs(10);
