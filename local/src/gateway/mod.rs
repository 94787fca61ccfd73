//! API Gateway's part: it finds the route, asks the authorizer, calls the function, and answers for itself where none
//! of them does.

mod access;
mod call;
mod failure;
mod http;
mod kind;
mod rest;
mod route;
mod upstream;

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::{Body as Stream, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header, request::Parts},
};
use lambda_http::Body;
use serde_json::{Map, Value};
use shared::{
    clock::Clock,
    http::request_of,
    random::{self, Random},
};

pub use self::upstream::{
    CONTEXT_HEADERS, MalformedUpstream, TwoUpstreams, Upstream, UpstreamUrl, Upstreams, default_timeout,
};
use self::{
    access::DecisionCache,
    call::Call,
    kind::Kind,
    route::{Other, Routes},
    upstream::{Caller, Sender},
};
pub(crate) use self::{failure::Failure, upstream::LOCAL_FOLDER};
use crate::{
    functions::{Deployment, Functions, FunctionsError},
    log::OwnAnswer,
    pages::Pages,
    template::{ApiKind, BoundRoute, Template},
};

/// What lets a page call, in the answer to a preflight.
const PERMISSION: [HeaderName; 4] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// An API, as template.yaml deploys it, or template-http.yaml beside it.
#[derive(Debug)]
pub struct Gateway {
    kind: Kind,
    routes: Routes,
    functions: Functions,
    decisions: DecisionCache,
    sender: Sender,
    pages: Pages,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Gateway {
    /// Deploys the template, with an API of the kind that is asked for.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if a template can't be read or a function doesn't start.
    pub async fn deploy(template: &Template, deployment: &Deployment) -> Result<Self, FunctionsError> {
        deployment.publish_keys().await?;
        let (kind, api) = Kind::read(deployment.api, template, &deployment.parameters)?;
        let cache_ttl = deployment.authorizer_cache_ttl.unwrap_or(api.authorizer_cache_ttl);
        Ok(Self {
            kind,
            routes: Routes { own: api.routes, others: api.other_routes, upstreams: Upstreams::default() },
            functions: Box::pin(Functions::start(template, deployment)).await?,
            decisions: DecisionCache::new(cache_ttl),
            sender: Sender::new(&*deployment.random),
            pages: Pages::of(&deployment.parameters),
            clock: deployment.clock.clone(),
            random: deployment.random.clone(),
        })
    }

    /// Sends whatever is for none of Latchgate's endpoints to these servers.
    #[must_use]
    pub fn with_upstreams(mut self, upstreams: Upstreams) -> Self {
        self.routes.upstreams = upstreams;
        self
    }

    /// Which pages may call.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The routes that lead to functions.
    pub fn routes(&self) -> &[BoundRoute] {
        &self.routes.own
    }

    /// Whether a route of the template has this path, with any method.
    pub(crate) fn has_route(&self, path: &str) -> bool {
        self.routes.has_route(path)
    }

    /// Answers one request from this address: one for Latchgate's endpoints, or for none.
    pub async fn handle(&self, request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        if let Some(response) = self.preflight(&parts) {
            return response;
        }
        self.open(&parts.headers, self.answer(&parts, &body, source).await)
    }

    async fn answer(&self, parts: &Parts, body: &Bytes, source: IpAddr) -> Response<Bytes> {
        if !self.routes.know(parts.uri.path()) {
            return self.failure(Failure::UnknownSpelling);
        }
        let Some((route, path_parameters)) = self.routes.find(&parts.method, parts.uri.path()) else {
            let failure = match self.routes.find_other(&parts.method, parts.uri.path()) {
                Some(other) => self.context(parts, &other, source).await.err().unwrap_or(Failure::NotRun),
                None => Failure::NoRoute,
            };
            return self.failure(failure);
        };
        let mut call = Call {
            parts,
            body,
            source,
            resource: &route.path,
            path_parameters: &path_parameters,
            authorizer: None,
            extended_request_id: random::identifier(&*self.random),
            now: self.clock.now(),
        };
        if route.is_protected {
            match self.authorize(&call).await {
                Ok(context) => call.authorizer = Some(context),
                Err(failure) => return self.failure(failure),
            }
        }
        let event = serde_json::from_str(&self.kind.event(&call).to_string());
        let Some(request) = event.ok().map(request_of) else {
            return self.failure(Failure::Integration);
        };
        match self.functions.call(&route.function, &request).await {
            Some(response) => delivered(response),
            None => self.failure(Failure::Integration),
        }
    }

    /// The server of the user's that a request is for; `None`, if it is for Latchgate's endpoints, or nobody's.
    pub(crate) fn upstream(&self, parts: &Parts) -> Option<&Upstream> {
        let (method, path) = (&parts.method, parts.uri.path());
        let is_own = self.routes.find(method, path).is_some();
        self.routes.find_other(method, path).filter(|_| !is_own)?.upstream
    }

    /// Passes a request from this address on to the server of the user's that it is for, and hands on what that answers.
    pub(crate) async fn pass_on(&self, parts: &Parts, body: Stream, source: IpAddr) -> Response<Stream> {
        let passed = self.pass_on_or_fail(parts, body, source).await;
        let passed = passed.unwrap_or_else(|failure| self.failure(failure).map(Stream::from));
        let (head, body) = passed.into_parts();
        self.open(&parts.headers, Response::from_parts(head, Bytes::new())).map(|_| body)
    }

    async fn pass_on_or_fail(
        &self,
        parts: &Parts,
        body: Stream,
        source: IpAddr,
    ) -> Result<Response<Stream>, Failure> {
        let other = self.routes.find_other(&parts.method, parts.uri.path()).ok_or(Failure::NoRoute)?;
        let upstream = other.upstream.ok_or(Failure::NotRun)?;
        self.sender.check(parts)?;
        let context = self.context(parts, &other, source).await?;
        let kind = self.kind.name();
        let caller = Caller { source, context: context.as_ref(), kind };
        let limit = self.routes.upstreams.limit(kind);
        self.sender.send(upstream, (parts, body), &caller, limit).await
    }

    /// What the authorizer says of the caller of something that isn't Latchgate's; `None`, where its route is open.
    async fn context(
        &self,
        parts: &Parts,
        other: &Other<'_>,
        source: IpAddr,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        if !other.is_protected {
            return Ok(None);
        }
        let call = Call {
            parts,
            // No authorizer is told of the body.
            body: &Bytes::new(),
            source,
            resource: other.resource,
            path_parameters: &other.path_parameters,
            authorizer: None,
            extended_request_id: random::identifier(&*self.random),
            now: self.clock.now(),
        };
        self.authorize(&call).await.map(Some)
    }

    /// What a preflight is answered with; `None`, if it is none.
    fn preflight(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let path = parts.uri.path();
        let mut response = self.kind.preflight(parts, &self.routes).filter(|_| self.routes.know(path))?;
        if self.routes.upstreams.find(path).is_some() && !self.routes.is_own(path) {
            self.answer_for_a_server(&parts.headers, response.headers_mut());
        }
        Some(response)
    }

    /// Makes a preflight's answer that of a server of the user's. It may have any method and header: its own stack says which.
    fn answer_for_a_server(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if self.kind.name() == ApiKind::Rest {
            // The template's fixed text lets every page call if several may. This names the one that asks, as examples/consumer
            // does.
            answer.insert(header::VARY, HeaderValue::from_static("Origin"));
            match self.pages.find(request) {
                Some(origin) => _ = answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
                None => PERMISSION.iter().for_each(|name| _ = answer.remove(name)),
            }
        }
        if !answer.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS) {
            return;
        }
        let methods = format!("{},{}", upstream::methods(), Method::OPTIONS);
        if let Ok(methods) = methods.parse() {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        if let Some(asked) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
    }

    /// Asks the authorizer, or evaluates what it said of this caller before.
    async fn authorize(&self, call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
        let question = self.kind.question(call).ok_or(Failure::Unauthorized)?;
        self.decisions.evaluate(&self.functions.authorizer, question, call.now).await
    }

    /// Opens a response to the pages that may read it.
    pub(crate) fn open(&self, request: &HeaderMap, response: Response<Bytes>) -> Response<Bytes> {
        self.kind.open(request, response)
    }

    /// What is answered to a request that no function answers.
    pub(crate) fn failure(&self, failure: Failure) -> Response<Bytes> {
        let mut response = self.kind.failure(failure);
        let error = failure::error_of(response.body());
        response.extensions_mut().insert(OwnAnswer { error, reason: failure.reason() });
        response
    }
}

fn delivered(response: lambda_http::Response<Body>) -> Response<Bytes> {
    response.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    })
}
