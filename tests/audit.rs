//! Every login, refusal, rotation, retry, theft, logout, revocation and change of password is one audit event.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use keys::KeyRotation;
use serde_json::{Value, json};
use shared::{log::Cause, route, store::attribute};

use crate::{
    harness::{
        APP, Api, Browser, CHOSEN, Device, Fault, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, Log,
        NEWCOMER, PASSWORD, Post, Provider, SECRET, SERVER, Secrets, THIRD, USER_ID, USERNAME, WEB, bearer,
        bounce, claims, client, link_of, metrics, text, with_mail,
    },
    key_rotation::rotate,
    login_flow::hash_at,
};

/// The events of requests that succeed and change nothing.
const NO_AUDIT_EVENTS: [&str; 5] = [
    "access_allowed",
    "authorize_succeeded",
    "metadata_succeeded",
    "sessions_succeeded",
    "userinfo_succeeded",
];

/// The events since the last call, each as its name and the detail that distinguishes it.
fn names(log: &Log) -> Vec<String> {
    let name = |event: &Value| {
        let text = |name: &str| event[name].as_str();
        let detail = text("reason").or(text("cause")).or(text("subtype"));
        [text("event"), detail].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    log.take_events().iter().map(name).collect()
}

#[tokio::test]
async fn each_outcome_is_one_event_with_a_stable_name() {
    let api = Api::start().await;
    let (log, _guard) = Log::listen();
    let first = api.login().await;
    assert_eq!(names(&log), ["login_succeeded"]);
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(names(&log), ["refresh_succeeded"]);
    api.refresh(&first.refresh).await.tokens();
    assert_eq!(names(&log), ["refresh_retry_served"]);
    api.call(&second.access).await;
    assert_eq!(names(&log), ["access_allowed", "sessions_succeeded"]);
    api.clock.advance(11);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    let theft =
        ["refresh_token_reused stale_replay", "session_revoked theft", "refresh_refused token_reused"];
    assert_eq!(names(&log), theft);
    api.call(&second.access).await;
    assert_eq!(names(&log), ["access_refused session_over"]);

    let (here, there) = (api.login().await, api.login().await);
    names(&log);
    let id = claims(&there.access)["sid"].as_str().unwrap().to_owned();
    api.send(bearer(Request::delete(format!("/sessions/{id}")), &here.access), "").await;
    assert_eq!(names(&log), ["access_allowed", "session_revoked user", "sessions_succeeded"]);
    let _third = api.login().await;
    let everywhere = [("client_id", APP), ("token", here.refresh.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    let logout = ["session_revoked logout_everywhere", "session_revoked logout", "logout_succeeded"];
    assert_eq!(names(&log)[1..], logout);
    api.logout("junk").await;
    assert_eq!(names(&log), ["logout_ignored"]);

    let (here, _there) = (api.login().await, api.login().await);
    names(&log);
    api.change_password(&here.access, PASSWORD, "a much better password").await.tokens();
    let change = ["access_allowed", "session_revoked password_change", "session_revoked password_change"];
    let change: Vec<_> = change.into_iter().chain(["password_changed"]).collect();
    assert_eq!(names(&log), change);
}

#[tokio::test]
async fn a_refusal_has_a_reason_and_is_distinguished_from_a_failure() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (log, _guard) = Log::listen();
    let login =
        |client, username, password| [("client_id", client), ("username", username), ("password", password)];
    for (parameters, expected) in [
        (login(APP, USERNAME, "a wrong password"), "login_refused wrong_password"),
        (login(APP, "nobody", PASSWORD), "login_refused unknown_username"),
        (login("unheard-of", USERNAME, PASSWORD), "login_refused unknown_client"),
        (login(SERVER, USERNAME, PASSWORD), "login_refused client_unproven"),
        (login(APP, USERNAME, "a\u{0}b"), "login_refused malformed_parameter"),
    ] {
        api.post(route::LOGIN, &parameters).await;
        assert_eq!(names(&log), [expected]);
    }
    for (client, expected) in [(SERVER, json!(SERVER)), ("unheard-of", Value::Null)] {
        api.post(route::LOGIN, &login(client, USERNAME, PASSWORD)).await;
        assert_eq!(log.take_events()[0]["client_id"], expected, "a client that there is, and no other");
    }
    api.refresh("junk").await;
    assert_eq!(names(&log), ["refresh_refused malformed_token"]);
    api.change_password(&tokens.access, "a wrong password", "a much better password").await;
    assert_eq!(names(&log), ["access_allowed", "password_refused wrong_password"]);
    api.change_password(&tokens.access, PASSWORD, "password1").await;
    assert_eq!(names(&log), ["access_allowed", "password_refused common_password"]);
    for _ in 0..passwords::BUDGET {
        api.try_login("a wrong password").await;
    }
    assert_eq!(names(&log).pop().unwrap(), "login_refused budget_spent");
    api.calls.fail(Fault::Before("UpdateItem Sessions"));
    api.calls.fail(Fault::Before("GetItem Sessions"));
    api.refresh(&tokens.refresh).await;
    api.call(&tokens.access).await;
    assert_eq!(names(&log), ["refresh_failed store_unavailable", "access_failed store_unavailable"]);
}

#[tokio::test]
async fn an_event_has_user_address_and_request_and_no_unproven_claim() {
    let api = Api::start().await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    let event = log.take_events().remove(0);
    let session_id = claims(&tokens.access)["sid"].clone();
    for (name, value) in [
        ("user_id", json!(USER_ID)),
        ("client_id", json!(APP)),
        ("session_id", session_id),
        ("address", json!("203.0.113.9")),
        ("function", json!("login")),
        ("status", json!(200)),
        ("level", json!("INFO")),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert!(event["request_id"].as_str().is_some_and(|id| id.len() > 10));

    // A secret in the place of an identifier stays out of the log.
    let misplaced = [("client_id", SECRET), ("username", PASSWORD), ("password", "a wrong password")];
    api.post(route::LOGIN, &misplaced).await;
    let misplaced = [("client_id", APP), ("username", "hunter2hunter2"), ("password", "a wrong password")];
    api.post(route::LOGIN, &misplaced).await;
    let events = json!(log.take_events()).to_string();
    assert!(events.contains("unknown_username") && !events.contains(SECRET) && !events.contains("hunter2"));
}

/// Causes each event of the catalogue at least once, except failures.
async fn eventful_run(api: &Api, secrets: &Secrets, log: &Log) {
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    rotate(&rotation, secrets, "first").await.unwrap();
    replace_weak_hash(api, log).await;
    visit_pages(api).await;
    let first = api.login().await;
    let key = "a-key-of-22-characters";
    let second = api.refresh_with_key(&first.refresh, key).await.tokens();
    api.refresh_with_key(&first.refresh, key).await.tokens();
    api.clock.advance(11);
    api.refresh_with_key(&first.refresh, key).await.tokens();
    api.call(&second.access).await;
    api.call("junk").await;
    let unknown = Request::delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA");
    api.send(bearer(unknown, &second.access), "").await;
    api.send(Request::get(route::JWKS), "").await;
    api.send(Request::get("/.well-known/oauth-authorization-server/nobody"), "").await;
    api.change_password(&second.access, PASSWORD, "password1").await;
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    api.logout("junk").await;
    api.post(route::LOGOUT, &[("client_id", APP)]).await.assert_error(400, "invalid_request");
    let third = api.login().await;
    api.logout(&third.refresh).await;
    let bound = api.login_of(&Device::es256(1)).await;
    api.refresh(&bound.refresh).await.assert_error(400, "invalid_grant");
    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
    let fourth = api.login().await;
    api.change_password(&fourth.access, PASSWORD, PASSWORD_TO_BE).await.tokens();
    set_credential(api, (attribute::MUST_CHANGE, AttributeValue::Bool(true))).await;
    assert_eq!(api.try_login(PASSWORD_TO_BE).await.status, 403);
    set_credential(api, (attribute::MUST_CHANGE, AttributeValue::Bool(false))).await;
    Box::pin(ask_for_mails(api)).await;
    fail_at_the_pages(api).await;
    fail(api, secrets, &rotation).await;
}

/// Causes each event of accounts by mail.
async fn ask_for_mails(api: &Api) {
    let post = Post::of(api);
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    api.ask(route::SIGNUP, NEWCOMER).await;
    let link = link_of(&post.deliver_one(api).await).unwrap();
    api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    api.confirm(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    api.ask(route::FORGOT, GRACE).await;
    let link = link_of(&post.deliver_one(api).await).unwrap();
    api.calls.fail(Fault::Once("GetItem Mails"));
    api.reset(&[("token", &link)], CHOSEN).await.assert_error(503, "temporarily_unavailable");
    assert_eq!(api.reset(&[("token", &link)], CHOSEN).await.status, 200);

    api.ask(route::FORGOT, GRACE).await;
    post.bag.set(Provider::Refuses);
    post.deliver(api).await;
    post.bag.set(Provider::Accepts);
    api.ask(route::FORGOT, GRACE).await;
    let calls = api.calls.clone();
    post.bag.at_each(move || calls.fail(Fault::Once("UpdateItem Mails")));
    post.deliver(api).await;
    post.bag.at_each(|| {});
    post.handle(bounce("Permanent", NEWCOMER)).await;
    api.ask(route::SIGNUP, NEWCOMER).await;
    api.clock.advance(60);
    post.deliver(api).await;
    Box::pin(change_addresses(api, &post)).await;
    ask_without_a_captcha(api).await;
}

/// Causes the event of a captcha whose function can't be reached, and doesn't have to be.
async fn ask_without_a_captcha(api: &Api) {
    let mut deployment = api.deployment.clone();
    deployment.lambda_endpoint = Some("http://127.0.0.1:1".to_owned());
    for (name, value) in [("CaptchaFunction", "captcha"), ("CaptchaFailure", "open")] {
        deployment.parameters = deployment.parameters.with(name, value);
    }
    let api = api.redeployed(deployment).await;
    let asked = [("client_id", APP), ("email", "someone@example.com"), ("captcha", "a solution")];
    api.post(route::SIGNUP, &asked).await.request_token();
}

/// Causes each event of changes of the address, of notices, and of deletions.
async fn change_addresses(api: &Api, post: &Post) {
    let email = "lovelace@example.com";
    api.put_account(email, CHOSEN, "lovelace-user").await;
    wish_for_mails(api, email).await;
    let tokens = api.try_login_as(email, CHOSEN).await.tokens();
    let reply = api.try_change_address(&tokens.access, HOPPER, CHOSEN).await;
    reply.request_token();
    let link = link_of(&post.deliver_one(api).await).unwrap();
    assert_eq!(api.confirm_address(&[("token", &link)]).await.status, 200);
    let link = link_of(&post.deliver_one(api).await).unwrap();
    assert_eq!(api.undo_address(&link, GRACES_PASSWORD).await.status, 200);
    for _ in 0..6 {
        api.clock.advance(60);
        let tokens = api.try_login_as(email, GRACES_PASSWORD).await.tokens();
        let everywhere = [("client_id", APP), ("token", &*tokens.refresh), ("everywhere", "true")];
        assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
        post.notices(api).await;
    }
    let tokens = api.try_login_as(email, GRACES_PASSWORD).await.tokens();
    assert_eq!(api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    post.deliver(api).await;
}

/// Causes each event of the wish for mails about new devices.
async fn wish_for_mails(api: &Api, email: &str) {
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, email, CHOSEN).await;
    for button in ["new-device-mails-on", "new-device-mails-off"] {
        let account = browser.get(route::ACCOUNT).await;
        browser.press(&account, button).await.assert_page(200);
    }
}

async fn set_credential(api: &Api, attribute: (&'static str, AttributeValue)) {
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), vec![attribute]).await.unwrap();
}

/// Signs in with a weak hash until it is replaced. A login waits two seconds for that, and a slow engine leaves it
/// for the next one. The log keeps the events of the last login only, so that every run has the same.
async fn replace_weak_hash(api: &Api, log: &Log) {
    set_credential(api, (attribute::PASSWORD_HASH, text(&hash_at(8, 1)))).await;
    let before = log.text().len();
    for _ in 0..20 {
        let tokens = api.login().await;
        if log.text().contains("password_rehashed") {
            return;
        }
        api.logout(&tokens.refresh).await;
        log.truncate(before);
    }
    panic!("no login replaced a weak hash");
}

/// Causes each event of the code flow, except failures.
async fn visit_pages(api: &Api) {
    for client_id in [WEB, THIRD] {
        api.put_client(&client(client_id)).await;
    }
    let mut browser = Browser::new(api);
    browser.get(route::AUTHORIZE).await.assert_page(400);
    let flow = Flow::of(WEB);
    flow.sign_in_as(&mut browser, USERNAME, "a wrong password").await.assert_page(401);
    let code = flow.code(&mut browser).await;
    let tokens = flow.redeem(api, &code).await.tokens();
    assert_eq!(api.send(bearer(Request::get(route::USERINFO), &tokens.access), "").await.status, 200);
    flow.redeem(api, &code).await.assert_error(400, "invalid_grant");
    let reader = Flow::of(WEB).with("scope", "read").tokens(api, &mut browser).await.tokens();
    let refused = api.send(bearer(Request::get(route::USERINFO), &reader.access), "").await;
    refused.assert_error(403, "insufficient_scope");
    let third = Flow::of(THIRD);
    for answer in ["deny", "allow"] {
        let page = third.begin(&mut browser).await;
        browser.press(&page, answer).await.redirect();
    }
    let account = browser.get(route::ACCOUNT).await;
    browser.press(&account, "sign-out").await;
}

/// Causes each kind of failure in the code flow.
async fn fail_at_the_pages(api: &Api) {
    let mut browser = Browser::new(api);
    let flow = Flow::of(WEB);
    let page = flow.sign_in_as(&mut browser, USERNAME, PASSWORD_TO_BE).await;
    let code = flow.code_of(&page);
    let tokens = flow.tokens(api, &mut browser).await.tokens();
    for call in ["PutItem Codes", "UpdateItem Codes"] {
        api.calls.fail(Fault::Before(call));
    }
    flow.begin(&mut browser).await.assert_page(503);
    flow.redeem(api, &code).await.assert_error(503, "temporarily_unavailable");
    api.calls.fail(Fault::Once("GetItem Users"));
    let failed = api.send(bearer(Request::get(route::USERINFO), &tokens.access), "").await;
    failed.assert_error(503, "temporarily_unavailable");
}

const PASSWORD_TO_BE: &str = "a much better password";

/// Causes each kind of failure.
async fn fail(api: &Api, secrets: &Secrets, rotation: &KeyRotation) {
    let tokens = api.try_login(PASSWORD_TO_BE).await.tokens();
    for call in ["UpdateItem Credentials", "UpdateItem Sessions", "Query Sessions"] {
        api.calls.fail(Fault::Before(call));
    }
    api.try_login(PASSWORD_TO_BE).await;
    api.refresh(&tokens.refresh).await;
    api.logout(&tokens.refresh).await;
    api.call(&tokens.access).await;
    api.change_password(&tokens.access, PASSWORD_TO_BE, PASSWORD).await;
    api.calls.fail(Fault::Before("GetItem Sessions"));
    api.call(&tokens.access).await;
    api.calls.fail(Fault::Before("Query Keys"));
    api.clock.advance(3600);
    api.send(Request::get(route::JWKS), "").await;
    secrets.fail(true);
    rotate(rotation, secrets, "second").await.unwrap_err();
    secrets.fail(false);
}

/// The lines of the first list that the second lacks.
fn without(lines: &[String], others: &[String]) -> Vec<String> {
    let mut rest = lines.to_vec();
    for other in others {
        if let Some(at) = rest.iter().position(|line| line == other) {
            rest.remove(at);
        }
    }
    rest
}

/// The parts of an audit event that every setting keeps: its name, its reason, and whom and where it concerns. A user
/// who signed up has a random identifier. A login replaces a weak hash while it stores the session, so that event may
/// come before there is one.
fn told(event: &Value) -> String {
    let fields = ["event", "level", "reason", "cause", "subtype", "client_id", "address"];
    let mut told: Vec<_> = fields.iter().filter_map(|name| Some(event.get(name)?.to_string())).collect();
    told.extend(
        event.get("user_id").map(|id| if id == USER_ID { USER_ID } else { "another user" }.to_owned()),
    );
    if event["event"] != "password_rehashed" {
        told.push(format!("with a session: {}", event.get("session_id").is_some()));
    }
    told.join(" ")
}

#[tokio::test]
async fn no_setting_loses_an_audit_event() {
    let mut runs = Vec::new();
    for (metrics, lines) in [("on", "all"), ("off", "all"), ("on", "problems"), ("off", "problems")] {
        let secrets = Secrets::emulated().await;
        let api = Api::with_secret(&secrets, |parameters| {
            let parameters = parameters.with("AWS::StackName", "latchgate");
            let parameters = with_mail(parameters).with("NewDeviceMails", "wanted");
            parameters.with("Metrics", metrics).with("RequestLines", lines).with("Dpop", "on")
        });
        let api = api.await;
        let (log, _guard) = Log::listen();
        Box::pin(eventful_run(&api, &secrets, &log)).await;
        let events: Vec<_> = log
            .take_events()
            .into_iter()
            .filter(|event| !NO_AUDIT_EVENTS.contains(&event["event"].as_str().unwrap()))
            .collect();
        // A change of password ends the sessions in the order of their identifiers, which are random.
        let mut told: Vec<_> = events.iter().map(told).collect();
        told.sort_unstable();
        runs.push((told, events));
    }
    for (told, _) in &runs[1..] {
        let (lost, added) = (without(&runs[0].0, told), without(told, &runs[0].0));
        assert!(lost.is_empty() && added.is_empty(), "lost: {lost:?}, added: {added:?}");
    }
    let seen: BTreeSet<_> = runs[3].1.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let catalogue: BTreeSet<_> = metrics().into_iter().map(|metric| metric.name).collect();
    let others = NO_AUDIT_EVENTS.into_iter().chain(["duration"]);
    let audited: BTreeSet<_> = seen.iter().copied().chain(others).map(str::to_owned).collect();
    assert_eq!(audited, catalogue, "each of the catalogue");
}

#[test]
fn the_document_lists_every_event_every_reason_and_every_field() {
    let document = include_str!("../docs/operations/events.md");
    // Every event is counted, and every other metric is not an event.
    let names: Vec<String> =
        metrics().into_iter().map(|metric| metric.name).filter(|name| name != "duration").collect();
    let of_operators = admin::audit::OperatorEvent::ALL.map(|event| event.name().to_owned());
    for name in names.iter().chain(&of_operators) {
        assert!(document.contains(&format!("`{name}`")), "{name} is not documented");
    }
    // Reasons, which follow, may have such names too.
    let (events, _) = document.split_once("\n### Causes of").unwrap();
    let documented = events.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in
        documented.filter(|name| ["_succeeded", "_refused", "_failed"].iter().any(|end| name.ends_with(end)))
    {
        assert!(names.iter().any(|known| known == name), "{name} is documented and is no event");
    }
    for reason in reasons() {
        assert!(document.contains(&format!("`{reason}`")), "the reason {reason} is not documented");
    }
    for cause in Cause::ALL {
        assert!(document.contains(&format!("`{}`", cause.name())), "{cause:?} is not documented");
    }
}

/// Every reason in the code: the texts in functions of that name.
fn reasons() -> Vec<String> {
    let sources = [
        include_str!("../functions/login/src/error.rs"),
        include_str!("../functions/refresh/src/error.rs"),
        include_str!("../functions/token/src/error.rs"),
        include_str!("../functions/token/src/decision.rs"),
        include_str!("../functions/userinfo/src/error.rs"),
        include_str!("../functions/logout/src/error.rs"),
        include_str!("../functions/sessions/src/error.rs"),
        include_str!("../functions/password/src/error.rs"),
        include_str!("../functions/metadata/src/error.rs"),
        include_str!("../functions/authorizer/src/error.rs"),
        include_str!("../functions/keys/src/error.rs"),
        include_str!("../functions/accounts/src/error.rs"),
        include_str!("../functions/accounts/src/captcha_error.rs"),
        include_str!("../functions/mailer/src/error.rs"),
        include_str!("../shared/src/aborted.rs"),
        include_str!("../shared/src/dpop/error.rs"),
        include_str!("../shared/src/http/endpoint_error.rs"),
        include_str!("../shared/src/http/proofs.rs"),
        include_str!("../shared/src/http/request_error.rs"),
        include_str!("../shared/src/http/client_credentials.rs"),
        include_str!("../shared/src/client/clients.rs"),
        include_str!("../shared/src/store/error.rs"),
        include_str!("../shared/src/keys/keysets.rs"),
        include_str!("../shared/src/keys/public.rs"),
        include_str!("../shared/src/tokens/access.rs"),
        include_str!("../shared/src/tokens/refresh_error.rs"),
        include_str!("../shared/src/tokens/verify_error.rs"),
        include_str!("../mails/src/key_source.rs"),
        include_str!("../mails/src/ticket.rs"),
        include_str!("../passwords/src/caller.rs"),
        include_str!("../passwords/src/error.rs"),
        include_str!("../passwords/src/policy.rs"),
        include_str!("../passwords/src/replace_error.rs"),
        include_str!("../passwords/src/sign_in_error.rs"),
    ];
    let mut reasons = Vec::new();
    for source in sources {
        let body = source.split("fn reason(").nth(1).expect("a list of reasons");
        let body = body.split("\n    }\n").next().unwrap();
        reasons.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(reasons.len() > 40, "they were found");
    reasons
}
