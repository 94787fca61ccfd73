//! The requests that reach a server, and those that don't.

use local::{gateway::CONTEXT_HEADERS, template::ApiKind};
use serde_json::{Value, json};
use shared::{route, store::attribute};

use super::server::{KINDS, Place, Server, reply};
use crate::harness::{APP, Api, Fault, Reply, USER_ID, text};

#[tokio::test]
async fn a_server_gets_the_request_and_the_identity_of_the_caller() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let request = place
                .request(method, "/orders/a%20b/%C3%A9?x=%2f&x=a+b&y&token=c%3Bd")
                .header("x-custom", "1")
                .header("cookie", "a=b")
                .header("x-latchgate-sub", "admin")
                .header("X_Latchgate_Sub", "admin")
                .header("x-latchgate-roles", "admin")
                .header("x-forwarded-for", "10.0.0.1")
                .body("body");
            let answer = reply(request).await;
            assert_eq!(answer.status, 200, "{kind:?} {method}");
            let seen = server.one();
            assert_eq!(seen.method, method);
            assert_eq!(seen.target, "/orders/a%20b/%C3%A9?x=%2f&x=a+b&y&token=c%3Bd");
            assert_eq!(seen.body, "body");
            let token = format!("Bearer {}", place.tokens.access);
            for (name, value) in [
                ("authorization", token.as_str()),
                ("content-length", "4"),
                ("cookie", "a=b"),
                ("host", &server.address.to_string()),
                ("x-custom", "1"),
                ("x-forwarded-for", "127.0.0.1"),
                ("x-forwarded-proto", "http"),
                ("x-forwarded-host", place.url.trim_start_matches("http://")),
                ("x-latchgate-sub", USER_ID),
                ("x-latchgate-client-id", APP),
                ("x-latchgate-scope", "read write"),
            ] {
                assert_eq!(seen.header(name), [value], "{kind:?} {method} {name}");
            }
            let claims: Value = serde_json::from_str(seen.header("x-latchgate-claims")[0]).unwrap();
            assert_eq!(
                claims,
                json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] })
            );
            assert_eq!(seen.header("x-latchgate-sid")[0].len(), 22);
            let mut names: Vec<_> = seen.headers.keys().map(ToString::to_string).collect();
            names.retain(|name| name.replace('_', "-").starts_with("x-latchgate"));
            names.sort();
            let mut expected = CONTEXT_HEADERS.map(|(name, _)| name.to_owned());
            expected.sort();
            assert_eq!(names, expected);
        }
    }
}

/// A header is pure ASCII, so the JSON escapes all other characters.
#[tokio::test]
async fn claims_in_any_script_survive() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let claims = json!({ "name": "Nguy\u{1ec5}n V\u{103}n \u{1f600}", "\u{fc}": "\u{7f}\r\nx-evil: 1", "n": 1.5, "deep": { "a": [null, true] } });
        let user = (attribute::USER_ID, USER_ID);
        let value = vec![(attribute::CLAIMS, text(&claims.to_string()))];
        place.api.seeder().set("UsersTable", user, value).await.unwrap();
        let access = place.api.refresh(&place.tokens.refresh).await.tokens().access;
        let answer = reply(place.open("GET", "/").bearer_auth(access)).await;
        assert_eq!(answer.status, 200);
        let seen = server.one();
        assert_eq!(serde_json::from_str::<Value>(seen.header("x-latchgate-claims")[0]).unwrap(), claims);
        assert!(seen.header("x-evil").is_empty());
    }
}

#[tokio::test]
async fn the_longest_path_selects_the_server_and_latchgates_endpoints_stay() {
    for kind in KINDS {
        let (all, orders, old) = (Server::start().await, Server::start().await, Server::start().await);
        let place = Place::start(
            kind,
            &[
                &format!("http://{}/base", all.address),
                &format!("/orders=http://{}", orders.address),
                &format!("/orders/old=http://{}", old.address),
            ],
        )
        .await;
        for (path, server, target) in [
            ("/", &all, "/base/"),
            ("/ordersx", &all, "/base/ordersx"),
            ("/orders", &orders, "/orders"),
            ("/orders/", &orders, "/orders/"),
            ("/orders/7?a", &orders, "/orders/7?a"),
            ("/orders/old/7", &old, "/orders/old/7"),
            ("/login", &all, "/base/login"),
        ] {
            assert_eq!(place.get(path).await.status, 200, "{path}");
            assert_eq!(server.one().target, target);
            assert!([&all, &orders, &old].iter().all(|server| server.take().is_empty()), "{path}");
        }
        let sessions = place.get(route::SESSIONS).await;
        assert!(sessions.body["sessions"].is_array(), "{sessions:?}");
        assert_eq!(reply(place.open("GET", route::JWKS)).await.status, 200);
        assert_eq!(reply(place.open("POST", route::LOGIN).json_body("{}")).await.status, 400);
        assert!(all.take().is_empty());
    }
}

trait JsonBody {
    fn json_body(self, body: &'static str) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: &'static str) -> Self {
        self.header("content-type", "application/json").body(body)
    }
}

