//! A single request for a document (draft section 5), over TLS and only to addresses that were checked.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use lambda_http::http::{HeaderMap, StatusCode, header};
use shared::client::ClientIdUrl;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, pki_types::ServerName},
};

use super::{
    DocumentError,
    freshness::freshness,
    public::is_public,
    web::{PORT, Web},
};

/// How long fetching a document may take, from the name lookup to its last byte.
const MAX_TIME: Duration = Duration::from_secs(3);
/// The largest document, in bytes. The draft recommends 5 KB (section 8.7), but some clients have more
/// redirect URIs than fit.
const MAX_LEN: usize = 16 * 1024;
/// The largest response headers, in bytes.
const MAX_HEAD_LEN: usize = 16 * 1024;
/// The most response headers.
const MAX_HEADERS: usize = 64;
/// How many addresses of a host are tried.
const MAX_ADDRESSES: usize = 3;

/// A document as received.
pub(super) struct Fetched {
    pub(super) body: Bytes,
    /// How long the document may be used.
    pub(super) freshness: Duration,
}

/// Requests a document once, without redirects, proxies, cookies or retries.
pub(super) async fn fetch(
    web: &dyn Web,
    tls: &Arc<ClientConfig>,
    url: &ClientIdUrl,
) -> Result<Fetched, DocumentError> {
    timeout(MAX_TIME, ask(web, tls, url)).await.unwrap_or(Err(DocumentError::Slow))
}

async fn ask(web: &dyn Web, tls: &Arc<ClientConfig>, url: &ClientIdUrl) -> Result<Fetched, DocumentError> {
    let stream = connect(web, tls, url.host()).await?;
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_LEN)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| DocumentError::Unreachable)?;
    // Dropping this future ends the connection.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let request = Request::get(url.path())
        .header(header::HOST, url.host())
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, "latchgate")
        .body(Empty::<Bytes>::new())
        .map_err(|_| DocumentError::Unreachable)?;
    let response = sender.send_request(request).await.map_err(|_| DocumentError::Answer)?;
    read(response).await
}

/// Connects to one of the host's addresses. They are looked up once, and checked.
async fn connect(
    web: &dyn Web,
    tls: &Arc<ClientConfig>,
    host: &str,
) -> Result<TlsStream<TcpStream>, DocumentError> {
    let mut addresses = web.addresses(host).await.map_err(|_| DocumentError::Address)?;
    if addresses.is_empty() || !addresses.iter().copied().all(is_public) {
        return Err(DocumentError::Address);
    }
    // In Lambda, only a VPC reaches IPv6.
    addresses.sort_by_key(IpAddr::is_ipv6);
    let name = ServerName::try_from(host.to_owned()).map_err(|_| DocumentError::Address)?;
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        if let Ok(stream) = web.connect(SocketAddr::new(address, PORT)).await {
            let connected = TlsConnector::from(tls.clone()).connect(name, stream).await;
            return connected.map_err(|_| DocumentError::Unreachable);
        }
    }
    Err(DocumentError::Unreachable)
}

async fn read(response: Response<Incoming>) -> Result<Fetched, DocumentError> {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK || !is_json(&head.headers) {
        return Err(DocumentError::Answer);
    }
    let body = Limited::new(body, MAX_LEN).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { DocumentError::TooLarge } else { DocumentError::Answer }
    })?;
    Ok(Fetched { body: body.to_bytes(), freshness: freshness(&head.headers) })
}

/// Whether the type is `application/json` or a more specific JSON type (draft section 4).
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/").unwrap_or_default();
    subtype == "json" || subtype.ends_with("+json")
}
