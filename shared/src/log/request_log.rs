//! The log of one request.

use std::{
    borrow::Cow,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use tokio::time;

use super::{
    Cause, Ending, Event, FunctionLog, Invocation,
    breakdown::Breakdown,
    counts::Counts,
    line::LastLine,
    metrics::{Line, Took},
    output::METRICS,
    request_lines::{Length, Trace},
    subject::Subject,
};
use crate::{
    aborted::Aborted,
    ids::{ClientId, UserId},
    stopwatch::Stopwatch,
    store::SessionKey,
};

/// The facts about a request, for its log. It keeps only values that were looked up or verified, since a
/// value from a caller may be a misplaced secret.
#[derive(Debug)]
pub struct RequestLog {
    log: FunctionLog,
    invocation: Invocation,
    stopwatch: Arc<Stopwatch>,
    subject: Mutex<Subject>,
    counts: Mutex<Counts>,
}

impl RequestLog {
    /// Starts the log of a new request.
    pub fn begin(log: &FunctionLog, invocation: Invocation) -> Self {
        let stopwatch = Stopwatch::start(log.clock.clone());
        Self { log: log.clone(), invocation, stopwatch, subject: Mutex::default(), counts: Mutex::default() }
    }

    /// Runs the flow of the request, with the function's time limit and the request's stopwatch. This is the
    /// only place that catches panics. A panic affects no other request, since functions keep their state
    /// behind locks that ignore poisoning.
    ///
    /// # Errors
    ///
    /// The flow's own error, or [`Aborted`], if it panics or its time is up.
    pub async fn carry_out<T, E: From<Aborted>>(
        &self,
        flow: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut flow = pin!(flow);
        let caught =
            poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| flow.as_mut().poll(context))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(result)) => Poll::Ready(result),
                Err(_) => Poll::Ready(Err(Aborted::Panic.into())),
            });
        let in_time = time::timeout(self.log.time_limit, caught);
        self.stopwatch.over(in_time).await.unwrap_or_else(|_| Err(Aborted::TimeUp.into()))
    }

    /// Records the client, which was looked up.
    pub fn client(&self, client_id: &ClientId) {
        self.subject().client_id = Some(client_id.clone());
    }

    /// Records the user, who was looked up.
    pub fn user(&self, user_id: &UserId) {
        self.subject().user_id = Some(user_id.clone());
    }

    /// Records the session, which a genuine token named or which was stored.
    pub fn session(&self, key: &SessionKey) {
        let mut subject = self.subject();
        subject.user_id = Some(key.user_id.clone());
        subject.client_id = Some(key.client_id.clone());
        subject.session_id = Some(key.session_id.clone());
    }

    /// Records how many scope rules the token doesn't meet.
    pub fn withheld(&self, rules: usize) {
        self.subject().withheld = Some(rules);
    }

    /// Records the step of a rotation and the version of the secret.
    pub fn rotation(&self, step: &'static str, version: &str) {
        let mut subject = self.subject();
        subject.step = Some(step);
        subject.version = Some(version.to_owned());
    }

    /// Records the mailbox that the request is about: the hash of an address, and never the address itself.
    pub fn mailbox(&self, mailbox: &str) {
        self.subject().mailbox = Some(mailbox.to_owned());
    }

    /// Sets the event of the request, for when it is answered.
    pub fn outcome(&self, event: Event) {
        self.subject().outcome = Some(event);
    }

    /// Logs that a session was revoked: the request's own or another.
    pub fn revoked(&self, key: &SessionKey, cause: Cause) {
        self.count(Event::SessionRevoked.name().into(), Some(Breakdown::Cause(cause)), 1);
        let Invocation { address, request_id, lambda_request_id } = &self.invocation;
        tracing::info!(
            event = Event::SessionRevoked.name(),
            cause = cause.name(),
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address,
            request_id,
            lambda_request_id,
            "a session was revoked"
        );
    }

    /// Logs that a refresh token was used again.
    pub fn reused(&self, key: &SessionKey, subtype: &'static str) {
        let message = "a refresh token was used a second time; its session ends";
        self.stolen(Event::RefreshTokenReused, Some(subtype), key, message);
    }

    /// Logs that the authorization code of this session was used again.
    pub fn code_reused(&self, key: &SessionKey) {
        self.stolen(
            Event::CodeReused,
            None,
            key,
            "an authorization code was used a second time; its session ends",
        );
    }

    fn stolen(&self, event: Event, subtype: Option<&'static str>, key: &SessionKey, message: &str) {
        self.count(event.name().into(), None, 1);
        let Invocation { address, request_id, lambda_request_id } = &self.invocation;
        tracing::warn!(
            event = event.name(),
            subtype,
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address,
            request_id,
            lambda_request_id,
            "{message}"
        );
    }

    /// Logs that a refresh token came without a proof of its key.
    pub fn misused(&self, subtype: &'static str) {
        self.happened_as(Event::RefreshTokenMisused, Some(subtype));
    }

    /// Logs a further event of the request.
    pub fn happened(&self, event: Event) {
        self.happened_as(event, None);
    }

    fn happened_as(&self, event: Event, subtype: Option<&'static str>) {
        self.count(event.name().into(), None, 1);
        let subject = self.subject().clone();
        let (user_id, client_id, session_id) = subject.identifiers();
        let mailbox = subject.mailbox.as_deref();
        let Invocation { address, request_id, lambda_request_id } = &self.invocation;
        tracing::info!(
            event = event.name(),
            subtype,
            mailbox,
            user_id,
            client_id,
            session_id,
            address,
            request_id,
            lambda_request_id,
        );
    }

    /// Ends the log of a request that succeeded, with the status of its HTTP response, if it has one.
    pub fn answered(&self, status: Option<u16>) {
        let outcome = self.subject().outcome;
        let trace = self.log.lines.of_success(outcome, &*self.log.random);
        let event = outcome.map_or_else(|| self.named("succeeded"), |event| event.name().into());
        self.end(event, trace, status, None);
    }

    /// Ends the log of a request that was refused or failed.
    pub fn refused(&self, ending: &Ending) {
        let event = self.named(if ending.is_failure { "failed" } else { "refused" });
        self.end(event, Trace::WHOLE, ending.answer.map(|(status, _)| status), Some(ending));
    }

    /// Writes the line of the request, and its metrics.
    fn end(&self, event: Cow<'static, str>, trace: Trace, status: Option<u16>, ending: Option<&Ending>) {
        let elapsed = self.stopwatch.elapsed();
        if let Some(length) = trace.line {
            let line = LastLine {
                event: &event,
                function: self.log.function,
                status,
                ending,
                subject: &self.subject().clone(),
                invocation: &self.invocation,
                elapsed: &elapsed,
            };
            match length {
                Length::Whole => line.write(),
                Length::Short => line.write_short(),
            }
        }
        if trace.counts_for > 0 {
            self.count(event, ending.map(|ending| Breakdown::Reason(ending.reason)), trace.counts_for);
            let (function, requests) = (self.log.function, trace.counts_for);
            self.write_metrics(Took { function, time: elapsed.total, requests });
        }
    }

    fn write_metrics(&self, took: Took) {
        let FunctionLog { stack, clock, .. } = &self.log;
        let Some(stack) = stack else { return };
        let (at, counts) = (clock.now(), std::mem::take(&mut *self.counts()));
        let mut duration = Some(took);
        for counts in counts.lines() {
            let request_id = self.invocation.request_id.as_deref();
            let line = Line { stack, request_id, at, counts: &counts, duration: duration.take() };
            if let Some(line) = line.to_json() {
                tracing::info!(target: METRICS, "{line}");
            } else {
                tracing::error!("metrics could not be written");
            }
        }
    }

    /// The event of a request that set no other.
    fn named(&self, how: &str) -> Cow<'static, str> {
        format!("{}_{how}", self.log.prefix).into()
    }

    fn count(&self, name: Cow<'static, str>, by: Option<Breakdown>, times: u32) {
        self.counts().count(name, by, times.into());
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subject(&self) -> MutexGuard<'_, Subject> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::request_lines::RequestLines, *};
    use crate::{clock::SystemClock, random::SystemRandom};

    fn mistaken() {
        panic!("a mistake");
    }

    #[tokio::test]
    async fn a_flow_is_carried_out_or_known_to_be_aborted() {
        let time_limit = Duration::from_millis(50);
        let function = FunctionLog {
            function: "test",
            prefix: "test",
            time_limit,
            stack: None,
            lines: RequestLines::All,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
        };
        let log = RequestLog::begin(&function, Invocation::default());
        assert_eq!(log.carry_out(async { Ok::<_, Aborted>(7) }).await, Ok(7));
        let never = log.carry_out(std::future::pending::<Result<(), Aborted>>()).await;
        assert_eq!(never, Err(Aborted::TimeUp));
        let panics = log.carry_out(async {
            tokio::task::yield_now().await;
            mistaken();
            Ok::<_, Aborted>(())
        });
        assert_eq!(panics.await, Err(Aborted::Panic));
    }
}
