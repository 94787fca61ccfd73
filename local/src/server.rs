//! The gateway on a port of this machine.

use std::{error::Error, future::Future, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::Response,
};
use http_body_util::LengthLimitError;
use tokio::{net::TcpListener, time::Instant};

use crate::gateway::{Failure, Gateway};

/// What API Gateway takes at most, in bytes.
const MAX_BODY_LEN: usize = 10 * 1024 * 1024;

/// Serves until `shutdown` resolves.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), std::io::Error> {
    let service = Router::new()
        .fallback(answer)
        .with_state(gateway)
        .into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = Instant::now();
    let response = delivered(gateway, source, request).await;
    tracing::info!(
        "{method} {path} → {} in {} ms",
        response.status().as_u16(),
        started.elapsed().as_millis()
    );
    response.map(Body::from)
}

/// In a task of its own, so that a panic is one failed request, as it is in Lambda.
async fn delivered(gateway: Arc<Gateway>, source: SocketAddr, request: Request) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, MAX_BODY_LEN).await {
        Ok(body) => body,
        Err(error) if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) => {
            return gateway.failure(Failure::TooLarge);
        }
        Err(_) => return gateway.failure(Failure::BodyUnread),
    };
    let request = Request::from_parts(parts, body);
    let handling = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.handle(request, source.ip()).await }
    });
    handling.await.unwrap_or_else(|_| gateway.failure(Failure::Integration))
}
