//! What comes of a request whose token is valid.

use shared::log::Ending;

/// What comes of a request whose token is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It passes.
    Allowed,
    /// The token doesn't allow it: a 403.
    InsufficientScope,
    /// There are scope rules, and which of them the path is for can't be told for sure: a 403.
    PathNotNormal,
}

impl Verdict {
    /// For the log; `None`, if the request passes.
    pub(crate) fn ending(self) -> Option<Ending> {
        let (reason, detail) = match self {
            Self::Allowed => return None,
            Self::InsufficientScope => ("insufficient_scope", "the token does not allow the call"),
            Self::PathNotNormal => ("path_not_normal", "the path or the method is not in its normal form"),
        };
        Some(Ending { is_failure: false, answer: None, reason, detail: detail.to_owned() })
    }
}
