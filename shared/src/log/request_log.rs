//! What is known of a request, and how it is written down.

use std::{
    borrow::Cow,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::time;

use super::{
    Cause, Ending, Event, FunctionLog, Invocation, breakdown::Breakdown, counts::Counts, line::LastLine,
    metrics::Line, output::METRICS, subject::Subject,
};
use crate::{
    aborted::Aborted,
    ids::{ClientId, UserId},
    stopwatch::Stopwatch,
    store::SessionKey,
};

/// What is known of a request so far: where it is from, and whom it turned out to be about. Only what has been found
/// or verified is kept here, since what a caller merely says may be a secret in the wrong place.
#[derive(Debug)]
pub struct RequestLog {
    log: FunctionLog,
    invocation: Invocation,
    stopwatch: Arc<Stopwatch>,
    subject: Mutex<Subject>,
    counts: Mutex<Counts>,
}

impl RequestLog {
    /// The log of a request that has just come.
    pub fn begin(log: &FunctionLog, invocation: Invocation) -> Self {
        let stopwatch = Stopwatch::start(log.clock.clone());
        Self { log: log.clone(), invocation, stopwatch, subject: Mutex::default(), counts: Mutex::default() }
    }

    /// Carries out the flow of the request within the function's time, under the request's stopwatch. It is the one place
    /// that catches a panic. A panic within the flow ends nothing else, since what functions keep is behind locks that ignore
    /// poisoning.
    ///
    /// # Errors
    ///
    /// The flow's own, or [`Aborted`], if it panics or its time is up.
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

    /// The client was found.
    pub fn client(&self, client_id: &ClientId) {
        self.subject().client_id = Some(client_id.clone());
    }

    /// The user was found.
    pub fn user(&self, user_id: &UserId) {
        self.subject().user_id = Some(user_id.clone());
    }

    /// A genuine token named the session, or it was put.
    pub fn session(&self, key: &SessionKey) {
        let mut subject = self.subject();
        subject.user_id = Some(key.user_id.clone());
        subject.client_id = Some(key.client_id.clone());
        subject.session_id = Some(key.session_id.clone());
    }

    /// So many scope rules are not met by the token.
    pub fn withheld(&self, rules: usize) {
        self.subject().withheld = Some(rules);
    }

    /// It is about this step of a rotation, to this version of the secret.
    pub fn rotation(&self, step: &'static str, version: &str) {
        let mut subject = self.subject();
        subject.step = Some(step);
        subject.version = Some(version.to_owned());
    }

    /// What the request came to, for when it is answered.
    pub fn outcome(&self, event: Event) {
        self.subject().outcome = Some(event);
    }

    /// A session was revoked, this request's or another.
    pub fn revoked(&self, key: &SessionKey, cause: Cause) {
        self.count(Event::SessionRevoked.name().into(), Some(Breakdown::Cause(cause)));
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

    /// A refresh token was used again.
    pub fn reused(&self, key: &SessionKey, subtype: &'static str) {
        self.count(Event::RefreshTokenReused.name().into(), None);
        let Invocation { address, request_id, lambda_request_id } = &self.invocation;
        tracing::warn!(
            event = Event::RefreshTokenReused.name(),
            subtype,
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address,
            request_id,
            lambda_request_id,
            "a refresh token was used a second time; its session ends"
        );
    }

    /// Something happened beside what was asked for.
    pub fn happened(&self, event: Event) {
        self.count(event.name().into(), None);
        let subject = self.subject().clone();
        let (user_id, client_id, session_id) = subject.identifiers();
        let Invocation { address, request_id, lambda_request_id } = &self.invocation;
        tracing::info!(
            event = event.name(),
            user_id,
            client_id,
            session_id,
            address,
            request_id,
            lambda_request_id,
        );
    }

    /// The request was carried out, and answered with this status where it is one of HTTP.
    pub fn answered(&self, status: Option<u16>) {
        let outcome = self.subject().outcome;
        let event = outcome.map_or_else(|| self.named("succeeded"), |event| event.name().into());
        self.end(event, status, None);
    }

    /// It was refused, or failed.
    pub fn refused(&self, ending: &Ending) {
        let event = self.named(if ending.is_failure { "failed" } else { "refused" });
        self.end(event, ending.answer.map(|(status, _)| status), Some(ending));
    }

    /// The one line of the request, and its metrics.
    fn end(&self, event: Cow<'static, str>, status: Option<u16>, ending: Option<&Ending>) {
        let elapsed = self.stopwatch.elapsed();
        let subject = self.subject().clone();
        let line = LastLine {
            event: &event,
            function: self.log.function,
            status,
            ending,
            subject: &subject,
            invocation: &self.invocation,
            elapsed: &elapsed,
        };
        line.write();
        self.count(event, ending.map(|ending| Breakdown::Reason(ending.reason)));
        self.write_metrics(elapsed.total);
    }

    fn write_metrics(&self, duration: Duration) {
        let FunctionLog { function, stack, clock, .. } = &self.log;
        let Some(stack) = stack else { return };
        let (at, counts) = (clock.now(), std::mem::take(&mut *self.counts()));
        let mut duration = Some((*function, duration));
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

    /// The event of a request that ended without an event of its own.
    fn named(&self, how: &str) -> Cow<'static, str> {
        format!("{}_{how}", self.log.prefix).into()
    }

    fn count(&self, name: Cow<'static, str>, by: Option<Breakdown>) {
        self.counts().count(name, by);
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
    use super::*;
    use crate::clock::SystemClock;

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
            clock: Arc::new(SystemClock),
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
