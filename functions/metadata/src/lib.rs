//! `GET` and `HEAD` of `/.well-known/…`: the public keys, the endpoints' URLs, and the resources. Also the
//! preflights of the other functions' paths, which tell a browser whether a page may call.
//!
//! Documents are public, so any origin may read them and any cache may store them. Caches drop them before a
//! newly published key begins to sign.

mod documents;
mod error;
mod flow;
mod protected_resources;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    cached::Cached,
    clock::Clock,
    context::{Context, StartError},
    error::chain,
    http::Endpoint,
    keys::PublishedKeys,
};

pub use self::error::{MetadataError, MetadataReason};
use self::{documents::Server, request::Question};

/// The function.
#[derive(Debug)]
pub struct Metadata {
    documents: Endpoint,
    /// The endpoint for preflights of other functions. Only pages of the allowed origins may read them.
    preflights: Endpoint,
    /// The endpoint for preflights of pages. No other page may read them.
    page_preflights: Endpoint,
    keys: Cached<PublishedKeys>,
    server: Server,
    clock: Arc<dyn Clock>,
}

impl Metadata {
    /// Starts the function, with a first copy of the published keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete. If a read fails now, the first request repeats it.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        let metadata = Self {
            documents: Endpoint::public("metadata", "GET, HEAD, OPTIONS", context)?,
            preflights: Endpoint::new("metadata", "OPTIONS", context)?,
            page_preflights: Endpoint::closed("metadata", "OPTIONS", context)?,
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            server: Server::from_environment(environment)?,
            clock: clock.clone(),
        };
        if let Err(error) = metadata.keys.current(clock.now()).await {
            tracing::error!(function = "metadata", reason = chain(&error), "started without keys");
        }
        Ok(metadata)
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let question = Question::parse(request, &self.server);
        let endpoint = match question {
            Ok(Question::EndpointPreflight) => &self.preflights,
            Ok(Question::PagePreflight) => &self.page_preflights,
            _ => &self.documents,
        };
        let log = endpoint.begin(request);
        endpoint.answer(request, &log, Box::pin(self.reply(question, request))).await
    }
}
