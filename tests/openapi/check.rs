//! The comparison of answers with the document notices each kind of difference.

use axum::http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use crate::harness::openapi::{Answered, Asked, DOCUMENT, objection};

const NO_STORE: [(&str, &str); 1] = [("cache-control", "no-store")];

/// The objection to an answer to a login.
fn of_login(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Option<String> {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
    let sent = json!({ "username": "demo", "password": "x", "client_id": "demo-app" }).to_string();
    let (media_type, body_sent) = ("application/json", sent.as_bytes());
    let asked = Asked { method: "POST", path: "/login", query: "", media_type, body: body_sent };
    objection(&asked, &Answered { status, headers: &headers, body })
}

fn tokens() -> Value {
    DOCUMENT.text["components"]["examples"]["tokens"]["value"].clone()
}

fn error(description: &str) -> Value {
    json!({ "error": "invalid_grant", "error_description": description })
}

#[test]
fn a_documented_answer_is_not_a_difference() {
    assert_eq!(of_login(200, &NO_STORE, &tokens()), None);
    assert_eq!(of_login(400, &NO_STORE, &error("The user name or the password is wrong.")), None);
}

#[test]
fn a_status_a_member_a_type_a_header_and_a_text_are_noticed() {
    let mut with_member = tokens();
    with_member["id_token"] = json!("x");
    let mut of_other_type = tokens();
    of_other_type["expires_in"] = json!("1800");
    let mut without_member = tokens();
    without_member.as_object_mut().unwrap().remove("refresh_token");
    for (status, headers, body) in [
        (201, &NO_STORE[..], tokens()),
        (200, &NO_STORE, with_member),
        (200, &NO_STORE, of_other_type),
        (200, &NO_STORE, without_member),
        (200, &NO_STORE, Value::Null),
        (200, &[("x-powered-by", "Latchgate")], tokens()),
        (200, &[("cache-control", "public")], tokens()),
        (400, &NO_STORE, error("Nobody is called so.")),
        (400, &NO_STORE, json!({ "error": "invalid_token", "error_description": "x" })),
        (400, &NO_STORE, json!({ "message": "Forbidden" })),
    ] {
        assert!(of_login(status, headers, &body).is_some(), "{status} {headers:?} {body}");
    }
}

#[test]
fn a_required_header_that_is_missing_is_noticed() {
    let asked =
        Asked { method: "HEAD", path: "/.well-known/jwks.json", query: "", media_type: "", body: &[] };
    let mut headers = HeaderMap::new();
    assert!(objection(&asked, &Answered { status: 200, headers: &headers, body: &Value::Null }).is_some());
    headers.insert("cache-control", "public, max-age=300".parse().unwrap());
    assert_eq!(objection(&asked, &Answered { status: 200, headers: &headers, body: &Value::Null }), None);
}

/// The objection to an answer to a request for authorization.
fn of_authorize(query: &str, status: u16, headers: &[(&'static str, &str)], body: &Value) -> Option<String> {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
    let asked = Asked { method: "GET", path: "/authorize", query, media_type: "", body: &[] };
    objection(&asked, &Answered { status, headers: &headers, body })
}

#[test]
fn pages_json_and_redirects_are_distinguished() {
    let page = json!("<!doctype html>");
    let html = [("content-type", "text/html; charset=utf-8")];
    for status in [200, 400, 500, 503] {
        assert_eq!(of_authorize("", status, &html, &page), None, "{status}");
    }
    let refused = &DOCUMENT.text["components"]["examples"]["refused_by_gateway"]["value"];
    let as_json = [("content-type", "application/json")];
    assert_eq!(of_authorize("", 400, &as_json, refused), None);
    let framed = [html[0], ("x-frame-options", "SAMEORIGIN")];
    for (status, headers, body) in [
        (200, &as_json[..], json!({})),
        (200, &html, Value::Null),
        (400, &as_json, error("The client is unknown.")),
        (404, &html, page.clone()),
        (200, &framed, page.clone()),
        (303, &html, page.clone()),
        (303, &[], Value::Null),
    ] {
        assert!(of_authorize("", status, headers, &body).is_some(), "{status} {headers:?} {body}");
    }
    assert_eq!(of_login(200, &html, &page).as_deref(), Some("it has no such body"));
}

/// A redirect with an error means that the request wasn't carried out.
#[test]
fn an_undocumented_authorization_request_that_gets_a_code_is_noticed() {
    let query = "response_type=code&prompt=wink";
    let sent_to = |answer: &str| {
        let location = format!("https://app.example.com/callback?{answer}&iss=x");
        of_authorize(query, 303, &[("location", &location)], &Value::Null)
    };
    assert_eq!(sent_to("error=invalid_request"), None);
    assert!(sent_to("code=lgc1_x").is_some());
}

/// A request that the document forbids must not be carried out.
#[test]
fn an_undocumented_request_that_is_carried_out_is_noticed() {
    let headers = HeaderMap::new();
    for (media_type, body, is_allowed) in [
        ("application/x-www-form-urlencoded", "token=x&everywhere=true", true),
        ("application/x-www-form-urlencoded", "token=x&everywhere=yes", false),
        ("application/json", r#"{"token":"x","everywhere":false,"more":[1]}"#, true),
        ("application/json; charset=utf-8", r#"{"token":1}"#, false),
        ("application/json", r#"{"token":"x","refresh_token":"x"}"#, false),
        ("application/json", "{}", false),
    ] {
        let asked = Asked { method: "POST", path: "/logout", query: "", media_type, body: body.as_bytes() };
        let found = objection(&asked, &Answered { status: 200, headers: &headers, body: &Value::Null });
        assert_eq!(found.is_none(), is_allowed, "{body}: {found:?}");
    }
    let list = json!({ "sessions": [] });
    for (query, is_allowed) in
        [("limit=20&x=1", true), ("limit=0", false), ("limit=x", false), ("cursor=", false)]
    {
        let asked = Asked { method: "GET", path: "/sessions", query, media_type: "", body: &[] };
        let found = objection(&asked, &Answered { status: 200, headers: &headers, body: &list });
        assert_eq!(found.is_none(), is_allowed, "{query}: {found:?}");
    }
}
