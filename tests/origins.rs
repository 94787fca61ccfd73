//! Pages of allowed origins may call and read the answers, behind both kinds of API.

use axum::http::{Request, request};
use local::{
    functions::Deployment,
    template::{ApiKind, Parameters, Template},
};
use regex_lite::Regex;
use shared::{clock::Clock, route};

use crate::harness::{APP, Api, PASSWORD, Reply, Tokens, USERNAME, bearer, form, form_post};

const SHOP: &str = "https://shop.example.com";
const ADMIN: &str = "http://localhost:5173";
/// `AllowedOrigin`, which a list overrides.
const OLD: &str = "https://app.example.com";
/// Other origins, some of which look similar.
const OTHERS: [&str; 9] = [
    "https://evil.example.com",
    "https://shop.example.com.evil.example",
    "https://SHOP.example.com",
    "https://shop.example.com:443",
    "http://shop.example.com",
    "https://shop.example.com/",
    "http://localhost:51730",
    "https://shop.example.com,http://localhost:5173",
    "null",
];
const KINDS: [ApiKind; 2] = [ApiKind::Rest, ApiKind::Http];
/// Every request of a client, including one for the authorizer.
const REQUESTS: [(&str, &str); 6] = [
    ("POST", route::LOGIN),
    ("POST", route::REFRESH),
    ("POST", route::LOGOUT),
    ("POST", route::PASSWORD),
    ("GET", route::SESSIONS),
    ("DELETE", "/sessions/abc"),
];

async fn deployed(kind: ApiKind, change: impl FnOnce(Parameters) -> Parameters) -> Api {
    let api = Api::start().await;
    let parameters = change(api.deployment.parameters.clone());
    api.redeployed(Deployment { api: kind, parameters, ..api.deployment.clone() }).await
}

/// An API of this kind that allows pages of two origins.
async fn start(kind: ApiKind) -> Api {
    deployed(kind, |parameters| parameters.with("AllowedOrigins", format!("{SHOP},{ADMIN}"))).await
}

fn of_page(request: request::Builder, origin: &str) -> request::Builder {
    request.header("origin", origin)
}

fn request(method: &str, path: &str, access_token: &str) -> request::Builder {
    bearer(Request::builder().method(method).uri(path), access_token)
}

/// Whether `fetch` gives the reply to a page of this origin that sends no cookies (Fetch section 4.11, "CORS check").
fn is_readable(reply: &Reply, origin: &str) -> bool {
    let allowed = reply.header("access-control-allow-origin");
    allowed == Some("*") || allowed == Some(origin)
}

/// An HTTP API's answer to a preflight has no `Vary`, since no cache stores it.
#[track_caller]
fn assert_varies(reply: &Reply, is_of_http_api: bool) {
    let expected = (!is_of_http_api).then_some("Origin");
    let values: Vec<_> = reply.headers.get_all("vary").iter().collect();
    assert_eq!(values, expected.into_iter().collect::<Vec<_>>(), "{reply:?}");
}

#[tokio::test]
async fn a_preflight_names_the_origin_that_asks_if_it_is_allowed() {
    for kind in KINDS {
        let api = start(kind).await;
        let is_http = kind == ApiKind::Http;
        for (method, path) in REQUESTS {
            for origin in [SHOP, ADMIN] {
                let reply = api.preflight(method, path, origin).await;
                reply.assert_preflight(origin);
                assert_varies(&reply, is_http);
            }
            for origin in OTHERS.into_iter().chain([OLD]) {
                let reply = api.preflight(method, path, origin).await;
                reply.assert_no_preflight();
                assert_varies(&reply, is_http);
            }
        }
    }
}

