//! The bytes that each operation logs, which docs/operations/costs.md prices.

use std::collections::BTreeMap;

use axum::http::Request;
use serde_json::{Value as Json, json};
use serde_yaml_ng::Value;
use shared::{log::ALLOWED_CALLS_A_LINE, route};

use crate::{
    harness::{
        ADA, ADAS_PASSWORD, Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, Log,
        NEWCOMER, PASSWORD, Post, WEB, bearer, link_of, with_mail,
    },
    operations::template_called,
    pages::{Stated, logged_bytes, stated_bytes},
};

/// The fields whose values are longer in AWS, or have the same length only by chance.
fn of_aws() -> [(&'static str, Json); 9] {
    [
        ("user_id", json!("q0AB-5sVtUyT3kVZ2mYb7A")),
        ("client_id", json!("demo-app")),
        ("session_id", json!("Zp1cQxW9TtW6m0cGJrVw4g")),
        ("address", json!("203.0.113.195")),
        ("request_id", json!("JKJaXmPLvHcESHA=")),
        ("duration_ms", json!(12.345)),
        ("store_ms", json!(10.123)),
        ("hash_ms", json!(14.123)),
        ("duration", json!(12.345)),
    ]
}

/// The length of a line as in AWS, in bytes.
fn bytes(line: &Json) -> usize {
    let mut line = line.clone();
    let fields = line.as_object_mut().unwrap();
    for (name, value) in of_aws() {
        if let Some(field) = fields.get_mut(name) {
            *field = value;
        }
    }
    // Lambda's own ID, which events outside Lambda lack.
    if fields.contains_key("event") && fields.contains_key("request_id") {
        fields.insert("lambda_request_id".to_owned(), json!("c6af9ac6-7b61-11e6-9a41-93e8deadbeef"));
    }
    line.to_string().len()
}

/// The log lines of each operation, by its name on the page.
async fn lines(metrics: &str, lines: &str) -> BTreeMap<&'static str, Vec<Json>> {
    let api = Api::with(|parameters| {
        let parameters = with_mail(parameters).with("AWS::StackName", "latchgate");
        parameters.with("Metrics", metrics).with("RequestLines", lines)
    });
    let api = api.await.with_clients().await;
    let (log, _guard) = Log::listen();
    let mut left = BTreeMap::new();
    let mut note = |operation: &'static str| {
        let is_of_authorizer = |line: &Json| {
            line.get("function").or(line.get("Function")).is_some_and(|function| function == "authorizer")
        };
        let is_asked_for = |line: &Json| is_of_authorizer(line) == operation.starts_with("authorizer");
        left.insert(operation, log.take().into_iter().filter(is_asked_for).collect::<Vec<_>>());
    };
    let tokens = api.login().await;
    note("login");
    api.try_login("a wrong password").await;
    note("login, wrong password");
    let next = api.refresh(&tokens.refresh).await.tokens();
    note("refresh");
    api.refresh(&tokens.refresh).await.tokens();
    note("refresh, a retry within the leeway");
    api.refresh("junk").await;
    note("refresh, junk or foreign token");
    assert_eq!(api.call(&next.access).await.status, 200);
    note("authorizer, `session`");
    api.call("junk").await;
    note("authorizer, junk token");
    api.send(Request::get(route::JWKS), "").await;
    note("document");
    let other = api.login().await;
    note("login");
    api.logout(&other.refresh).await;
    note("logout");
    api.logout(&other.refresh).await;
    note("logout, of a session that is over");
    api.change_password(&next.access, PASSWORD, "a much better password").await.tokens();
    note("change of password");
    left.extend(lines_of_pages(&api, &log).await);
    left.extend(lines_of_mails(&api, &log).await);
    left
}

