//! How a flow is ended from outside: by a panic, or by the end of its time.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::time;

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

/// Carries out a flow within its time, and turns a panic of it into an error: the only place that catches one. A panic
/// ends nothing but its flow, since what functions keep is behind locks that outlive it.
///
/// # Errors
///
/// [`Aborted`], if the flow panics or its time is up.
pub async fn within<T>(limit: Duration, flow: impl Future<Output = T>) -> Result<T, Aborted> {
    let mut flow = pin!(flow);
    let caught = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| flow.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(_) => Poll::Ready(Err(Aborted::Panic)),
    });
    time::timeout(limit, caught).await.unwrap_or(Err(Aborted::TimeUp))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistaken() {
        panic!("a mistake");
    }

    #[tokio::test]
    async fn a_flow_is_carried_out_or_known_to_be_interrupted() {
        let limit = Duration::from_millis(50);
        assert_eq!(within(limit, async { 7 }).await, Ok(7));
        let never = within(limit, std::future::pending::<()>()).await;
        assert_eq!(never, Err(Aborted::TimeUp));
        let panics = within(limit, async {
            tokio::task::yield_now().await;
            mistaken();
        });
        assert_eq!(panics.await, Err(Aborted::Panic));
    }
}