/// The gateway refuses calls to Latchgate's endpoints and to a server in the same way, and the server sees nothing.
#[tokio::test]
async fn a_caller_without_permission_is_refused_before_the_server_is_called() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let same = async |token: Option<&str>, status: u16| {
            let ask = async |path: &str| {
                let request = place.open("GET", path);
                reply(token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth)).await
            };
            let (own, theirs) = (ask(route::SESSIONS).await, ask("/orders").await);
            assert_eq!((theirs.status, &theirs.body), (status, &own.body), "{kind:?}");
            let names = |reply: &Reply| {
                let mut headers = reply.headers.clone();
                headers.remove("date");
                headers
            };
            assert_eq!(names(&theirs), names(&own), "{kind:?}");
            assert!(server.take().is_empty());
        };
        same(None, 401).await;
        same(Some("x"), 401).await;
        place.api.calls.fail(Fault::Before("GetItem Sessions"));
        same(Some(&place.tokens.access), 500).await;
        place.api.calls.heal();
        assert_eq!(place.get("/orders").await.status, 200);
        server.one();
        place.api.logout(&place.tokens.access).await;
        same(Some(&place.tokens.access), 401).await;
        let again = place.api.login().await;
        place.api.clock.advance(1801);
        same(Some(&again.access), 401).await;
    }
}

#[tokio::test]
async fn scope_rules_hold_for_paths_that_only_a_server_has() {
    for kind in KINDS {
        let server = Server::start().await;
        let rules = "GET /orders* read; POST /orders* orders:write; GET /slashed/ -; GET /sessions -";
        let url = format!("http://{}", server.address);
        let place = Place::with(kind, &[&url], &[("ScopeRules", rules)], None).await;
        for (method, path, status) in [
            ("GET", "/orders", 200),
            ("GET", "/orders/7", 200),
            ("HEAD", "/orders/7", 200),
            ("POST", "/orders", 403),
            ("PUT", "/orders", 403),
            ("GET", "/other", 403),
            ("GET", "/", 403),
            ("GET", "/sessions", 200),
        ] {
            let answer = place.request(method, path).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{kind:?} {method} {path}");
            let passed = status == 200 && path != "/sessions";
            assert_eq!(server.take().len(), usize::from(passed), "{kind:?} {method} {path}");
        }
        // A final slash is part of the path if a rule has it.
        assert_eq!(place.get("/slashed/").await.status, 200);
        assert_eq!(server.one().target, "/slashed/");
    }
}

/// The authorized path is the one that is sent. Another spelling has no certain path.
#[tokio::test]
async fn a_path_in_another_spelling_reaches_no_server() {
    for kind in KINDS {
        let server = Server::start().await;
        let admin = Server::start().await;
        let place = Place::with(
            kind,
            &[&format!("http://{}", server.address), &format!("/admin=http://{}", admin.address)],
            &[("ScopeRules", "GET /orders* read; * /admin* admin")],
            None,
        )
        .await;
        for path in [
            "/orders/../admin",
            "/orders/%2e%2e/admin",
            "/orders/%2E%2E/admin",
            "/orders/..%2Fadmin",
            "/orders%2F..%2Fadmin",
            "/orders/..;/admin",
            "/orders//admin",
            "//admin",
            "/./admin",
            "/%61dmin",
            "/orders%5c..%5cadmin",
            "/orders\\..\\admin",
            "/orders%00/admin",
            "/orders%23/../admin",
            "/orders%3F/../admin",
            "/orders%252F..%252Fadmin",
            "http://localhost/orders/../admin",
        ] {
            let (status, _, body) = place.raw(&[&format!("GET {path} HTTP/1.1")], "").await;
            assert!([400, 403].contains(&status), "{kind:?} {path}: {status} {body}");
        }
        for path in ["/admin", "/ADMIN", "/Admin/x", "/admin/"] {
            let (status, ..) = place.raw(&[&format!("GET {path} HTTP/1.1")], "").await;
            assert_eq!(status, 403, "{kind:?} {path}");
        }
        assert!(server.take().is_empty() && admin.take().is_empty());
        let (status, ..) = place.raw(&["GET http://localhost/orders/7?x HTTP/1.1"], "").await;
        assert_eq!((status, server.one().target.as_str()), (200, "/orders/7?x"), "{kind:?}");
    }
}