/// The log lines of accounts by mail, by their operations' names on the page.
async fn lines_of_mails(api: &Api, log: &Log) -> BTreeMap<&'static str, Vec<Json>> {
    let post = Post::of(api);
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    log.take();
    let mut left = BTreeMap::new();
    let is_of_authorizer = |line: &Json| {
        line.get("function").or(line.get("Function")).is_some_and(|function| function == "authorizer")
    };
    let mut note = |operation: &'static str| {
        left.insert(operation, log.take().into_iter().filter(|line| !is_of_authorizer(line)).collect());
    };
    api.ask(route::SIGNUP, NEWCOMER).await;
    note("sign-up");
    let link = link_of(&post.deliver_one(api).await).unwrap();
    note("mail, delivery");
    api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    note("sign-up, confirmation");
    api.confirm(&[("token", "junk")], CHOSEN).await.assert_error(400, "invalid_grant");
    note("link or code, junk");
    api.ask(route::FORGOT, GRACE).await;
    note("forgotten password");
    let link = link_of(&post.deliver_one(api).await).unwrap();
    note("mail, delivery");
    assert_eq!(api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    note("reset");
    post.hear(api).await;
    note("notice");
    post.deliver(api).await;
    let tokens = api.try_login_as(GRACE, CHOSEN).await.tokens();
    log.take();
    assert_eq!(api.try_change_address(&tokens.access, HOPPER, CHOSEN).await.status, 202);
    note("change of address");
    let link = link_of(&post.deliver_one(api).await).unwrap();
    log.take();
    assert_eq!(api.confirm_address(&[("token", &link)]).await.status, 200);
    note("change of address, confirmation");
    let link = link_of(&post.deliver_one(api).await).unwrap();
    log.take();
    assert_eq!(api.undo_address(&link, PASSWORD).await.status, 200);
    note("undo of a change of address");
    let tokens = api.try_login_as(GRACE, PASSWORD).await.tokens();
    log.take();
    assert_eq!(api.delete_account(&tokens.access, PASSWORD).await.status, 204);
    note("deletion of an account");
    left
}

/// The log lines of the code flow's operations, by their names on the page.
async fn lines_of_pages(api: &Api, log: &Log) -> BTreeMap<&'static str, Vec<Json>> {
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(api));
    let mut left = BTreeMap::new();
    let is_of_authorizer = |line: &Json| {
        line.get("function").or(line.get("Function")).is_some_and(|function| function == "authorizer")
    };
    let mut note = |operation: &'static str| {
        left.insert(operation, log.take().into_iter().filter(|line| !is_of_authorizer(line)).collect());
    };
    let form = flow.begin(&mut browser).await.sign_in_form();
    note("page, nobody signed in");
    browser.submit(&form, &[("username", ADA), ("password", "wrong")], None).await.assert_page(401);
    note("sign-in at the pages, wrong password");
    let fields = [("username", ADA), ("password", ADAS_PASSWORD)];
    let page = browser.submit(&form, &fields, None).await;
    note("sign-in at the pages");
    let code = flow.code_of(&page);
    let tokens = flow.redeem(api, &code).await.tokens();
    note("code");
    flow.redeem(api, "junk").await.assert_error(400, "invalid_grant");
    note("code, junk or foreign");
    flow.code_of(&flow.begin(&mut browser).await);
    note("sign-in at the pages, without a password");
    flow.with("client_id", "unknown").begin(&mut browser).await.assert_page(400);
    note("page, unknown client");
    assert_eq!(api.send(bearer(Request::get(route::USERINFO), &tokens.access), "").await.status, 200);
    note("userinfo");
    left
}

