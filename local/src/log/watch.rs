//! Watches a request from its arrival to its answer.

use std::sync::Arc;

use axum::http::{Response, request::Parts};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Feed, RequestEntry, heard::Heard, request::Observed};

/// The `error` of an answer that no function gave, and its reason, for the log.
#[derive(Clone, Debug)]
pub(crate) struct OwnAnswer {
    pub(crate) error: String,
    pub(crate) reason: &'static str,
}

/// A request in progress. It leaves one log line, even if the caller goes away before the answer.
pub(crate) struct Watch {
    feed: Arc<Feed>,
    heard: Arc<Heard>,
    method: String,
    path: String,
    started: Instant,
    is_over: bool,
}

impl Watch {
    /// Starts watching.
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

    /// The collection of the request's events.
    pub(crate) fn heard(&self) -> Arc<Heard> {
        self.heard.clone()
    }

    /// Ends with this response, which a server of yours may have given.
    pub(crate) fn end<B>(mut self, response: &Response<B>, upstream: Option<String>) {
        let own = response.extensions().get::<OwnAnswer>();
        let own = own.map(|own| (own.error.as_str(), own.reason));
        self.write(Some(response.status().as_u16()), own, upstream);
    }

    /// Ends without a line, because the request wasn't for the API.
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
