//! The dimensions of metrics, in addition to the stack.

use super::Cause;

const REASON: &str = "Reason";
const CAUSE: &str = "Cause";

/// A dimension by which a metric is also counted, besides its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breakdown {
    /// Why a request was refused or failed.
    Reason(&'static str),
    /// Why a session was revoked.
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