/// Each logged byte costs money, often more than the request's store operations.
#[tokio::test]
async fn an_operation_logs_as_many_bytes_as_the_page_says() {
    let mut left = lines("off", "problems").await;
    assert!(left.remove("document").unwrap().is_empty(), "it leaves none");
    // One call in a hundred leaves a line.
    let allowed = lines("off", "all").await.remove("authorizer, `session`").unwrap();
    assert!(left.insert("authorizer, `session`", allowed).unwrap().is_empty(), "the first wasn't drawn");
    let mut measured = BTreeMap::new();
    for (operation, lines) in &left {
        let share = if operation.ends_with("`session`") { f64::from(ALLOWED_CALLS_A_LINE) } else { 1.0 };
        let count = |number: usize| f64::from(u32::try_from(number).unwrap()) / share;
        measured.insert(*operation, (count(lines.len()), count(lines.iter().map(bytes).sum())));
    }
    for unlike in
        ["authorizer, `session` and `DpopReplay: store`", "authorizer, `denylist`", "authorizer, `none`"]
    {
        measured.insert(unlike, measured["authorizer, `session`"]);
    }
    measured.insert("*refresh by Get and TransactWriteItems*", measured["refresh"]);
    let stated: BTreeMap<_, _> =
        Stated::all().map(|(name, stated)| (name, (stated.log_lines, stated.log_bytes))).collect();
    assert_eq!(measured, stated);
}

/// With all logging turned on.
#[tokio::test]
async fn a_request_that_writes_everything_logs_about_as_much_as_the_page_says() {
    let left = lines("on", "all").await;
    for (operation, words) in [
        ("login", None),
        ("refresh", Some("the line of a refresh has ")),
        ("authorizer, `session`", Some("that of an allowed call ")),
        ("document", Some("that of a document ")),
    ] {
        let [line, metrics] = left[operation].iter().map(bytes).collect::<Vec<_>>()[..] else {
            panic!("{operation}: {:?}", left[operation])
        };
        assert!(metrics.abs_diff(stated_bytes("A line of metrics has ")) <= 10, "{operation}: {metrics}");
        if let Some(words) = words {
            assert_eq!(line, stated_bytes(words), "{operation}");
        }
        let (both, stated) = (line + metrics, logged_bytes());
        assert!(both <= stated && both * 10 >= stated * 8, "{operation}: {both} of {stated}");
    }
}

/// The format of an access log, anywhere in this value.
fn format(value: &Value) -> Option<&str> {
    match value {
        Value::Mapping(entries) => match entries.get("Format") {
            Some(Value::Tagged(format)) => format.value.as_str(),
            _ => entries.values().find_map(format),
        },
        Value::Sequence(values) => values.iter().find_map(format),
        Value::Tagged(tagged) => format(&tagged.value),
        _ => None,
    }
}

/// The bytes of a refresh's line in an access log.
fn access_log_bytes(value: &Value) -> usize {
    let mut line = format(value).unwrap().replace("${AWS::StackName}", "latchgate");
    for (variable, value) in [
        ("extendedRequestId", "JKJaXmPLvHcESHA="),
        ("requestTime", "28/Nov/2026:23:53:00 +0000"),
        ("identity.sourceIp", "203.0.113.195"),
        ("httpMethod", "POST"),
        ("resourcePath", "/refresh"),
        ("routeKey", "POST /refresh"),
        ("status", "200"),
        ("error.responseType", "-"),
        ("error.message", "-"),
        ("authorizer.error", "-"),
        ("authorizer.latency", "-"),
        ("integrationErrorMessage", "-"),
        ("responseLatency", "23"),
        ("integrationLatency", "18"),
        ("responseLength", "1987"),
        ("xrayTraceId", "-"),
    ] {
        line = line.replace(&format!("\"$context.{variable}\""), &format!("\"{value}\""));
    }
    assert!(!line.contains('$'), "{line}");
    line.len()
}

#[test]
fn a_line_of_the_access_log_has_as_many_bytes_as_the_page_says() {
    let rest = &template_called("template.yaml")["Resources"]["Api"];
    let http = &template_called("template-http.yaml")["Resources"]["Stage"];
    let bytes = [rest, http].map(access_log_bytes);
    assert_eq!(bytes, [stated_bytes("behind a REST API "), stated_bytes("behind an HTTP API ")]);
}
