//! Invalid input gets a clear OAuth error, and nothing is lost or changed.

use axum::{body::Bytes, http::Request};
use serde_json::{Value, json};
use shared::route;

use crate::harness::{APP, Api, PASSWORD, USERNAME, form, form_post, refresh_form};

const ENDPOINTS: [&str; 3] = [route::LOGIN, route::REFRESH, route::LOGOUT];

#[tokio::test]
async fn a_body_that_is_neither_a_form_nor_json_is_415() {
    let api = Api::start().await;
    for path in ENDPOINTS {
        for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""] {
            let request = Request::post(path).header("content-type", media_type);
            api.send(request, "client_id=demo-app").await.assert_error(415, "invalid_request");
        }
        api.send(Request::post(path), "client_id=demo-app").await.assert_error(415, "invalid_request");
    }
}

#[tokio::test]
async fn a_malformed_body_is_an_invalid_request() {
    let api = Api::start().await;
    let deep = format!("{{\"username\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for path in ENDPOINTS {
        for body in ["", "{", "[]", "null", "\"x\"", "{\"a\":1}{", "{'a':1}", &deep, "{\"a\":1e999}"] {
            let request = Request::post(path).header("content-type", "application/json");
            let reply = api.send(request, body.to_owned()).await;
            reply.assert_error(400, "invalid_request");
        }
        for body in [
            &b"username=%ff"[..],
            b"client_id=demo-app&x=\xff\xfe",
            b"a=1&a=2",
            b"token=x&token=x",
            b"",
            b"&&&",
        ] {
            let reply = api.send(form_post(path), Bytes::copy_from_slice(body)).await;
            reply.assert_error(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_an_invalid_request_and_spends_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let body = format!(
        "grant_type=refresh_token&client_id={APP}&refresh_token={0}&refresh_token={0}",
        tokens.refresh
    );
    api.send(form_post(route::REFRESH), body).await.assert_error(400, "invalid_request");
    let body = format!(
        r#"{{"grant_type":"refresh_token","client_id":"{APP}","client_id":"{APP}","refresh_token":"{}"}}"#,
        tokens.refresh
    );
    let request = Request::post(route::REFRESH).header("content-type", "application/json");
    api.send(request, body).await.assert_error(400, "invalid_request");
    assert_eq!(api.session().await, before);
}

#[tokio::test]
async fn a_mistyped_parameter_is_an_invalid_request() {
    let api = Api::start().await;
    let login = json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD, "scope": "read", "device_name": "x" });
    for (name, value) in login.as_object().unwrap() {
        for wrong in [json!(1), json!([value]), json!({ "a": value }), json!(true)] {
            let mut body = login.clone();
            body[name] = wrong;
            api.post_json(route::LOGIN, &body).await.assert_error(400, "invalid_request");
        }
    }
    assert!(api.items("SessionsTable").await.is_empty());
    api.post_json(route::LOGIN, &login).await.tokens();
}

#[tokio::test]
async fn parameters_beyond_their_bounds_are_an_invalid_request() {
    let api = Api::start().await;
    let login = json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD });
    let long = |n| "x".repeat(n);
    for (name, value) in [
        ("password", long(1025)),
        ("password", "a\u{0}b".into()),
        ("username", long(257)),
        ("username", "two words".into()),
        ("username", "a\r\nb".into()),
    ] {
        let mut body = login.clone();
        body[name] = value.into();
        api.post_json(route::LOGIN, &body).await.assert_error(400, "invalid_request");
    }
    for missing in ["username", "password"] {
        for absent in [json!(null), json!("")] {
            let mut body = login.clone();
            body[missing] = absent;
            api.post_json(route::LOGIN, &body).await.assert_error(400, "invalid_request");
        }
    }
    for scope in ["\"", "a\\b", &long(1025), " ", "   ", "\t", "read\twrite"] {
        let mut body = login.clone();
        body["scope"] = scope.into();
        api.post_json(route::LOGIN, &body).await.assert_error(400, "invalid_scope");
    }
    assert!(api.items("SessionsTable").await.is_empty());
}

/// The body of a request with this scope.
fn scoped(parameters: &[(&str, &str)], scope: &str) -> String {
    form(&[parameters, &[("scope", scope)]].concat())
}

/// RFC 6749 section 3.3: only a missing or empty scope stands for the default.
#[tokio::test]
async fn a_scope_of_nothing_but_spaces_is_an_invalid_scope_everywhere() {
    let api = Api::start().await;
    let login = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD)];
    let tokens = api.login().await;
    let refresh = refresh_form(&tokens.refresh);
    for scope in [" ", "   ", "\u{a0}", "\t", "\n"] {
        api.send(form_post(route::LOGIN), scoped(&login, scope)).await.assert_error(400, "invalid_scope");
        api.send(form_post(route::REFRESH), scoped(&refresh, scope)).await.assert_error(400, "invalid_scope");
    }
    assert_eq!(api.items("SessionsTable").await.len(), 1);
    let none = api.send(form_post(route::LOGIN), scoped(&login, "")).await;
    assert_eq!((none.status, &none.body["scope"]), (200, &json!("read write")));
    let some = api.send(form_post(route::LOGIN), scoped(&login, " read ")).await;
    assert_eq!((some.status, &some.body["scope"]), (200, &json!("read")));
    api.send(form_post(route::REFRESH), scoped(&refresh, "")).await.tokens();
}

