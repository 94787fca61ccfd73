//! The log line of a request.

use std::time::Duration;

use super::{Invocation, subject::Subject};
use crate::stopwatch::Elapsed;

/// How a request was refused or failed.
#[derive(Debug)]
pub struct Ending {
    /// Whether this is a failure of ours, which the caller can't help.
    pub is_failure: bool,
    /// The status and the `error` of the answer, if it is an HTTP response.
    pub answer: Option<(u16, &'static str)>,
    /// The reason as a name, which never changes.
    pub reason: &'static str,
    /// The reason as a sentence.
    pub detail: String,
}

/// How a request ended, and its client, user and session. The line omits values that aren't known.
pub(super) struct LastLine<'a> {
    pub(super) event: &'a str,
    pub(super) function: &'static str,
    /// The status of the answer, if it is an HTTP response.
    pub(super) status: Option<u16>,
    /// `None`, if the request succeeded.
    pub(super) ending: Option<&'a Ending>,
    pub(super) subject: &'a Subject,
    pub(super) invocation: &'a Invocation,
    pub(super) elapsed: &'a Elapsed,
}

impl LastLine<'_> {
    /// Writes a short line for a request that succeeded: the event, the time, the user, the client, the
    /// session and the network address.
    pub(super) fn write_short(&self) {
        let (user_id, client_id, session_id) = self.subject.identifiers();
        tracing::info!(event = self.event, user_id, client_id, session_id, address = self.invocation.address);
    }

    pub(super) fn write(&self) {
        let Self { event, function, status, ending, .. } = *self;
        let error = ending.and_then(|ending| ending.answer).map(|(_, error)| error);
        let reason = ending.map(|ending| ending.reason);
        let detail = ending.map(|ending| &*ending.detail);
        let (user_id, client_id, session_id) = self.subject.identifiers();
        let Subject { withheld, step, version, mailbox, .. } = self.subject;
        let Invocation { address, request_id, lambda_request_id } = self.invocation;
        let (duration_ms, store_ms) = (milliseconds(self.elapsed.total), milliseconds(self.elapsed.store));
        let hash_ms = self.elapsed.hash.map(milliseconds);
        // A level belongs to the place in the code that logs, so each level needs one.
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
                    mailbox,
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

/// Milliseconds, to the microsecond.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
