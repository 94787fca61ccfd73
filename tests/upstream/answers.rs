//! A server's answers as they are passed on, and the answers without a server.

use std::time::Duration;

use axum::{Router, body::Body, http::Response};
use local::template::ApiKind;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::server::{KINDS, Place, Server, reply, serve};
use crate::harness::Reply;

const MEGABYTE: usize = 1024 * 1024;

/// Asserts a failure in the format of this kind of API.
#[track_caller]
fn assert_fails(kind: ApiKind, reply: &Reply, rest: u16, (http, message): (u16, &str)) {
    match kind {
        ApiKind::Rest => reply.assert_error(rest, "server_error"),
        ApiKind::Http => {
            assert_eq!((reply.status, &reply.body), (http, &json!({ "message": message })));
        }
    }
}

#[tokio::test]
async fn an_answer_is_passed_on_unchanged() {
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let answer = move || {
        Response::builder()
            .status(302)
            .header("location", "/elsewhere")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("content-encoding", "gzip")
            .header("connection", "x-named")
            .header("x-named", "1")
            .header("keep-alive", "timeout=5")
            .header("proxy-authenticate", "Basic")
            .header("x-custom", "1")
            .body(Body::from(gzip.to_vec()))
            .unwrap()
    };
    for kind in KINDS {
        let server = Server::answering(answer).await;
        let place = Place::of(kind, server.address).await;
        let response = place.request("GET", "/orders").send().await.unwrap();
        assert_eq!(response.status(), 302, "{kind:?}");
        let headers = response.headers().clone();
        let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(
            (&headers["location"], &headers["x-custom"]),
            (&"/elsewhere".parse().unwrap(), &"1".parse().unwrap())
        );
        for name in ["x-named", "keep-alive", "proxy-authenticate"] {
            assert!(!headers.contains_key(name), "{kind:?} {name}");
        }
        assert_eq!(response.bytes().await.unwrap(), gzip.as_slice(), "and not unpacked");
        server.one();
    }
}

#[tokio::test]
async fn the_answer_to_head_has_the_length_of_the_answer_to_get() {
    for kind in KINDS {
        let place = Place::of(kind, Server::start().await.address).await;
        let (status, head, body) = place.raw(&["HEAD /orders HTTP/1.1"], "").await;
        assert_eq!((status, body.as_str()), (200, ""), "{kind:?}");
        assert!(head.contains("content-length: 2"), "{kind:?} {head}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_504_or_503() {
    for kind in KINDS {
        // A port that was free a moment ago.
        let address = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
        let place = Place::of(kind, address).await;
        let answer = place.get("/orders").await;
        assert_fails(kind, &answer, 504, (503, "Service Unavailable"));
        assert_eq!(reply(place.open("GET", "/orders")).await.status, 401, "who is calling comes first");
    }
}

#[tokio::test]
async fn a_malformed_http_answer_is_a_failure() {
    for answer in [
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        for kind in KINDS {
            let place = Place::of(kind, address).await;
            let reply = place.get("/orders").await;
            assert_fails(kind, &reply, 502, (500, "Internal Server Error"));
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_too_long_is_504() {
    let slow = async || {
        tokio::time::sleep(Duration::from_secs(60)).await;
        "late"
    };
    let address = serve(Router::new().fallback(slow)).await;
    for kind in KINDS {
        let timeout = Some(Duration::from_secs(1));
        let place = Place::with(kind, &[&format!("http://{address}")], &[], timeout).await;
        assert_fails(kind, &place.get("/orders").await, 504, (504, "Gateway Timeout"));
    }
}

#[tokio::test]
async fn a_body_beyond_ten_megabytes_is_413_and_reaches_no_server() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let large = reply(place.request("POST", "/orders").body(vec![b'a'; 10 * MEGABYTE + 1])).await;
        match kind {
            ApiKind::Rest => large.assert_error(413, "invalid_request"),
            ApiKind::Http => assert_eq!(large.body, json!({ "message": "Request Entity Too Large" })),
        }
        assert_eq!(large.status, 413);
        assert!(server.take().is_empty());
        let fits = reply(place.request("POST", "/orders").body(vec![b'a'; 10 * MEGABYTE])).await;
        assert_eq!((fits.status, server.one().body.len()), (200, 10 * MEGABYTE));
    }
}

/// A REST API's integration streams, so it has no limit. An HTTP API collects the response first.
#[tokio::test]
async fn an_answer_beyond_ten_megabytes_passes_where_it_streams() {
    let server = Server::answering(|| Response::new(Body::from(vec![b'a'; 10 * MEGABYTE + 1]))).await;
    let rest = Place::of(ApiKind::Rest, server.address).await;
    let response = rest.request("GET", "/orders").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (200, 10 * MEGABYTE + 1));
    let http = Place::of(ApiKind::Http, server.address).await;
    let refused = http.get("/orders").await;
    assert_eq!((refused.status, refused.body), (500, json!({ "message": "Internal Server Error" })));
    let fits = Server::answering(|| Response::new(Body::from(vec![b'a'; 10 * MEGABYTE]))).await;
    let http = Place::of(ApiKind::Http, fits.address).await;
    let response = http.request("GET", "/orders").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (200, 10 * MEGABYTE));
}

/// An HTTP API sends browsers its own CORS configuration, a REST API the server's headers.
#[tokio::test]
async fn the_cors_headers_of_a_server_are_passed_on_or_replaced_by_kind_of_api() {
    let server = Server::answering(|| {
        Response::builder().header("access-control-allow-origin", "*").body(Body::from("{}")).unwrap()
    })
    .await;
    for (kind, origin, allowed) in [
        (ApiKind::Rest, "https://app.example.com", Some("*")),
        (ApiKind::Http, "https://app.example.com", Some("https://app.example.com")),
        (ApiKind::Http, "https://elsewhere.example.com", None),
    ] {
        let place = Place::of(kind, server.address).await;
        let answer = reply(place.request("GET", "/orders").header("origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{kind:?} {origin}");
        assert_ne!(answer.body, Value::Null);
    }
}