#[tokio::test]
async fn preflights_of_a_rest_api_vary_even_without_an_origin_or_with_two() {
    let api = start(ApiKind::Rest).await;
    api.calls.take();
    let bare = api.send(Request::options(route::LOGIN), "").await;
    let twice = of_page(of_page(Request::options(route::LOGIN), SHOP), ADMIN);
    let twice = api.send(twice.header("access-control-request-method", "POST"), "").await;
    for reply in [bare, twice] {
        reply.assert_no_preflight();
        assert_varies(&reply, false);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    assert!(api.calls.take().is_empty(), "a preflight reads nothing");
}

#[tokio::test]
async fn a_functions_answer_names_the_origin_that_asks_and_always_varies() {
    for kind in KINDS {
        let api = start(kind).await;
        let token = api.login().await.access;
        for (method, path) in REQUESTS {
            let ask = || request(method, path, &token);
            for origin in [SHOP, ADMIN] {
                let reply = api.send(of_page(ask(), origin), "").await;
                reply.assert_readable_by(Some(origin));
                assert_varies(&reply, false);
            }
            for origin in OTHERS.into_iter().chain([OLD]) {
                let reply = api.send(of_page(ask(), origin), "").await;
                reply.assert_readable_by(None);
                assert_varies(&reply, false);
            }
            let reply = api.send(ask(), "").await;
            reply.assert_readable_by(None);
            assert_varies(&reply, false);
        }
        // An HTTP API replaces `*` by the page's origin, so its answer varies.
        for origin in [SHOP, OTHERS[0]] {
            assert_varies(&api.send(of_page(Request::get(route::JWKS), origin), "").await, false);
        }
    }
}

/// An app meets this every half hour. If it can't read the 401, `fetch` fails as without a network, and the app doesn't
/// refresh.
#[tokio::test]
async fn an_expired_access_token_is_a_401_that_a_page_can_read() {
    for kind in KINDS {
        for list in [format!("{SHOP},{ADMIN}"), String::new()] {
            let pages = if list.is_empty() { vec![OLD] } else { vec![SHOP, ADMIN] };
            let api = deployed(kind, |parameters| parameters.with("AllowedOrigins", list)).await;
            let Tokens { access, refresh } = api.login().await;
            let later = api.with_clock(api.clock.now().as_unix() + 1801).await;
            for origin in pages {
                for (method, path) in &REQUESTS[3..] {
                    later.preflight(method, path, origin).await.assert_preflight(origin);
                    let reply = later.send(of_page(request(method, path, &access), origin), "").await;
                    assert_eq!(reply.status, 401, "{method} {path}");
                    assert!(is_readable(&reply, origin), "{method} {path}: {reply:?}");
                    let exposed = reply.header("access-control-expose-headers").unwrap();
                    assert!(exposed.to_ascii_lowercase().contains("www-authenticate"), "{exposed}");
                    if kind == ApiKind::Rest {
                        reply.assert_error(401, "unauthorized");
                    }
                }
            }
            assert_eq!(later.refresh(&refresh).await.status, 200, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn allowed_pages_can_read_the_answers_of_api_gateway_itself() {
    for kind in KINDS {
        let api = start(kind).await;
        let token = api.login().await.access;
        let rules = |parameters: Parameters| parameters.with("ScopeRules", "GET /sessions admin");
        let parameters = rules(api.deployment.parameters.clone());
        let narrow = api.redeployed(Deployment { parameters, ..api.deployment.clone() }).await;
        for origin in [SHOP, ADMIN] {
            for (reply, status) in [
                (api.send(of_page(Request::get(route::SESSIONS), origin), "").await, 401),
                (narrow.send(of_page(request("GET", route::SESSIONS, &token), origin), "").await, 403),
                (api.send(of_page(Request::get("/nowhere"), origin), "").await, 404),
            ] {
                assert_eq!(reply.status, status);
                assert!(is_readable(&reply, origin), "{reply:?}");
            }
        }
        // An HTTP API can select among origins. A REST API gives all pages the same answer.
        for origin in OTHERS {
            let reply = api.send(of_page(Request::get(route::SESSIONS), origin), "").await;
            assert_eq!(is_readable(&reply, origin), kind == ApiKind::Rest, "{kind:?} {origin}");
        }
    }
}

#[tokio::test]
async fn a_page_ends_a_session_by_its_id() {
    for kind in KINDS {
        let api = start(kind).await;
        let (mine, other) = (api.login().await, api.login().await);
        let listed = api.send(of_page(request("GET", route::SESSIONS, &mine.access), ADMIN), "").await;
        let sessions = listed.body["sessions"].as_array().unwrap();
        let id = sessions.iter().find(|s| s["current"] != true).unwrap()["session_id"].as_str().unwrap();
        let path = format!("{}/{id}", route::SESSIONS);
        api.preflight("DELETE", &path, ADMIN).await.assert_preflight(ADMIN);
        let ended = api.send(of_page(request("DELETE", &path, &mine.access), ADMIN), "").await;
        assert_eq!(ended.status, 204);
        ended.assert_readable_by(Some(ADMIN));
        assert_eq!(api.refresh(&other.refresh).await.status, 400);
    }
}

/// For one release, a stack that only has `AllowedOrigin` works as before.
#[tokio::test]
async fn a_stack_without_a_list_admits_only_its_one_origin() {
    for kind in KINDS {
        let api = deployed(kind, |parameters| parameters).await;
        api.preflight("POST", route::LOGIN, OLD).await.assert_preflight(OLD);
        api.preflight("POST", route::LOGIN, SHOP).await.assert_no_preflight();
        for (origin, allowed) in [(OLD, Some(OLD)), (SHOP, None)] {
            let login = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
            let reply = api.send(of_page(form_post(route::LOGIN), origin), login).await;
            assert_eq!(reply.status, 200);
            reply.assert_readable_by(allowed);
            let reply = api.send(of_page(Request::get(route::SESSIONS), origin), "").await;
            assert_eq!(is_readable(&reply, origin), allowed.is_some(), "{kind:?}");
        }
    }
    let api = deployed(ApiKind::Rest, |parameters| parameters).await;
    api.send(Request::get(route::SESSIONS), "").await.assert_readable_by(Some(OLD));
}

/// An operator's path without OPTIONS: SAM generates a fixed answer from `Cors`.
#[test]
fn with_several_origins_every_page_may_send_to_a_path_without_preflight() {
    let template = Template::of_project().unwrap();
    let origins =
        |parameters: Parameters| template.api(&parameters.with("AllowedOrigin", OLD)).unwrap().cors.origins;
    assert_eq!(origins(template.parameters()), OLD);
    assert_eq!(origins(template.parameters().with("AllowedOrigins", format!("{SHOP},{ADMIN}"))), "*");
}

fn pattern() -> Regex {
    let template = Template::of_project().unwrap();
    let pattern = template.parameter("AllowedOrigins").unwrap()["AllowedPattern"].as_str().unwrap();
    Regex::new(pattern).unwrap()
}

#[test]
fn the_template_takes_origins_as_browsers_send_them_and_nothing_else() {
    let pattern = pattern();
    for origins in [
        "",
        "https://app.example.com",
        "https://app.example.com,https://admin.example.com:8443,http://localhost:3000",
        "http://127.0.0.1:5173,http://[::1]:5173",
        "https://xn--mnchen-3ya.example",
    ] {
        assert!(pattern.is_match(origins), "{origins}");
    }
    for origins in [
        "null",
        "*",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/login",
        "https://app.example.com,",
        ",https://app.example.com",
        "https://a.example,,https://b.example",
        "https://a.example, https://b.example",
        "https://a.example https://b.example",
        "https://App.example.com",
        "https://m\u{fc}nchen.example",
        "https://",
        "https://a.example:",
        "https://a.example:0443",
        "app.example.com",
        "capacitor://localhost",
    ] {
        assert!(!pattern.is_match(origins), "{origins}");
    }
    for port in 0..=70_000 {
        for (scheme, default) in [("https", 443), ("http", 80)] {
            let is_sent = port != default && port != 0;
            assert_eq!(pattern.is_match(&format!("{scheme}://a.example:{port}")), is_sent, "{scheme} {port}");
        }
    }
}