#[tokio::test]
async fn headers_of_one_connection_and_look_alikes_stay_behind() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let lines = [
            "POST /orders HTTP/1.1",
            "Transfer-Encoding: chunked",
            "Connection: X-Named, x-latchgate-sub, host",
            "X-Named: 1",
            "TE: trailers",
            "Trailer: x-checksum",
            "Keep-Alive: timeout=5",
            "Proxy-Authorization: Basic x",
            "Upgrade: h2c",
            "X-LATCHGATE-SUB: admin",
            "x_latchgate_sub: admin",
            "x-latchgate_sub: admin",
            "X.LatchGate.Sub: admin",
            "X-Latchgate-Claims: {}",
            "X-Latchgate-Claims: {\"roles\":[\"admin\"]}",
        ];
        let (status, ..) = place.raw(&lines, "3\r\nabc\r\n2\r\nde\r\n0\r\nx-checksum: 1\r\n\r\n").await;
        assert_eq!(status, 200);
        let seen = server.one();
        assert_eq!(seen.body, "abcde");
        assert_eq!(seen.header("content-length"), ["5"], "as in AWS, not every server reads chunks");
        let mut names: Vec<_> = seen.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let mut expected = vec![
            "authorization",
            "content-length",
            "forwarded",
            "host",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-latchgate-claims",
            "x-latchgate-client-id",
            "x-latchgate-scope",
            "x-latchgate-sid",
            "x-latchgate-sub",
        ];
        expected.retain(|name| *name != "forwarded" || kind == ApiKind::Http);
        assert_eq!(names, expected, "{kind:?}");
        assert_eq!(seen.header("x-latchgate-sub"), [USER_ID]);
        assert_eq!(seen.header("x-latchgate-claims").len(), 1);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_by_the_gateway_and_every_method_is_allowed() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let ask = async |path: &str| {
            let request = place.open("OPTIONS", path).header("origin", "https://app.example.com");
            let request = request.header("access-control-request-method", "PATCH");
            reply(request.header("access-control-request-headers", "authorization,x-custom")).await
        };
        for path in ["/orders/7", "/", "/orders/"] {
            let answer = ask(path).await;
            assert!([200, 204].contains(&answer.status), "{kind:?} {path} {answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
            let methods = answer.header("access-control-allow-methods");
            assert_eq!(methods, Some("GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS"));
            assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,x-custom"));
        }
        let own = ask(route::LOGIN).await;
        assert_eq!(own.header("access-control-allow-methods"), Some("GET,POST,DELETE,OPTIONS"));
        assert!(server.take().is_empty());
    }
}

/// If several pages may call, the template's own preflight would say `*`.
#[tokio::test]
async fn a_preflight_names_the_page_that_asks_and_lets_no_other_call() {
    const PERMISSION: [&str; 4] = [
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-max-age",
    ];
    let (shop, admin) = ("https://shop.example.com", "http://localhost:5173");
    let several = format!("{shop},{admin}");
    for (kind, parameter) in KINDS.into_iter().flat_map(|kind| {
        [("AllowedOrigins", several.as_str()), ("AllowedOrigin", shop)].map(|parameter| (kind, parameter))
    }) {
        let server = Server::start().await;
        let place =
            Place::with(kind, &[&format!("/own=http://{}", server.address)], &[parameter], None).await;
        for path in ["/own", "/own/7"] {
            for origin in [shop, admin, "http://evil.example", "https://shop.example.com:1", "null", "*"] {
                let request = place.open("OPTIONS", path).header("origin", origin);
                let answer = reply(request.header("access-control-request-method", "PUT")).await;
                let is_allowed = parameter.1.split(',').any(|allowed| allowed == origin);
                for name in PERMISSION {
                    assert_eq!(answer.header(name).is_some(), is_allowed, "{kind:?} {path} {origin} {name}");
                }
                if is_allowed {
                    assert_eq!(answer.header(PERMISSION[0]), Some(origin), "{kind:?} {path}");
                }
                if kind == ApiKind::Rest {
                    assert_eq!(answer.header("vary"), Some("Origin"), "{path} {origin}");
                }
            }
            let nobody = reply(place.open("OPTIONS", path)).await;
            assert!(PERMISSION.iter().all(|name| nobody.header(name).is_none()), "{kind:?} {path}");
        }
        assert!(server.take().is_empty());
    }
}

#[tokio::test]
async fn a_path_without_a_server_is_404() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::start(kind, &[&format!("/orders=http://{}", server.address)]).await;
        for (method, path) in [("GET", "/other"), ("GET", "/ordersx"), ("GET", "/"), ("TRACE", "/orders")] {
            let status = place.request(method, path).send().await.unwrap().status();
            assert_eq!(status.as_u16(), 404, "{kind:?} {method} {path}");
        }
        assert!(server.take().is_empty());
    }
    // Without any server, the status is 404 too.
    let api = Api::start().await;
    let token = api.login().await.access;
    let request = crate::harness::bearer(axum::http::Request::get("/orders"), &token);
    assert_eq!(api.send(request, "").await.status, 404);
}

#[tokio::test]
async fn a_web_socket_and_a_loop_are_refused_in_words() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of(kind, server.address).await;
        let lines = ["GET /chat HTTP/1.1", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
        let (status, _, body) = place.raw(&lines, "").await;
        assert!(status == 501 && body.contains("WebSocket API"), "{status} {body}");
        // The `Via` header of its own gateway.
        place.get("/orders").await;
        let via = server.one().header("via")[0].to_owned();
        let answer = reply(place.request("GET", "/orders").header("via", via)).await;
        assert_eq!((answer.status, &answer.body["error"]), (508, &json!("server_error")));
        assert!(server.take().is_empty());
    }
}
