//! What ends a flow from outside: a panic, or the end of its time.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::time;

use crate::http::{Refusal, Refuse};

/// How long a function that is waited for may take: by then it answers itself, a second before Lambda would end it
/// (template.yaml, `Timeout`) and API Gateway make up an answer.
///
/// A flow may be left at any of its calls, as by a crash: the same request again completes it. There is one exception.
/// A rotation of a refresh token that brought nobody its tokens has to be marked, and so this is longer than the four
/// calls to that point may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(9);

/// A flow that was not carried out, or not wholly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// A mistake of ours. What it says isn't repeated: it may be made of a secret.
    #[error("the function panicked")]
    Panic,
    /// Its time was up.
    #[error("the function's time was up")]
    TimeUp,
}

impl Refuse for Interruption {
    fn refusal(&self) -> Refusal {
        match self {
            Self::Panic => Refusal::server_error(),
            Self::TimeUp => Refusal::try_again(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::TimeUp => "time_up",
        }
    }
}

/// Carries out a flow for as long as it may take, panics included.
///
/// # Errors
///
/// [`Interruption`]
pub async fn within<T>(limit: Duration, flow: impl Future<Output = T>) -> Result<T, Interruption> {
    time::timeout(limit, caught(flow)).await.unwrap_or(Err(Interruption::TimeUp))
}

/// Carries out a flow whose panic ends nothing but itself: what functions keep is behind locks that don't mind.
///
/// # Errors
///
/// [`Interruption::Panic`]
pub async fn caught<T>(flow: impl Future<Output = T>) -> Result<T, Interruption> {
    let mut flow = pin!(flow);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| flow.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(_) => Poll::Ready(Err(Interruption::Panic)),
    })
    .await
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
        assert_eq!(never, Err(Interruption::TimeUp));
        let panics = within(limit, async {
            tokio::task::yield_now().await;
            mistaken();
        });
        assert_eq!(panics.await, Err(Interruption::Panic));
    }
}