/// Programs derive it from a system's name, so it is never a reason for a refusal.
#[tokio::test]
async fn a_device_name_is_made_fit_for_a_list_and_never_refused() {
    let api = Api::start().await;
    let long = |text: &str, times| text.repeat(times);
    for (name, kept) in [
        ("Phone".to_owned(), Some("Phone".to_owned())),
        (long("x", 128), Some(long("x", 128))),
        (long("x", 129), Some(long("x", 128))),
        // Cut at a character boundary: 127 bytes plus two, 128 plus three.
        (format!("{}\u{e9}", long("x", 127)), Some(long("x", 127))),
        (long("\u{1f4f1}", 40), Some(long("\u{1f4f1}", 32))),
        (long("\u{20ac}", 43), Some(long("\u{20ac}", 42))),
        ("Ada's\tphone\r\n".into(), Some("Ada's phone".into())),
        ("a\u{0}b\u{1b}[31m\u{7f}\u{85}c".into(), Some("a b [31m  c".into())),
        ("a\u{202e}b\u{2066}c\u{2028}d".into(), Some("a b c d".into())),
        ("  ".into(), None),
        ("\t\u{0}".into(), None),
        (format!("{}{}x", long("x", 120), long(" ", 20)), Some(long("x", 120))),
    ] {
        let login =
            json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD, "device_name": name });
        let tokens = api.post_json(route::LOGIN, &login).await.tokens();
        let stored = api.session().await.remove("device_name").map(|stored| stored.as_s().unwrap().clone());
        assert_eq!(stored, kept, "{name:?}");
        let listed = api.call(&tokens.access).await;
        assert_eq!(listed.body["sessions"][0].get("device_name"), kept.map(Value::from).as_ref(), "{name:?}");
        api.logout(&tokens.refresh).await;
    }
    let mistyped = json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD, "device_name": 1 });
    api.post_json(route::LOGIN, &mistyped).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let api = Api::start().await;
    for path in ENDPOINTS {
        let body = format!("client_id={}", "x".repeat(64 * 1024));
        api.send(form_post(path), body).await.assert_error(413, "invalid_request");
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let api = Api::start().await;
    let body = json!({
        "client_id": APP, "username": USERNAME, "password": PASSWORD,
        "resource": ["x"], "nonce": 1, "__proto__": {}
    });
    api.post_json(route::LOGIN, &body).await.tokens();
}

#[tokio::test]
async fn an_error_never_repeats_the_request() {
    const SENT: &str = "sent-by-somebody";
    let api = Api::start().await;
    let requests: [(&str, &[&str]); 3] = [
        (route::LOGIN, &["grant_type", "client_id", "username", "password", "scope"]),
        (route::REFRESH, &["grant_type", "client_id", "refresh_token", "scope"]),
        (route::LOGOUT, &["client_id", "token", "everywhere", SENT, SENT]),
    ];
    for (path, names) in requests {
        for sent in 0..names.len() {
            let value = |(i, name): (usize, &&'static str)| match *name {
                _ if i == sent => SENT,
                "grant_type" => "refresh_token",
                "client_id" => APP,
                _ => "x",
            };
            let values = names.iter().enumerate().map(value);
            let parameters: Vec<(&str, &str)> = names.iter().copied().zip(values).collect();
            let reply = api.post(path, &parameters).await;
            assert!(reply.status >= 400, "{path} {parameters:?}");
            assert!(!reply.body.to_string().contains(SENT), "{path} {parameters:?}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn login_is_not_the_password_grant() {
    let api = Api::start().await;
    for grant_type in ["password", "refresh_token"] {
        let parameters =
            [("grant_type", grant_type), ("client_id", APP), ("username", USERNAME), ("password", PASSWORD)];
        api.post(route::LOGIN, &parameters).await.assert_error(400, "unsupported_grant_type");
    }
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn an_unknown_path_or_method_is_a_404_of_the_same_shape() {
    let api = Api::start().await;
    for request in [
        Request::get(route::LOGIN),
        Request::put(route::REFRESH),
        Request::delete(route::LOGOUT),
        Request::post(route::SESSIONS),
        Request::post("/login/x"),
        Request::get("/"),
        Request::head(route::LOGIN),
        Request::options("/nowhere"),
    ] {
        api.send(request, "").await.assert_gateway_error(404, "not_found");
    }
}

#[tokio::test]
async fn a_function_reached_by_another_method_answers_405() {
    let context = Api::start().await.context("login");
    let endpoint = shared::http::Endpoint::new("login", "POST", &context).unwrap();
    let request = lambda_http::http::Request::get(route::LOGIN).body(lambda_http::Body::Empty).unwrap();
    let flow = async {
        let error = shared::http::Parameters::from_request(&request).unwrap_err();
        Err(login::LoginError::from(error))
    };
    let response = endpoint.answer(&request, &endpoint.begin(&request), Box::pin(flow)).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
}
