//! Events as they happen: server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use http_body_util::channel::{Channel, Sender};
use serde_json::json;
use tokio::{
    sync::{Semaphore, broadcast::error::RecvError},
    time::timeout,
};

use crate::log::{Entry, EntryId, Feed, Subscription};

/// Pages that may read at once.
const MAX_READERS: usize = 16;
/// How often a silent stream says that it lives. It is also how long it takes to notice that its reader is gone.
const BEAT: Duration = Duration::from_secs(5);

/// A place for each page that reads.
#[derive(Debug)]
pub(super) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_READERS)))
    }
}

impl Readers {
    /// A stream of all entries after this one, until the reader goes or the server ends; `None`, if no place is free.
    ///
    /// A task of its own writes, and waits for its reader alone. What comes meanwhile is kept by the feed, which is bounded.
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
    // So long a browser waits before it connects again, in milliseconds.
    let mut next = "retry: 1000\n\n".to_owned();
    for entry in std::mem::take(&mut subscription.before) {
        next.push_str(&message(&subscription, &entry));
    }
    // An error is that the reader is gone.
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
    // JSON has no line breaks.
    format!("id: {}\ndata: {}\n\n", subscription.id(*number), entry.to_json())
}
