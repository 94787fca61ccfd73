//! Why a flow ended early: it panicked, or its time was up.

use std::time::Duration;

/// The time that a function has while a caller waits. The function answers a second before Lambda would end
/// it (template.yaml, `Timeout`) and API Gateway would make up an answer.
///
/// A flow may stop at any of its calls, as in a crash: repeating the request completes it. The one exception
/// is a rotation of a refresh token whose tokens reached no client. The function has to mark it, so this
/// limit exceeds the time that the four calls up to the mark may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(9);

/// Why a flow did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Aborted {
    /// A mistake of ours. The panic's message isn't repeated: it may contain a secret.
    #[error("the function panicked")]
    Panic,
    /// Its time was up.
    #[error("the function's time was up")]
    TimeUp,
}

impl Aborted {
    /// The name of this error in audit events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::TimeUp => "time_up",
        }
    }
}
