//! The longest delay of a write, and the largest difference between clocks.

use std::time::Duration;

/// How far two clocks in AWS may differ. They are within milliseconds of each other; this is the stated
/// tolerance.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// How late a row may be written after the instant in it. A row has the instant at which its request began,
/// and a function's time ends this much later (template.yaml, `Timeout`).
pub const WRITE_DELAY: Duration = Duration::from_secs(10);

/// How long after its start a change of password may still let the old password in: until the change is
/// written, by any clock. Sessions with the new password begin no earlier.
pub const PASSWORD_OVERLAP: Duration = Duration::from_secs(WRITE_DELAY.as_secs() + CLOCK_TOLERANCE.as_secs());
