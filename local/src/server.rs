//! The gateway on a port of this machine.

use std::{error::Error, future::Future, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, StatusCode, header},
};
use http_body_util::LengthLimitError;
use shared::random::SystemRandom;
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

use crate::{
    connection::Connection,
    gateway::{Failure, Gateway, UpstreamUrl},
    hosts::Hosts,
    listeners::Listeners,
    log::{Feed, Heard, OwnAnswer, Watch},
    page::Page,
    pages::Pages,
};

/// The longest body that API Gateway accepts, in bytes.
const MAX_BODY_LEN: usize = 10 * 1024 * 1024;

/// The time that requests in progress get when the server ends. A stream of events would never end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// The answer to a request for another host.
const OTHER_HOST: &str =
    r#"{"message":"This server does not answer to that host. Start it with --allow-host to change that."}"#;

/// An API with its hosts.
#[derive(Clone, Debug)]
pub struct Server {
    /// The hosts that it answers to.
    pub hosts: Arc<Hosts>,
    /// The API.
    pub gateway: Arc<Gateway>,
    /// The log of requests.
    pub feed: Arc<Feed>,
    /// The page, if it is served.
    pub page: Option<Arc<Page>>,
}

/// Serves an API under these hosts until `shutdown` resolves, without a log or the page.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    hosts: Hosts,
    gateway: Arc<Gateway>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), std::io::Error> {
    let feed = Feed::new(None, &SystemRandom::new());
    Server { hosts: Arc::new(hosts), gateway, feed, page: None }.serve(listener, shutdown).await
}

impl Server {
    /// Serves until `shutdown` resolves.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn serve(
        self,
        listeners: impl Into<Listeners>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), std::io::Error> {
        let feed = self.feed.clone();
        let service = Router::new()
            .fallback(answer)
            .with_state(self)
            .into_make_service_with_connect_info::<Connection>();
        let (ending, ended) = oneshot::channel();
        let shutdown = async move {
            shutdown.await;
            feed.end();
            let _ = ending.send(());
        };
        tokio::select! {
            served = axum::serve(listeners.into(), service).with_graceful_shutdown(shutdown) => served,
            () = async {
                // The sender is never dropped before it has sent.
                let _ = ended.await;
                sleep(GRACE).await;
            } => Ok(()),
        }
    }
}

async fn answer(
    State(server): State<Server>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let watch = Watch::begin(&server.feed, &parts);
    if !server.hosts.admit(&parts, connection.reached) {
        if let Some(warning) = server.hosts.warning(&parts, connection.reached) {
            watch.heard().over(async { tracing::warn!("{warning}") }).await;
        }
        let response = refused();
        watch.end(&response, None);
        return response.map(Body::from);
    }
    if let Some(page) = &server.page
        && let Some(response) = page.answer(&parts, connection).await
    {
        if response.status() == StatusCode::FORBIDDEN {
            watch.end(&response, None);
        } else {
            watch.forget();
        }
        return response;
    }
    let response =
        Box::pin(called(&server.gateway, connection, Request::from_parts(parts, body), &watch)).await;
    let upstream = response.extensions().get::<UpstreamUrl>().map(UpstreamUrl::to_string);
    watch.end(&response, upstream);
    response
}

/// The answer of the API.
async fn called(
    gateway: &Arc<Gateway>,
    connection: Connection,
    request: Request,
    watch: &Watch,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let source = connection.peer.ip();
    let page = Pages::headers(&parts.headers);
    let response = if gateway.upstream(&parts).is_some() {
        // This runs in the connection's task: if the client goes away, the request to the upstream is cancelled.
        watch.heard().over(gateway.pass_on(&parts, body, source)).await
    } else {
        let request = Request::from_parts(parts, body);
        delivered(gateway.clone(), source, request, watch.heard()).await.map(Body::from)
    };
    if let Some(warning) = gateway.pages().warning(&page, response.headers()) {
        watch.heard().over(async { tracing::warn!("{warning}") }).await;
    }
    response
}

/// The refusal of another host, with the status that API Gateway uses for an unknown host.
fn refused() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(OTHER_HOST.as_bytes()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(OwnAnswer { error: String::new(), reason: "other_host" });
    response
}

/// Calls the gateway in a separate task, so that a panic fails one request, as in Lambda.
async fn delivered(
    gateway: Arc<Gateway>,
    source: IpAddr,
    request: Request,
    heard: Arc<Heard>,
) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let page = Pages::headers(&parts.headers);
    let failed = |failure| gateway.open(&page, gateway.failure(failure));
    let body = match to_bytes(body, MAX_BODY_LEN).await {
        Ok(body) => body,
        Err(error) if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) => {
            return failed(Failure::TooLarge);
        }
        Err(_) => return failed(Failure::BodyUnread),
    };
    let request = Request::from_parts(parts, body);
    let handling = tokio::spawn({
        let gateway = gateway.clone();
        heard.over(async move { gateway.handle(request, source).await })
    });
    handling.await.unwrap_or_else(|_| failed(Failure::Integration))
}
