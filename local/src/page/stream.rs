//! Streams events to the page as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use http_body_util::channel::{Channel, Sender};
use serde_json::json;
use tokio::{
    sync::{Semaphore, broadcast::error::RecvError},
    time::timeout,
};

use crate::log::{Entry, EntryId, Feed, Subscription};

/// The most pages that may read at once.
const MAX_READERS: usize = 16;
/// The interval of heartbeats on a silent stream, and so the time until a lost reader is noticed.
const BEAT: Duration = Duration::from_secs(5);

/// Limits the number of reading pages.
#[derive(Debug)]
pub(super) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_READERS)))
    }
}

impl Readers {
    /// A stream of all entries after this one, until the reader goes or the server ends. `None` if the limit is
    /// reached.
    ///
    /// A separate task writes, and waits only for its reader. Meanwhile the feed, which is bounded, keeps new entries.
    pub(super) fn open(&self, feed: Arc<Feed>, last_seen: Option<EntryId>) -> Option<Body> {
        let place = self.0.clone().try_acquire_owned().ok()?;
        let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = write(feed.subscribe(last_seen.as_ref()), &mut sender) => {}
                () = feed.ended() => {}
            }
        });
        Some(Body::new(body))
    }
}

async fn write(mut subscription: Subscription, sender: &mut Sender<Bytes, Infallible>) {
    // The browser waits this long before it reconnects, in milliseconds.
    let mut next = "retry: 1000\n\n".to_owned();
    for entry in std::mem::take(&mut subscription.before) {
        next.push_str(&message(&subscription, &entry));
    }
    // An error means that the reader is gone.
    while sender.send_data(next.into()).await.is_ok() {
        next = match timeout(BEAT, subscription.live.recv()).await {
            Ok(Ok(entry)) => message(&subscription, &entry),
            Ok(Err(RecvError::Lagged(missed))) => {
                format!("event: missed\ndata: {}\n\n", json!({ "entries": missed }))
            }
            Ok(Err(RecvError::Closed)) => return,
            Err(_) => ":\n\n".to_owned(),
        };
    }
}

fn message(subscription: &Subscription, (number, entry): &(u64, Entry)) -> String {
    // JSON as serde writes it has no line breaks.
    format!("id: {}\ndata: {}\n\n", subscription.id(*number), entry.to_json())
}
