//! `GET /.well-known/…`, and HEAD: the public keys, and the addresses of the endpoints. And the preflights of the other functions'
//! paths, which tell a browser whether its page may call.
//!
//! Documents are public by nature, so any origin may read them and any cache may keep them: for less time than a new key is
//! published before it signs.

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
use self::request::Question;

/// The function.
#[derive(Debug)]
pub struct Metadata {
    documents: Endpoint,
    /// The edge of the preflights of other functions, which pages of the allowed origins alone may read.
    preflights: Endpoint,
    keys: Cached<PublishedKeys>,
    issuer: String,
    /// Absent only while an upgrade is under way: the function may be of this version before its environment is.
    audience: Option<String>,
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
            documents: Endpoint::public("metadata", "GET, HEAD, OPTIONS", context),
            preflights: Endpoint::new("metadata", "OPTIONS", context)?,
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            issuer: environment.required(variable::ISSUER)?.to_owned(),
            audience: environment.optional(variable::AUDIENCE).map(str::to_owned),
            clock: clock.clone(),
        };
        if let Err(error) = metadata.keys.current(clock.now()).await {
            tracing::error!(function = "metadata", reason = chain(&error), "started without keys");
        }
        Ok(metadata)
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let question = Question::parse(request, &self.issuer);
        let endpoint = match question {
            Ok(Question::EndpointPreflight) => &self.preflights,
            _ => &self.documents,
        };
        let log = endpoint.begin(request);
        endpoint.answer(request, &log, Box::pin(self.reply(question, request))).await
    }
}
