//! Distributes events and requests to the terminal and the page.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use shared::random::{self, Random};
use tokio::sync::{broadcast, watch};
use tracing::Subscriber;
use tracing_subscriber::{Layer, layer::Context};

use super::{Console, Entry, EntryId, Event, MailEntry, RequestEntry, heard};

/// The number of entries that are kept for new readers, and that a slow reader may lag behind.
const KEPT: usize = 200;

/// Receives the functions' events and the server's requests, writes them, and passes them on to the page.
///
/// Its memory is bounded. It never waits for a reader: a slow one misses entries, and learns how many.
#[derive(Debug)]
pub struct Feed {
    /// The terminal. `None` if nothing is written.
    console: Option<Console>,
    start: String,
    recent: Mutex<VecDeque<Arc<(u64, Entry)>>>,
    live: broadcast::Sender<Arc<(u64, Entry)>>,
    has_ended: watch::Sender<bool>,
}

/// The entries for one reader: kept ones, and those to come.
#[derive(Debug)]
pub struct Subscription {
    /// The kept entries after the last one that the reader saw, oldest first.
    pub before: Vec<Arc<(u64, Entry)>>,
    /// The later entries.
    pub live: broadcast::Receiver<Arc<(u64, Entry)>>,
    start: String,
}

impl Subscription {
    /// The identifier of an entry.
    pub fn id(&self, number: u64) -> EntryId {
        EntryId { start: self.start.clone(), number }
    }
}

impl Feed {
    /// A feed that writes to this console, or nowhere.
    pub fn new(console: Option<Console>, random: &dyn Random) -> Arc<Self> {
        let (live, _) = broadcast::channel(KEPT);
        let (start, has_ended) = (random::identifier(random), watch::Sender::new(false));
        Arc::new(Self { console, start, recent: Mutex::default(), live, has_ended })
    }

    /// A tracing layer that sends events to this feed.
    pub fn layer<S: Subscriber>(self: &Arc<Self>) -> impl Layer<S> + use<S> {
        Listener(self.clone())
    }

    /// Subscribes to the entries after this one. If it is from an earlier run, the subscription has all kept entries.
    pub fn subscribe(&self, last_seen: Option<&EntryId>) -> Subscription {
        let seen = last_seen.filter(|id| id.start == self.start).map(|id| id.number);
        let recent = self.recent();
        let is_new = |entry: &&Arc<(u64, Entry)>| seen.is_none_or(|seen| entry.0 > seen);
        let before = recent.iter().filter(is_new).cloned().collect();
        Subscription { before, live: self.live.subscribe(), start: self.start.clone() }
    }

    /// Ends all subscriptions, because the server ends.
    pub(crate) fn end(&self) {
        self.has_ended.send_replace(true);
    }

    /// Resolves once the server ends.
    pub(crate) async fn ended(&self) {
        // The only error is a dropped feed, but the caller holds it.
        let _ = self.has_ended.subscribe().wait_for(|has_ended| *has_ended).await;
    }

    fn hear(&self, event: Event) {
        let event = Arc::new(event);
        let is_of_a_request = heard::hear(&event);
        if let Some(console) = &self.console {
            console.write_event(&event, is_of_a_request);
        }
        self.publish(Entry::Event(event));
    }

    pub(super) fn request(&self, request: RequestEntry) {
        if let Some(console) = &self.console {
            console.write_request(&request);
        }
        self.publish(Entry::Request(Arc::new(request)));
    }

    /// Writes a mail's line, and tells the page of it.
    pub(crate) fn mail(&self, mail: MailEntry) {
        if let Some(console) = &self.console {
            console.write_mail(&mail);
        }
        self.publish(Entry::Mail(Arc::new(mail)));
    }

    /// Publishes an entry. The lock ensures that a reader who subscribes meanwhile receives it once.
    fn publish(&self, entry: Entry) {
        let mut recent = self.recent();
        let number = recent.back().map_or(0, |last| last.0 + 1);
        let entry = Arc::new((number, entry));
        if recent.len() == KEPT {
            recent.pop_front();
        }
        recent.push_back(entry.clone());
        // Sending fails only if there are no readers.
        let _ = self.live.send(entry);
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<(u64, Entry)>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Listener(Arc<Feed>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        self.0.hear(Event::of(event, Timestamp::now()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::random::SystemRandom;
    use tokio::sync::broadcast::error::TryRecvError;
    use tracing::Level;

    use super::*;

    fn event(number: usize) -> Event {
        let fields = json!({ "number": number }).as_object().unwrap().clone();
        Event { at: Timestamp::UNIX_EPOCH, level: Level::INFO, message: String::new(), fields }
    }

    fn numbers(entries: &[Arc<(u64, Entry)>]) -> Vec<u64> {
        entries.iter().map(|entry| entry.0).collect()
    }

    #[test]
    fn the_feed_is_bounded_and_a_slow_reader_learns_what_it_missed() {
        let feed = Feed::new(None, &SystemRandom::new());
        let mut slow = feed.subscribe(None);
        for number in 0..3 * KEPT {
            feed.hear(event(number));
        }
        // The channel holds the next power of two.
        let missed = match slow.live.try_recv() {
            Err(TryRecvError::Lagged(missed)) => usize::try_from(missed).unwrap(),
            other => panic!("{other:?}"),
        };
        assert!((KEPT..=2 * KEPT).contains(&missed), "{missed}");
        assert_eq!(slow.live.try_recv().unwrap().0, missed as u64);
        let late = feed.subscribe(None);
        let first = 2 * KEPT as u64;
        assert_eq!(numbers(&late.before), (first..3 * KEPT as u64).collect::<Vec<_>>());
    }

    #[test]
    fn a_returning_reader_gets_the_events_that_it_missed() {
        let feed = Feed::new(None, &SystemRandom::new());
        (0..5).for_each(|number| feed.hear(event(number)));
        let id = |text: String| EntryId::parse(&text);
        let subscription = feed.subscribe(None);
        let seen = id(subscription.id(2).to_string());
        assert_eq!(numbers(&feed.subscribe(seen.as_ref()).before), [3, 4]);
        let other = id("other-2".to_owned());
        assert_eq!(numbers(&feed.subscribe(other.as_ref()).before), [0, 1, 2, 3, 4], "of another start");
        assert_eq!(id("nonsense".to_owned()), None);
    }
}
