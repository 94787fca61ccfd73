//! The one line that every request leaves.

use std::time::Duration;

use super::{Invocation, subject::Subject};
use crate::stopwatch::Elapsed;

/// How a request that was not carried out ended.
#[derive(Debug)]
pub struct Ending {
    /// A failure of ours, rather than something that the caller can help.
    pub is_failure: bool,
    /// The status of the answer and the `error` in it, where it is one of HTTP.
    pub answer: Option<(u16, &'static str)>,
    /// Why, as a name that stays.
    pub reason: &'static str,
    /// Why, as a sentence.
    pub detail: String,
}

/// How a request ended, and whom it was about. What isn't known is left out of the line.
pub(super) struct LastLine<'a> {
    pub(super) event: &'a str,
    pub(super) function: &'static str,
    /// That of the answer, where it is one of HTTP.
    pub(super) status: Option<u16>,
    /// `None`, if the request was carried out.
    pub(super) ending: Option<&'a Ending>,
    pub(super) subject: &'a Subject,
    pub(super) invocation: &'a Invocation,
    pub(super) elapsed: &'a Elapsed,
}

impl LastLine<'_> {
    pub(super) fn write(&self) {
        let Self { event, function, status, ending, .. } = *self;
        let error = ending.and_then(|ending| ending.answer).map(|(_, error)| error);
        let reason = ending.map(|ending| ending.reason);
        let detail = ending.map(|ending| &*ending.detail);
        let (user_id, client_id, session_id) = self.subject.identifiers();
        let Subject { withheld, step, version, .. } = self.subject;
        let Invocation { address, request_id, lambda_request_id } = self.invocation;
        let (duration_ms, store_ms) = (milliseconds(self.elapsed.total), milliseconds(self.elapsed.store));
        let hash_ms = self.elapsed.hash.map(milliseconds);
        // A level is part of the place that logs, so there has to be a place for each.
        macro_rules! log {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    event,
                    function,
                    status,
                    error,
                    reason,
                    detail,
                    withheld,
                    step,
                    version,
                    user_id,
                    client_id,
                    session_id,
                    address,
                    request_id,
                    lambda_request_id,
                    duration_ms,
                    store_ms,
                    hash_ms,
                    $message
                )
            };
        }
        match ending {
            Some(Ending { is_failure: true, .. }) => log!(error, "failed"),
            Some(_) => log!(info, "refused"),
            None => log!(info, "answered"),
        }
    }
}

/// To the microsecond.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
