//! A request, from when it comes until it is answered.

use std::sync::Arc;

use axum::http::{Response, request::Parts};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Feed, RequestEntry, heard::Heard, request::Observed};

/// What an answer that no function gave tells the log: its `error`, and why it was given.
#[derive(Clone, Debug)]
pub(crate) struct OwnAnswer {
    pub(crate) error: String,
    pub(crate) reason: &'static str,
}

/// Watches a request. It leaves one line, also where its caller goes away before the answer.
pub(crate) struct Watch {
    feed: Arc<Feed>,
    heard: Arc<Heard>,
    method: String,
    path: String,
    started: Instant,
    is_over: bool,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn begin(feed: &Arc<Feed>, parts: &Parts) -> Self {
        Self {
            feed: feed.clone(),
            heard: Heard::new(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            started: Instant::now(),
            is_over: false,
        }
    }

    /// Where the request's events are kept.
    pub(crate) fn heard(&self) -> Arc<Heard> {
        self.heard.clone()
    }

    /// It is answered, by this server of the user's where one did.
    pub(crate) fn end<B>(mut self, response: &Response<B>, upstream: Option<String>) {
        let own = response.extensions().get::<OwnAnswer>();
        let own = own.map(|own| (own.error.as_str(), own.reason));
        self.write(Some(response.status().as_u16()), own, upstream);
    }

    /// It was none of the API's, and leaves no line.
    pub(crate) fn forget(mut self) {
        self.is_over = true;
    }

    fn write(&mut self, status: Option<u16>, own: Option<(&str, &str)>, upstream: Option<String>) {
        self.is_over = true;
        let observed = Observed {
            at: Timestamp::now(),
            method: &self.method,
            path: &self.path,
            status,
            own,
            upstream,
            elapsed: self.started.elapsed(),
        };
        self.feed.request(RequestEntry::of(&observed, &self.heard.close()));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_over {
            self.write(None, Some(("", "the caller went away")), None);
        }
    }
}
