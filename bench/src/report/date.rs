//! The day of a report.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use shared::clock::{Clock, SystemClock};

use crate::program::Failure;

/// The day, in UTC, as reports have it.
///
/// # Errors
///
/// If the machine's clock is beyond what a date can be.
pub(crate) fn today() -> Result<String, Failure> {
    let now = DateTime::from_secs(i64::try_from(SystemClock.now().as_unix())?);
    // The day of an instant that begins with it.
    Ok(now.fmt(DateTimeFormat::DateTime)?[..10].to_owned())
}
