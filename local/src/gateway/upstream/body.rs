//! Request and response bodies of a server of yours.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use http_body::{Frame, SizeHint};
use http_body_util::LengthLimitError;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Limit;
use crate::gateway::Failure;

/// The longest body that API Gateway passes on, in bytes, in either direction. A streamed response may be longer.
pub(super) const MAX_LEN: usize = 10 * 1024 * 1024;

/// The longest pause between two parts of a streamed response, for a regional API.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// A request body of known length: API Gateway always sends the length, and some servers need it. A body that states
/// its length is passed on as it arrives; any other is collected first.
pub(super) async fn with_length(body: Body) -> Result<Body, Failure> {
    match body.size_hint().exact() {
        Some(length) if length > MAX_LEN as u64 => Err(Failure::TooLarge),
        Some(_) => Ok(body),
        None => gathered(body).await.map(Body::from).map_err(|unread| match unread {
            Unread::TooLong => Failure::TooLarge,
            Unread::Broken => Failure::BodyUnread,
        }),
    }
}

/// Reasons why a whole body can't be read.
pub(super) enum Unread {
    /// It is longer than [`MAX_LEN`].
    TooLong,
    /// It broke off.
    Broken,
}

/// Reads the whole body.
pub(super) async fn gathered(body: Body) -> Result<Bytes, Unread> {
    to_bytes(body, MAX_LEN).await.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Unread::TooLong,
        _ => Unread::Broken,
    })
}

/// A response body that is passed on as it arrives, until its time is up. Then it breaks off, so that the client
/// doesn't take it for complete.
pub(super) struct Streamed {
    body: Body,
    deadline: Pin<Box<Sleep>>,
    limit: Limit,
    pause: Pin<Box<Sleep>>,
    /// The called method and URL, for the log.
    call: String,
}

/// The time of a streamed response is up.
#[derive(Debug, thiserror::Error)]
#[error("the time of the response is up")]
struct TimeIsUp;

impl Streamed {
    pub(super) fn new(body: Body, (deadline, limit): (Instant, Limit), call: String) -> Self {
        let (deadline, pause) = (Box::pin(sleep_until(deadline)), Box::pin(sleep(MAX_PAUSE)));
        Self { body, deadline, limit, pause, call }
    }
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            tracing::warn!("{}", self.limit.exceeded(&self.call, "was cut off after"));
            return Poll::Ready(Some(Err(axum::Error::new(TimeIsUp))));
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            if let Poll::Ready(Some(Err(_))) = frame {
                tracing::warn!(
                    "{}: the response broke off. The caller got its beginning, as from API Gateway",
                    self.call
                );
            }
            self.pause.as_mut().reset(Instant::now() + MAX_PAUSE);
            return frame;
        }
        if self.pause.as_mut().poll(cx).is_ready() {
            tracing::warn!(
                "{} was cut off: API Gateway ends a response that streams when nothing comes for five minutes. Send \
                 something in between, such as a comment of an event stream",
                self.call
            );
            return Poll::Ready(Some(Err(axum::Error::new(TimeIsUp))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
