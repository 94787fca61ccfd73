//! How a flow is ended from outside: by a panic, or by the end of its time.

use std::time::Duration;

/// How long a function may take while a caller waits for it. It answers a second before Lambda would end it
/// (template.yaml, `Timeout`) and API Gateway would make up an answer.
///
/// A flow may be left at any of its calls, as by a crash: the same request again completes it. There is one exception.
/// A rotation of a refresh token that brought nobody its tokens has to be marked, and so this is longer than the four
/// calls to that point may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(9);

/// Why a flow was not carried out, or not wholly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Aborted {
    /// A mistake of ours. What it says isn't repeated: it may be made of a secret.
    #[error("the function panicked")]
    Panic,
    /// Its time was up.
    #[error("the function's time was up")]
    TimeUp,
}

impl Aborted {
    /// Its name in audit events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::TimeUp => "time_up",
        }
    }
}
