//! The dimensions of metrics beside the stack.

use super::Cause;

const REASON: &str = "Reason";
const CAUSE: &str = "Cause";

/// A dimension by which a metric is broken down, beside its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breakdown {
    /// Of what was refused, or failed.
    Reason(&'static str),
    /// Of revoked sessions.
    Cause(Cause),
}

impl Breakdown {
    pub(super) fn dimension(self) -> &'static str {
        match self {
            Self::Reason(_) => REASON,
            Self::Cause(_) => CAUSE,
        }
    }

    pub(super) fn value(self) -> &'static str {
        match self {
            Self::Reason(reason) => reason,
            Self::Cause(cause) => cause.name(),
        }
    }
}
