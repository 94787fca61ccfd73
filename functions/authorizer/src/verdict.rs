//! The verdict on a request with a valid token.

use shared::log::Ending;

/// The verdict on a request with a valid token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request passes.
    Allowed,
    /// The token doesn't allow the call: a 403.
    InsufficientScope,
    /// A 403: the rules for the path can't be determined for certain, or the token is bound to a key and no
    /// policy can name exactly this call.
    PathNotNormal,
}

/// Why a token doesn't allow a call, for the `detail` of `insufficient_scope` in the log.
pub mod refusal {
    /// The token lacks a scope that a rule requires.
    pub const SCOPE: &str = "the token does not allow the call";
    /// No scope would allow the call.
    pub const NO_RULE: &str = "no scope rule names the call";
    /// The user has to change the password first.
    pub const PASSWORD_CHANGE: &str = "the token can only change the password";
}

impl Verdict {
    /// The verdict for the log; `None`, if the request passes. `refusal` says why a token doesn't allow a
    /// call.
    pub(crate) fn ending(self, refusal: &'static str) -> Option<Ending> {
        let (reason, detail) = match self {
            Self::Allowed => return None,
            Self::InsufficientScope => ("insufficient_scope", refusal),
            Self::PathNotNormal => ("path_not_normal", "the path or the method is not in its normal form"),
        };
        Some(Ending { is_failure: false, answer: None, reason, detail: detail.to_owned() })
    }
}
