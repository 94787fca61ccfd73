//! API Gateway's part: it finds the route, asks the authorizer, calls the function, and answers failures itself.

mod access;
mod call;
mod challenge;
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
    resource::Resource,
};
use tokio::sync::Notify;

pub use self::upstream::{
    CONTEXT_HEADERS, GivenResource, MalformedResource, MalformedUpstream, TwoUpstreams, Upstream,
    UpstreamResources, UpstreamUrl, Upstreams, default_timeout,
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

/// The headers of a preflight's answer that let a page call.
const PERMISSION: [HeaderName; 4] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// The functions of which a request may write a mail.
const ASK_FOR_MAILS: [&str; 2] = ["accounts", "authorize"];

/// An API, as template.yaml or template-http.yaml deploys it.
#[derive(Debug)]
pub struct Gateway {
    kind: Kind,
    routes: Routes,
    /// The resources (RFC 8707) of the APIs in front of your servers.
    resources: UpstreamResources,
    functions: Functions,
    decisions: DecisionCache,
    sender: Sender,
    pages: Pages,
    /// Notified after each request that may have written a mail.
    asked_for_mail: Arc<Notify>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Gateway {
    /// Deploys the template, with an API of the requested kind.
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
            resources: UpstreamResources::default(),
            functions: Box::pin(Functions::start(template, deployment)).await?,
            decisions: DecisionCache::new(cache_ttl),
            sender: Sender::new(&*deployment.random),
            pages: Pages::of(&deployment.parameters),
            asked_for_mail: Arc::default(),
            clock: deployment.clock.clone(),
            random: deployment.random.clone(),
        })
    }

    /// Sends requests for all other paths than Latchgate's to these servers.
    #[must_use]
    pub fn with_upstreams(mut self, upstreams: Upstreams) -> Self {
        self.routes.upstreams = upstreams;
        self
    }

    /// Makes the APIs in front of these servers resources.
    #[must_use]
    pub fn with_resources(self, resources: UpstreamResources) -> Self {
        Self { resources, ..self }
    }

    /// The pages that may call.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The routes to Latchgate's functions.
    pub fn routes(&self) -> &[BoundRoute] {
        &self.routes.own
    }

    /// What is notified after each request that may have written a mail. The answer doesn't wait for it.
    pub fn asked_for_mail(&self) -> Arc<Notify> {
        self.asked_for_mail.clone()
    }

    /// Whether the template has a route with this path, for any method.
    pub(crate) fn has_route(&self, path: &str) -> bool {
        self.routes.has_route(path)
    }

    /// Answers one request from this address. The request must not be for a server of yours.
    pub async fn handle(&self, request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        let (mut parts, body) = request.into_parts();
        self.resources.lead(&mut parts);
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
            identifier: None,
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
        let answer = self.functions.call(&route.function, &request).await;
        let may_change = [Method::POST, Method::DELETE].contains(&parts.method);
        if may_change && ASK_FOR_MAILS.contains(&route.function.as_str()) {
            self.asked_for_mail.notify_one();
        }
        match answer {
            Some(response) => delivered(response),
            None => self.failure(Failure::Integration),
        }
    }

    /// Your server that the request is for. `None` if it is for Latchgate's endpoints, or for no server.
    pub(crate) fn upstream(&self, parts: &Parts) -> Option<&Upstream> {
        let (method, path) = (&parts.method, parts.uri.path());
        let is_own = self.routes.find(method, path).is_some();
        self.routes.find_other(method, path).filter(|_| !is_own)?.upstream
    }

    /// Passes a request from this address on to your server, and returns the server's response.
    pub(crate) async fn pass_on(&self, parts: &Parts, body: Stream, source: IpAddr) -> Response<Stream> {
        let passed = self.pass_on_or_fail(parts, body, source).await;
        let passed = passed.unwrap_or_else(|failure| self.refusal(failure, parts).map(Stream::from));
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

    /// The authorizer's context for a caller of your server or function. `None` if the route is open.
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
            // The authorizer's event has no body.
            body: &Bytes::new(),
            source,
            resource: other.resource,
            path_parameters: &other.path_parameters,
            identifier: self.resource(parts).map(|resource| &*resource.identifier),
            authorizer: None,
            extended_request_id: random::identifier(&*self.random),
            now: self.clock.now(),
        };
        self.authorize(&call).await.map(Some)
    }

    /// The resource of the API in front of your server, if it has one.
    fn resource(&self, parts: &Parts) -> Option<&Resource> {
        self.upstream(parts).and_then(|_| self.resources.find(parts))
    }

    /// The refusal that is sent in place of your server's answer.
    fn refusal(&self, failure: Failure, parts: &Parts) -> Response<Bytes> {
        let mut response = self.failure(failure);
        let challenge =
            self.resource(parts).filter(|_| self.kind.name() == ApiKind::Rest).and_then(|resource| {
                challenge::challenge(failure, resource, &self.resources.metadata(resource, parts))
            });
        if let Some(Ok(challenge)) = challenge.map(|challenge| challenge.parse()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// The answer to a preflight. `None` if the request isn't one.
    fn preflight(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let path = parts.uri.path();
        let mut response = self.kind.preflight(parts, &self.routes).filter(|_| self.routes.know(path))?;
        if self.routes.upstreams.find(path).is_some() && !self.routes.is_own(path) {
            self.answer_for_a_server(&parts.headers, response.headers_mut());
        }
        Some(response)
    }

    /// Adapts a preflight's answer to your server, which may accept any method and header: its own stack decides.
    fn answer_for_a_server(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if self.kind.name() == ApiKind::Rest {
            // The template's fixed text allows every page if several may call. This names the page that asks, as
            // examples/consumer does.
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

    /// Asks the authorizer, or uses its cached answer about this caller.
    async fn authorize(&self, call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
        let mut question = self.kind.question(call).ok_or(Failure::Unauthorized)?;
        // Each API has its own cache.
        question.identity.insert_str(0, call.identifier.unwrap_or_default());
        self.decisions.evaluate(&self.functions.authorizer, question, call.now).await
    }

    /// Adds the CORS headers that let a page read the response.
    pub(crate) fn open(&self, request: &HeaderMap, response: Response<Bytes>) -> Response<Bytes> {
        self.kind.open(request, response)
    }

    /// The answer to a request that no function answers.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// This holds for a REST API, and for an HTTP API with payload format 1.0.
    #[test]
    fn every_cookie_of_an_answer_is_delivered_and_a_redirection_is_not_followed() {
        let answer = lambda_http::Response::builder()
            .status(303)
            .header(header::LOCATION, "https://app.example.com/callback?code=a&state=%26")
            .header(header::SET_COOKIE, "__Host-a=1; Secure; HttpOnly; SameSite=Lax; Path=/")
            .header(header::SET_COOKIE, "__Host-b=2; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=9");
        let response = delivered(answer.body(Body::Empty).unwrap());
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()[header::LOCATION], "https://app.example.com/callback?code=a&state=%26");
        let cookies = response.headers().get_all(header::SET_COOKIE);
        let names = cookies.iter().map(|cookie| cookie.to_str().unwrap().split('=').next().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["__Host-a", "__Host-b"]);
    }

    #[test]
    fn a_page_is_delivered_as_it_is() {
        let kind = "text/html; charset=utf-8";
        let answer = lambda_http::Response::builder().header(header::CONTENT_TYPE, kind);
        let response = delivered(answer.body(Body::Text("<p>é</p>".to_owned())).unwrap());
        assert_eq!(response.headers()[header::CONTENT_TYPE], kind);
        assert_eq!(response.body(), "<p>é</p>".as_bytes());
    }
}
