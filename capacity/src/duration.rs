//! How long an operation takes: an assumption, put together from what was measured.

use crate::Operation;

/// The memory with which a function has one whole processor (AWS Lambda Developer Guide, "Configure Lambda function
/// memory"); with less it has that much less of it.
pub(crate) const WHOLE_PROCESSOR_MB: u32 = 1769;

/// A request to DynamoDB and back, within a Region. AWS says "single-digit millisecond" (DynamoDB Developer Guide, "What is
/// Amazon DynamoDB?"); this is the middle of it.
pub(crate) const ROUND_TRIP_MS: f64 = 5.0;

/// Processor time of one call through the SDK. Measured: 10,425 conditional updates a second, the engine included.
pub(crate) const CALL_MS: f64 = 0.1;
/// Processor time of argon2id with 19 MiB and two passes. Measured.
pub(crate) const HASH_MS: f64 = 14.1;
/// Processor time of a signature by ES256. Measured.
pub(crate) const SIGN_MS: f64 = 0.027;
/// Processor time of a verification by ES256. Measured.
pub(crate) const VERIFY_MS: f64 = 0.054;
/// Processor time of a request with nothing in it: the runtime, the event, the answer, the log line. Measured.
pub(crate) const REQUEST_MS: f64 = 0.19;

impl Operation {
    /// Milliseconds of a function with this much memory, as they are billed: the processor's time at its share of a
    /// processor, and the time that requests to DynamoDB take.
    pub(crate) fn milliseconds(self, memory_mb: u32) -> f64 {
        let counted = self.counted();
        let processor = REQUEST_MS
            + f64::from(counted.calls) * CALL_MS
            + f64::from(self.hashes()) * HASH_MS
            + f64::from(self.signatures()) * SIGN_MS
            + f64::from(self.verifications()) * VERIFY_MS;
        // More than one processor is of no use to one request.
        let share = f64::from(memory_mb.min(WHOLE_PROCESSOR_MB)) / f64::from(WHOLE_PROCESSOR_MB);
        (processor / share + f64::from(counted.round_trips) * ROUND_TRIP_MS).ceil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashing_takes_as_much_longer_as_there_is_less_of_a_processor() {
        let (whole, half) = (Operation::Login.milliseconds(1769), Operation::Login.milliseconds(885));
        assert!((24.0..=26.0).contains(&whole) && (38.0..=41.0).contains(&half), "{whole}, {half}");
        assert!(
            (Operation::Login.milliseconds(3538) - whole).abs() < f64::EPSILON,
            "it is one processor's work"
        );
    }
}
