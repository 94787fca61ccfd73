//! The day of a report.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use shared::clock::{Clock, SystemClock};

use crate::program::Failure;

/// Today in UTC, in the reports' format.
///
/// # Errors
///
/// If the machine's time is beyond the range of dates.
pub(crate) fn today() -> Result<String, Failure> {
    let now = DateTime::from_secs(i64::try_from(SystemClock.now().as_unix())?);
    // A timestamp begins with its day.
    Ok(now.fmt(DateTimeFormat::DateTime)?[..10].to_owned())
}
