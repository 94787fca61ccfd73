//! Bodies made to be misread, at every endpoint of accounts by mail: each is refused, and changes nothing.

use axum::http::{Request, request};
use serde_json::{Map, Value, json};
use shared::route;

use super::Stage;
use crate::harness::{
    APP, Api, CHOSEN, GRACE, GRACES_PASSWORD, HOPPER, Log, NEWCOMER, Reply, bearer, form, link_of,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// An endpoint, and parameters that it would carry out.
struct Endpoint {
    method: &'static str,
    path: &'static str,
    parameters: Vec<(&'static str, String)>,
    access_token: Option<String>,
}

impl Endpoint {
    fn request(&self, path: &str, media_type: &str) -> request::Builder {
        let request = Request::builder().method(self.method).uri(path).header("content-type", media_type);
        match &self.access_token {
            Some(token) => bearer(request, token),
            None => request,
        }
    }

    async fn send(&self, api: &Api, media_type: &str, body: impl Into<axum::body::Bytes>) -> Reply {
        api.send(self.request(self.path, media_type), body).await
    }

    fn form(&self) -> String {
        form(&self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    }

    fn json(&self) -> Map<String, Value> {
        self.parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }
}

/// Every endpoint, with the mails that its parameters need. The requests of the caller's own mail come last.
async fn endpoints(stage: &Stage) -> Vec<Endpoint> {
    let tokens = stage.api.graces().await;
    let undo = link_of(&stage.changed(&tokens, "first@example.com").await).unwrap();
    let change = stage.changing(&tokens, HOPPER).await;
    let reset = stage.asked(route::FORGOT, "first@example.com").await;
    let sign_up = stage.asked(route::SIGNUP, NEWCOMER).await;
    let of = |method, path, parameters: &[(&'static str, &str)], is_protected: bool| Endpoint {
        method,
        path,
        parameters: parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        access_token: is_protected.then(|| tokens.access.clone()),
    };
    let app = ("client_id", APP);
    vec![
        of("POST", route::SIGNUP, &[app, ("email", "other@example.com")], false),
        of("POST", route::FORGOT, &[app, ("email", GRACE)], false),
        of("POST", route::RESEND, &[app, ("request", &sign_up.request)], false),
        of("POST", route::SIGNUP_CONFIRM, &[app, ("token", &sign_up.link), ("password", CHOSEN)], false),
        of("POST", route::RESET, &[app, ("token", &reset.link), ("new_password", CHOSEN)], false),
        of("POST", route::EMAIL_CONFIRM, &[app, ("token", &change.link)], false),
        of("POST", route::EMAIL_UNDO, &[app, ("token", &undo), ("new_password", CHOSEN)], false),
        of("POST", route::EMAIL, &[("email", HOPPER), ("current_password", GRACES_PASSWORD)], true),
        of("DELETE", route::ACCOUNT, &[("current_password", GRACES_PASSWORD)], true),
    ]
}

/// Sends each of these bodies, and asserts that it is refused with this status and changes nothing.
async fn assert_refused(api: &Api, endpoint: &Endpoint, status: u16, bodies: Vec<(&str, String)>) {
    let before = api.stored().await;
    for (media_type, body) in bodies {
        let shown: String = body.chars().take(200).collect();
        let reply = endpoint.send(api, media_type, body).await;
        assert_eq!(reply.status, status, "{} {shown}: {reply:?}", endpoint.path);
        reply.assert_error(status, "invalid_request");
    }
    assert_eq!(api.stored().await, before, "{}", endpoint.path);
}

#[tokio::test]
async fn a_repeated_a_missing_and_a_mistyped_parameter_are_refused() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        let (form, object) = (endpoint.form(), endpoint.json());
        let mut bodies = vec![(FORM, form.clone() + "&x=1&x=1")];
        for (name, value) in &endpoint.parameters {
            bodies.push((FORM, format!("{form}&{name}={value}")));
            bodies.push((FORM, format!("{name}=&{form}")));
            bodies.push((FORM, format!("{form}&%{:02x}{}=x", name.as_bytes()[0], &name[1..])));
            let first =
                |member: &str| format!("{{{member},{}", &Value::Object(object.clone()).to_string()[1..]);
            bodies.push((JSON, first(&format!(r#""{name}":"x""#))));
            bodies.push((JSON, first(&format!(r#""{name}":null"#))));
            for other in [json!(0), json!(true), json!([value]), json!({ "value": value }), json!(1e300)] {
                let mut object = object.clone();
                object.insert((*name).to_owned(), other);
                bodies.push((JSON, Value::Object(object).to_string()));
            }
            if *name != "client_id" {
                let mut object = object.clone();
                object.remove(*name);
                bodies.push((JSON, Value::Object(object).to_string()));
            }
        }
        assert_refused(&stage.api, &endpoint, 400, bodies).await;
    }
}

#[tokio::test]
async fn deep_broken_and_foreign_json_is_refused() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        let whole = Value::Object(endpoint.json()).to_string();
        let deep = format!(r#"{{"x":{}1{},{}"#, "[".repeat(200), "]".repeat(200), &whole[1..]);
        let bodies = ["", "[", "null", "[]", "\"x\"", &whole[..whole.len() - 1], &format!("{whole}x"), &deep];
        let bodies = bodies.iter().map(|body| (JSON, (*body).to_owned())).collect();
        assert_refused(&stage.api, &endpoint, 400, bodies).await;
        let mut object = endpoint.json();
        object.insert("x".to_owned(), json!("\u{0}"));
        let reply = endpoint.send(&stage.api, "text/plain", whole).await;
        assert!([400, 415].contains(&reply.status), "{}: {reply:?}", endpoint.path);
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_413_and_changes_nothing() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        let form = endpoint.form() + "&x=";
        let beyond = format!("{form}{}", "x".repeat(32 * 1024 + 1 - form.len()));
        let much = format!("{form}{}", "x".repeat(1_000_000));
        assert_refused(&stage.api, &endpoint, 413, vec![(FORM, beyond), (FORM, much)]).await;
    }
}

/// Parameters in a query end up in logs and histories.
#[tokio::test]
async fn a_parameter_in_the_query_is_refused() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        let before = stage.api.stored().await;
        for (name, value) in &endpoint.parameters {
            let path = format!("{}?{}", endpoint.path, form(&[(*name, value)]));
            let reply = stage.api.send(endpoint.request(&path, FORM), "").await;
            reply.assert_error(400, "invalid_request");
        }
        assert_eq!(stage.api.stored().await, before, "{}", endpoint.path);
    }
}

/// Control characters that could end a line of a log or a header of a mail.
#[tokio::test]
async fn characters_that_end_a_line_reach_no_log_no_mail_and_no_answer() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        for (at, (name, value)) in endpoint.parameters.iter().enumerate() {
            for added in
                ["\r\nBcc: evil@example.com", "\n{\"event\":\"evil\"}", "\u{0}evil", "\u{1b}[31mevil"]
            {
                let before = stage.api.stored().await;
                let mut object = endpoint.json();
                object.insert((*name).to_owned(), json!(format!("{value}{added}")));
                let (log, guard) = Log::listen();
                let reply = endpoint.send(&stage.api, JSON, Value::Object(object).to_string()).await;
                let mails = stage.post.deliver(&stage.api).await;
                drop(guard);
                let what = format!("{} {name} {added:?}: {reply:?}", endpoint.path);
                assert!(reply.status >= 400, "{what}");
                assert!(mails.is_empty(), "{what}");
                assert!(!format!("{reply:?}").contains("evil"), "{what}");
                assert!(!log.text().contains("evil"), "{what}: {}", log.text());
                for table in ["UsersTable", "SessionsTable"] {
                    assert_eq!(stage.api.stored().await[table], before[table], "{what}");
                }
                stage.api.restore(&before).await;
                assert!(at < 4, "few parameters");
            }
        }
    }
}

/// The calls that a request behind the authorizer makes before its body is read are the authorizer's.
#[tokio::test]
async fn junk_costs_no_read_of_the_functions() {
    let stage = Stage::set().await;
    for endpoint in endpoints(&stage).await {
        stage.api.calls.take();
        for junk in ["", "x", "%%%", "a=1&a=1"] {
            endpoint.send(&stage.api, FORM, junk).await.assert_error(400, "invalid_request");
        }
        let calls: Vec<_> = stage.api.calls.take().into_iter().map(|call| call.name).collect();
        let expected: &[&str] = if endpoint.access_token.is_some() { &["GetItem Sessions"; 4] } else { &[] };
        assert_eq!(calls, expected, "{}", endpoint.path);
    }
}
