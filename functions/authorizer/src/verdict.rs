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

/// Why a token doesn't allow a call: the `detail` of `insufficient_scope` in the log.
pub mod refusal {
    /// It lacks a scope that a rule asks for.
    pub const SCOPE: &str = "the token does not allow the call";
    /// No scope would do.
    pub const NO_RULE: &str = "no scope rule names the call";
    /// Its user has to choose another password first.
    pub const PASSWORD_CHANGE: &str = "the token is for a change of the password alone";
}

impl Verdict {
    /// For the log, with what [`refusal`] says of a token that doesn't allow the call; `None`, if the request passes.
    pub(crate) fn ending(self, refusal: &'static str) -> Option<Ending> {
        let (reason, detail) = match self {
            Self::Allowed => return None,
            Self::InsufficientScope => ("insufficient_scope", refusal),
            Self::PathNotNormal => ("path_not_normal", "the path or the method is not in its normal form"),
        };
        Some(Ending { is_failure: false, answer: None, reason, detail: detail.to_owned() })
    }
}
