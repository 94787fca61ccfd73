//! Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document-02). An unregistered client
//! describes itself at a URL, which is its `client_id`.
//!
//! Anyone can name a URL, so this module limits requests: `public` limits where they go, `fetch` how long and
//! how large responses may be, and this file how many there are.

mod error;
mod fetch;
mod freshness;
mod metadata;
mod public;
mod web;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use shared::{client::ClientIdUrl, clock::Timestamp};
use tokio::sync::Semaphore;
use tokio_rustls::rustls::{ClientConfig, crypto::aws_lc_rs};

pub(crate) use self::metadata::ClientMetadata;
pub use self::{
    error::DocumentError,
    web::{Asked, Internet, Web},
};

/// The most documents in the cache.
const CAPACITY: usize = 128;
/// How many fetches run at once. An instance in Lambda handles one request at a time, but `cargo run` handles
/// many.
const AT_ONCE: usize = 4;
/// How many fetches an instance makes in a minute.
const PER_MINUTE: u32 = 30;
/// How long a URL is not fetched again after an error. This isn't a cached response, which the draft forbids
/// (section 5.2); it protects from repeated reloads.
const PAUSE: Duration = Duration::from_secs(10);

/// Fetches clients' documents, and caches them.
pub(crate) struct Documents {
    web: Arc<dyn Web>,
    tls: OnceLock<Arc<ClientConfig>>,
    known: Mutex<Known>,
    under_way: Semaphore,
}

/// The cached documents, and the number of recent fetches.
#[derive(Default)]
struct Known {
    documents: HashMap<ClientIdUrl, (Timestamp, Result<Arc<ClientMetadata>, DocumentError>)>,
    minute_began: Timestamp,
    asked: u32,
}

impl Documents {
    /// An empty cache of documents from this web.
    pub(crate) fn new(web: Arc<dyn Web>) -> Self {
        Self { web, tls: OnceLock::new(), known: Mutex::default(), under_way: Semaphore::new(AT_ONCE) }
    }

    /// Returns the document of a URL, at most an hour old.
    pub(crate) async fn find(
        &self,
        url: &ClientIdUrl,
        now: Timestamp,
    ) -> Result<Arc<ClientMetadata>, DocumentError> {
        if let Some(known) = self.lock().find(url, now) {
            return known;
        }
        let _turn = self.under_way.try_acquire().map_err(|_| DocumentError::Busy)?;
        if !self.lock().may_ask(now) {
            return Err(DocumentError::Busy);
        }
        let fetched = fetch::fetch(&*self.web, self.tls(), url).await;
        let (found, until) = match fetched {
            Ok(fetched) => (ClientMetadata::parse(&fetched.body, url).map(Arc::new), now + fetched.freshness),
            Err(error) => (Err(error), now),
        };
        let until = if found.is_ok() { until } else { now + PAUSE };
        self.lock().keep(url, found.clone(), now, until);
        found
    }

    /// Builds the TLS configuration at the first fetch, since most instances never fetch.
    fn tls(&self) -> &Arc<ClientConfig> {
        self.tls.get_or_init(|| {
            let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
            // Unwrap safety: the provider has the cipher suites of both TLS versions.
            let builder = builder.with_safe_default_protocol_versions().expect("the provider speaks TLS");
            Arc::new(builder.with_root_certificates(self.web.roots()).with_no_client_auth())
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&self, url: &ClientIdUrl, now: Timestamp) -> Option<Result<Arc<ClientMetadata>, DocumentError>> {
        let (until, found) = self.documents.get(url)?;
        (now < *until).then(|| found.clone())
    }

    /// Whether another fetch is allowed in this minute. If so, counts it.
    fn may_ask(&mut self, now: Timestamp) -> bool {
        if now < self.minute_began || now >= self.minute_began + Duration::from_secs(60) {
            self.minute_began = now;
            self.asked = 0;
        }
        let may_ask = self.asked < PER_MINUTE;
        self.asked += u32::from(may_ask);
        may_ask
    }

    fn keep(
        &mut self,
        url: &ClientIdUrl,
        found: Result<Arc<ClientMetadata>, DocumentError>,
        now: Timestamp,
        until: Timestamp,
    ) {
        if self.documents.len() >= CAPACITY {
            self.documents.retain(|_, (until, _)| now < *until);
        }
        if self.documents.len() >= CAPACITY {
            self.documents.clear();
        }
        self.documents.insert(url.clone(), (until, found));
    }
}

/// Hides the cache, whose size strangers control.
impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("web", &self.web).finish_non_exhaustive()
    }
}
