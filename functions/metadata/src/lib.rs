//! `GET /.well-known/…`, and HEAD: the public keys, and the addresses of the endpoints.
//!
//! Public by nature, so any origin may read it and any cache may keep it: for less time than a new key is published
//! before it signs.

mod documents;
mod error;
mod flow;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use shared::{
    cached::Cached,
    clock::Clock,
    context::{Context, StartError},
    environment::variable,
    error::chain,
    http::Endpoint,
    keys::PublishedKeys,
};

pub use self::error::{MetadataError, MetadataReason};

/// The function.
#[derive(Debug)]
pub struct Metadata {
    endpoint: Endpoint,
    keys: Cached<PublishedKeys>,
    issuer: String,
    clock: Arc<dyn Clock>,
}

impl Metadata {
    /// Starts the function, with a first copy of the published keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete. What can't be read now is read at the first request.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        let metadata = Self {
            endpoint: Endpoint::public("metadata", "GET, HEAD, OPTIONS", context),
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            issuer: environment.required(variable::ISSUER)?.to_owned(),
            clock: clock.clone(),
        };
        if let Err(error) = metadata.keys.current(clock.now()).await {
            tracing::error!(function = "metadata", reason = chain(&error), "started without keys");
        }
        Ok(metadata)
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.reply(request))).await
    }
}
