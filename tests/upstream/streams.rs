//! Bodies in parts, and callers who hang up.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::Response,
};
use local::template::ApiKind;
use tokio::sync::{Notify, mpsc};

use super::server::{KINDS, Place, serve};

/// The time limit of every wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body of the parts that a test sends.
struct Parts(mpsc::UnboundedReceiver<Bytes>);

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|part| part.map(|part| Ok(http_body::Frame::data(part))))
    }
}

/// A server that answers with a stream of events, which the test sends one by one.
async fn events() -> (std::net::SocketAddr, mpsc::UnboundedSender<Bytes>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(std::sync::Mutex::new(Some(receiver)));
    let app = Router::new().fallback(move || {
        let receiver = receiver.lock().unwrap().take().unwrap();
        async move {
            let response = Response::builder().header("content-type", "text/event-stream");
            response.body(Body::new(Parts(receiver))).unwrap()
        }
    });
    (serve(app).await, sender)
}

#[tokio::test]
async fn events_arrive_one_by_one() {
    let (address, sender) = events().await;
    let place = Place::of(ApiKind::Rest, address).await;
    sender.send("data: 0\n\n".into()).unwrap();
    let mut response = place.request("GET", "/events").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for at in 0..5 {
        let part = tokio::time::timeout(PATIENCE, response.chunk()).await.unwrap().unwrap().unwrap();
        assert_eq!(part, format!("data: {at}\n\n"), "and the next one isn't sent yet");
        sender.send(format!("data: {}\n\n", at + 1).into()).unwrap();
    }
    drop(sender);
    while tokio::time::timeout(PATIENCE, response.chunk()).await.unwrap().unwrap().is_some() {}
}

/// The stream breaks off, so that the client doesn't take a part for the whole.
#[tokio::test]
async fn a_stream_that_takes_too_long_is_cut_off() {
    let (address, sender) = events().await;
    let url = format!("http://{address}");
    let place = Place::with(ApiKind::Rest, &[&url], &[], Some(Duration::from_secs(3))).await;
    sender.send("data: 0\n\n".into()).unwrap();
    let mut response = place.request("GET", "/events").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 0\n\n");
    assert!(tokio::time::timeout(PATIENCE, response.chunk()).await.unwrap().is_err());
}

/// An HTTP API passes a response on as a whole, so an endless one times out.
#[tokio::test]
async fn behind_an_http_api_events_come_all_at_once_or_not_at_all() {
    let (address, sender) = events().await;
    let url = format!("http://{address}");
    let place = Place::with(ApiKind::Http, &[&url], &[], Some(Duration::from_secs(1))).await;
    sender.send("data: 0\n\n".into()).unwrap();
    assert_eq!(place.get("/events").await.status, 504);
    // The server notices it too.
    tokio::time::timeout(PATIENCE, sender.closed()).await.unwrap();

    let (address, sender) = events().await;
    let place = Place::of(ApiKind::Http, address).await;
    for at in 0..3 {
        sender.send(format!("data: {at}\n\n").into()).unwrap();
    }
    drop(sender);
    let response = place.request("GET", "/events").send().await.unwrap();
    assert_eq!(response.bytes().await.unwrap(), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

/// Notifies when it is dropped.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_caller_that_disconnects_ends_the_request_to_the_server() {
    for kind in KINDS {
        let (begun, over) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let app = Router::new().fallback({
            let (begun, over) = (begun.clone(), over.clone());
            move || async move {
                let _dropped = Dropped(over);
                begun.notify_one();
                std::future::pending::<()>().await;
            }
        });
        let place = Place::of(kind, serve(app).await).await;
        let asking = tokio::spawn(place.request("GET", "/slow").send());
        tokio::time::timeout(PATIENCE, begun.notified()).await.unwrap();
        asking.abort();
        tokio::time::timeout(PATIENCE, over.notified()).await.unwrap();
    }
    // Also in the middle of a stream.
    let (address, sender) = events().await;
    let place = Place::of(ApiKind::Rest, address).await;
    sender.send("data: 0\n\n".into()).unwrap();
    let mut response = place.request("GET", "/events").send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    drop(response);
    tokio::time::timeout(PATIENCE, sender.closed()).await.unwrap();
}

/// A body with a length is passed on as it arrives: the server has its beginning before its end exists.
#[tokio::test]
async fn a_body_with_a_length_reaches_the_server_in_parts() {
    use tokio::io::AsyncWriteExt;

    for kind in KINDS {
        let (sender, mut parts) = mpsc::unbounded_channel::<Bytes>();
        let app = Router::new().fallback(move |request: Request| async move {
            let mut body = request.into_body();
            let mut body = std::pin::Pin::new(&mut body);
            while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                let _ = sender.send(frame.into_data().unwrap_or_default());
            }
        });
        let place = Place::of(kind, serve(app).await).await;
        let address = place.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let token = &place.tokens.access;
        let request = format!(
            "POST /orders HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Length: 6\r\n\r\nabc"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(tokio::time::timeout(PATIENCE, parts.recv()).await.unwrap().unwrap(), "abc", "{kind:?}");
        stream.write_all(b"def").await.unwrap();
        assert_eq!(tokio::time::timeout(PATIENCE, parts.recv()).await.unwrap().unwrap(), "def", "{kind:?}");
    }
}
