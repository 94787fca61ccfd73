//! Sends a request to a server of yours.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts},
};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use shared::{
    error::chain,
    random::{self, Random},
};
use tokio::time::{Instant, timeout_at};

use super::{
    Limit, Upstream,
    body::{self, Streamed, Unread},
    headers::{self, Caller},
};
use crate::{gateway::Failure, log::printable_path, template::ApiKind};

/// The lifetime of an idle connection. Most servers keep theirs longer, so they don't close one during a request.
const MAX_IDLE: Duration = Duration::from_secs(1);

/// Sends requests to your servers.
#[derive(Debug)]
pub(in crate::gateway) struct Sender {
    client: Client<HttpConnector, Body>,
    /// The name of this gateway, by which it recognises its own requests.
    via: String,
}

impl Sender {
    pub(in crate::gateway) fn new(random: &dyn Random) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(MAX_IDLE)
            .pool_timer(TokioTimer::new())
            .set_host(false)
            .build_http();
        Self { client, via: format!("latchgate-{}", random::identifier(random)) }
    }

    /// Refuses a request that can't be passed on, whatever its token is, before the authorizer is asked.
    pub(in crate::gateway) fn check(&self, parts: &Parts) -> Result<(), Failure> {
        if headers::came_by(&parts.headers, &self.via) {
            tracing::warn!(
                "{} {} came back: --upstream points at this server. Give it the address of your own",
                parts.method,
                printable_path(parts.uri.path())
            );
            return Err(Failure::Loop);
        }
        if headers::is_web_socket(&parts.headers) {
            tracing::warn!(
                "{} asks for a WebSocket, which REST APIs and HTTP APIs don't pass on: use a WebSocket API",
                printable_path(parts.uri.path())
            );
            return Err(Failure::WebSocket);
        }
        Ok(())
    }

    /// Sends a request with these parts and body, and returns the response if it comes within the time limit.
    pub(in crate::gateway) async fn send(
        &self,
        upstream: &Upstream,
        (parts, body): (&Parts, Body),
        caller: &Caller<'_>,
        limit: Limit,
    ) -> Result<Response<Body>, Failure> {
        let call = format!("{} {} of {}", parts.method, printable_path(parts.uri.path()), upstream.url());
        let body = body::with_length(body).await?;
        let url = upstream.url();
        let headers = headers::for_upstream(parts, caller, url.authority(), &self.via);
        let target = url.target(parts.uri.path(), parts.uri.query());
        let (Some(headers), Some(target)) = (headers, target) else {
            return Err(Failure::Integration);
        };
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = target;
        *request.headers_mut() = headers;

        let deadline = Instant::now() + limit.time();
        let late = || {
            tracing::warn!("{}", limit.exceeded(&call, "took longer than"));
            Failure::UpstreamLate
        };
        let response = match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) if response.status() != StatusCode::SWITCHING_PROTOCOLS => response,
            Ok(Ok(_)) => {
                tracing::warn!(
                    "{call} answered with a switch of protocols, which the request didn't ask for"
                );
                return Err(Failure::UpstreamMalformed);
            }
            Ok(Err(error)) => return Err(unreachable(&call, &error)),
            Err(_) => return Err(late()),
        };
        let (mut head, body) = response.into_parts();
        head.headers = headers::end_to_end(&head.headers);
        let body = Body::new(body);
        let body = match caller.kind {
            ApiKind::Rest => {
                warn_of_pages(&parts.headers, &head.headers, &call);
                Body::new(Streamed::new(body, (deadline, limit), call))
            }
            ApiKind::Http => {
                warn_of_events(&head.headers, &call);
                match timeout_at(deadline, body::gathered(body)).await {
                    Ok(Ok(bytes)) => Body::from(bytes),
                    Ok(Err(unread)) => return Err(unread_response(&call, &unread)),
                    Err(_) => return Err(late()),
                }
            }
        };
        let mut response = Response::from_parts(head, body);
        // For the log.
        response.extensions_mut().insert(url.clone());
        Ok(response)
    }
}

fn unreachable(call: &str, error: &Error) -> Failure {
    if error.is_connect() {
        tracing::warn!("{call}: no server answers there ({}). Is yours running?", chain(error));
        Failure::UpstreamUnreachable
    } else {
        tracing::warn!("{call}: the answer isn't HTTP, or it is incomplete ({})", chain(error));
        Failure::UpstreamMalformed
    }
}

fn unread_response(call: &str, unread: &Unread) -> Failure {
    match unread {
        Unread::TooLong => {
            tracing::warn!(
                "{call} answered with more than 10 MB, which an HTTP API doesn't pass on. Send less, or use a \
                 REST API whose integration streams"
            );
            Failure::UpstreamTooLarge
        }
        Unread::Broken => {
            tracing::warn!("{call}: the response broke off");
            Failure::UpstreamMalformed
        }
    }
}

/// Warns if a response lacks CORS headers: a REST API adds none.
fn warn_of_pages(request: &HeaderMap, response: &HeaderMap, call: &str) {
    let text = |name| request.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let page = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, page)| page);
    let is_of_another = request.contains_key(header::ORIGIN) && page != text(header::HOST);
    if is_of_another && !response.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        tracing::warn!(
            "{call} answered a page of another origin without Access-Control-Allow-Origin, so the page can't \
             read it: behind a REST API, your server has to send this header"
        );
    }
}

/// Warns about server-sent events: an HTTP API passes on a response only as a whole.
fn warn_of_events(headers: &HeaderMap, call: &str) {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.starts_with("text/event-stream")) {
        tracing::warn!(
            "{call} answers with a stream of events. An HTTP API passes them on only when the stream has \
             ended: use a REST API whose integration streams"
        );
    }
}
