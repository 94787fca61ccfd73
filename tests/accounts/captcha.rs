//! The captcha: an operator's function says whether a stranger's request for a mail goes on. It is asked once the request
//! counted for its network, before anything else is counted or written, and learns nothing of the address.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::{
    client::{Client, SignUp},
    http::parameter::CAPTCHA,
    route,
    store::attribute,
};

use super::Stage;
use crate::harness::{
    APP, Api, Browser, CHOSEN, GRACE, GRACES_PASSWORD, HOPPER, Hook, HookAnswer, Log, NEWCOMER, Page, Reply,
    SECRET, SERVER, Stored, THIRD, client, code_of, form, form_post, network, with_mail,
};

/// The field of Turnstile's widget.
const FIELD: &str = "cf-turnstile-response";
const SOLVED: &str = "0.a-solution";

/// A deployment with a captcha.
async fn with_captcha(failure: &str) -> (Stage, Hook) {
    let hook = Hook::start().await;
    let parameters = [
        ("CaptchaFunction", "captcha:live"),
        ("CaptchaFailure", failure),
        ("CaptchaWidget", "turnstile"),
        ("CaptchaSiteKey", "0x4AAAAAAA"),
    ];
    let api = Api::with_mail().await;
    let mut deployment = api.deployment.clone();
    deployment.lambda_endpoint = Some(hook.endpoint.clone());
    for (name, value) in parameters {
        deployment.parameters = deployment.parameters.with(name, value);
    }
    (Stage::of(api.redeployed(deployment).await), hook)
}

/// Asks for a mail as the public client, with these parameters too.
async fn ask(api: &Api, path: &str, more: &[(&str, &str)]) -> Reply {
    let parameters = [&[("client_id", APP)], more].concat();
    api.send_from(network(7), form_post(path), form(&parameters)).await
}

/// Each request of a stranger, with the action that the function is told.
async fn requests(api: &Api) -> [(&'static str, (&'static str, String), &'static str); 3] {
    let solved = [("email", GRACE), (CAPTCHA, SOLVED)];
    let request = ask(api, route::FORGOT, &solved).await.request_token();
    [
        (route::SIGNUP, ("email", NEWCOMER.to_owned()), "sign_up"),
        (route::FORGOT, ("email", GRACE.to_owned()), "reset"),
        (route::RESEND, ("request", request), "resend"),
    ]
}

#[tokio::test]
async fn a_solved_captcha_asks_for_a_mail_and_the_function_sees_no_address() {
    let (stage, hook) = with_captcha("closed").await;
    for (path, (name, value), action) in requests(&stage.api).await {
        hook.take();
        ask(&stage.api, path, &[(name, &value), (CAPTCHA, SOLVED)]).await.request_token();
        let question =
            json!({ "captcha": SOLVED, "action": action, "client_id": APP, "ip": network(7).to_string() });
        assert_eq!(hook.take(), [("captcha:live".to_owned(), question)], "{path}");
    }
    assert_eq!(stage.post.deliver(&stage.api).await.len(), 2, "the mail of /forgot was asked for again");
}

/// All stored items but the counts of networks.
async fn uncounted(api: &Api) -> Stored {
    let mut stored = api.stored().await;
    let is_network = |row: &BTreeMap<String, AttributeValue>| {
        row[attribute::MAILBOX].as_s().unwrap().starts_with("network#")
    };
    stored.get_mut("MailsTable").unwrap().retain(|row| !is_network(row));
    stored
}

#[tokio::test]
async fn an_unsolved_captcha_changes_nothing_and_counts_for_its_network_alone() {
    let (stage, hook) = with_captcha("closed").await;
    let requests = requests(&stage.api).await;
    let before = uncounted(&stage.api).await;
    let (log, guard) = Log::listen();
    hook.answer(HookAnswer::NO);
    for (path, (name, value), _) in &requests {
        let reply = ask(&stage.api, path, &[(name, value), (CAPTCHA, "wrong")]).await;
        reply.assert_error(400, "invalid_request");
        assert_eq!(reply.body["error_description"], "The captcha was not solved.");
    }
    let reasons: Vec<_> = log.take_events().iter().map(|event| event["reason"].clone()).collect();
    assert_eq!(reasons, ["captcha_unsolved"; 3]);
    hook.take();
    assert_eq!(uncounted(&stage.api).await, before);
    let counted = stage.api.stored().await;
    for (path, (name, value), _) in &requests {
        let reply = ask(&stage.api, path, &[(name, value)]).await;
        reply.assert_error(400, "invalid_request");
        assert_eq!(reply.body["error_description"], "The parameter captcha is missing.");
        let oversized = "x".repeat(4097);
        let reply = ask(&stage.api, path, &[(name, value), (CAPTCHA, &oversized)]).await;
        assert_eq!(reply.body["error_description"], "The parameter captcha is malformed.");
    }
    drop(guard);
    assert!(hook.take().is_empty(), "without a solution there is nothing to ask");
    assert_eq!(stage.api.stored().await, counted, "nor to count");
    assert!(!log.text().contains("wrong"), "{}", log.text());
}

/// A stranger would otherwise cause calls of the operator's function without bound.
#[tokio::test]
async fn a_network_causes_sixty_calls_of_the_function_in_an_hour() {
    let (stage, hook) = with_captcha("closed").await;
    hook.answer(HookAnswer::NO);
    let wrong = [("email", NEWCOMER), (CAPTCHA, "wrong")];
    for _ in 0..60 {
        ask(&stage.api, route::SIGNUP, &wrong).await.assert_error(400, "invalid_request");
    }
    for path in [route::SIGNUP, route::FORGOT] {
        assert_eq!(ask(&stage.api, path, &wrong).await.status, 429, "{path}");
    }
    assert_eq!(hook.take().len(), 60);
    hook.answer(HookAnswer::YES);
    let solved = form(&[("client_id", APP), wrong[0], (CAPTCHA, SOLVED)]);
    stage.api.send_from(network(8), form_post(route::SIGNUP), solved).await.request_token();
}

#[tokio::test]
async fn the_function_gets_the_same_for_every_address() {
    let (stage, hook) = with_captcha("closed").await;
    for path in [route::SIGNUP, route::FORGOT] {
        let mut questions = Vec::new();
        for email in [GRACE, NEWCOMER] {
            ask(&stage.api, path, &[("email", email), (CAPTCHA, SOLVED)]).await.request_token();
            questions.push(hook.take());
        }
        assert_eq!(questions[0], questions[1], "{path}");
    }
}

/// A confidential client has proved that it is a server of the operator, which may have its own captcha.
#[tokio::test]
async fn a_server_needs_no_captcha() {
    let (stage, hook) = with_captcha("closed").await;
    hook.answer(HookAnswer::NO);
    let server = [("client_id", SERVER), ("client_secret", SECRET)];
    let asked = [&server[..], &[("email", GRACE)]].concat();
    let request = stage.api.post(route::FORGOT, &asked).await.request_token();
    let again = [&server[..], &[("request", &*request)]].concat();
    stage.api.post(route::RESEND, &again).await.request_token();
    assert!(hook.take().is_empty());
}

#[tokio::test]
async fn what_is_refused_anyway_does_not_call_the_function() {
    let (stage, hook) = with_captcha("closed").await;
    let api = &stage.api;
    let solved = (CAPTCHA, SOLVED);
    ask(api, route::SIGNUP, &[("email", "ada"), solved]).await.assert_error(400, "invalid_request");
    ask(api, route::RESEND, &[("request", "lgq1_x"), solved]).await.assert_error(400, "invalid_grant");
    for id in ["nobody", THIRD] {
        let asked = [("client_id", id), ("email", GRACE), solved];
        assert!([400, 401].contains(&api.post(route::FORGOT, &asked).await.status), "{id}");
    }
    api.put_client(&Client { sign_up: Some(SignUp::Closed), ..client("closed") }).await;
    let asked = [("client_id", "closed"), ("email", NEWCOMER), solved];
    api.post(route::SIGNUP, &asked).await.assert_error(403, "access_denied");
    assert!(hook.take().is_empty());
}

const FAILURES: [HookAnswer; 6] = [
    HookAnswer::Fails(r#"{"errorMessage":"timed out","errorType":"Error"}"#),
    HookAnswer::Fails(r#"{"success":true}"#),
    HookAnswer::Says("null"),
    HookAnswer::Says(r#"{"statusCode":200,"body":"{\"success\":true}"}"#),
    HookAnswer::Refused(404, "ResourceNotFoundException"),
    HookAnswer::Refused(429, "TooManyRequestsException"),
];

#[tokio::test]
async fn a_failure_of_the_function_refuses_and_counts_for_the_network_alone() {
    let (stage, hook) = with_captcha("closed").await;
    let requests = requests(&stage.api).await;
    let before = uncounted(&stage.api).await;
    let (log, _guard) = Log::listen();
    for failure in FAILURES {
        hook.answer(failure);
        hook.take();
        for (path, (name, value), _) in &requests {
            let reply = ask(&stage.api, path, &[(name, value), (CAPTCHA, SOLVED)]).await;
            reply.assert_error(503, "temporarily_unavailable");
        }
        assert_eq!(hook.take().len(), requests.len(), "{failure:?}: one call each");
    }
    assert_eq!(uncounted(&stage.api).await, before);
    let reasons: Vec<_> =
        log.take_events().iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect();
    assert!(reasons.iter().all(|reason| reason.starts_with("captcha_")), "{reasons:?}");
    hook.answer(HookAnswer::YES);
    let (path, (name, value), _) = &requests[2];
    ask(&stage.api, path, &[(name, value), (CAPTCHA, SOLVED)]).await.request_token();
}

#[tokio::test]
async fn if_the_operator_says_so_a_request_goes_on_after_a_failure_and_leaves_an_event() {
    let (stage, hook) = with_captcha("open").await;
    for (number, failure) in FAILURES.into_iter().enumerate() {
        hook.answer(failure);
        let (log, _guard) = Log::listen();
        let email = format!("{number}@example.com");
        ask(&stage.api, route::SIGNUP, &[("email", &email), (CAPTCHA, SOLVED)]).await.request_token();
        let events: Vec<_> = log.take_events().iter().map(|event| event["event"].clone()).collect();
        assert_eq!(events, ["captcha_unavailable", "mail_requested"], "{failure:?}");
    }
    hook.answer(HookAnswer::NO);
    let asked = [("email", NEWCOMER), (CAPTCHA, SOLVED)];
    ask(&stage.api, route::SIGNUP, &asked).await.assert_error(400, "invalid_request");
    ask(&stage.api, route::SIGNUP, &asked[..1]).await.assert_error(400, "invalid_request");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked here")]
async fn a_late_answer_is_a_failure_after_three_seconds() {
    let (stage, hook) = with_captcha("closed").await;
    hook.answer(HookAnswer::Never);
    let begun = Instant::now();
    let reply = ask(&stage.api, route::SIGNUP, &[("email", NEWCOMER), (CAPTCHA, SOLVED)]).await;
    reply.assert_error(503, "temporarily_unavailable");
    assert!((2..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!(begun.elapsed() > Duration::from_millis(2900));
    assert_eq!(hook.take().len(), 1, "it isn't asked twice, since a solution is good once");
}

#[tokio::test]
async fn a_signed_in_user_changes_the_address_without_a_captcha() {
    let (stage, hook) = with_captcha("closed").await;
    hook.answer(HookAnswer::NO);
    let tokens = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    let request = stage.api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await.request_token();
    stage.api.try_resend(&request).await.request_token();
    assert!(hook.take().is_empty());
}

/// Presses a button, with these fields.
async fn press(browser: &mut Browser<'_>, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
    let form = page.form_with("action", Some(action));
    browser.submit(&form, fields, Some(("action", action))).await
}

/// Presses a button, after the widget has put this solution into the form.
async fn solve(browser: &mut Browser<'_>, page: &Page, action: &str, solution: &str) -> Page {
    let form = page.form_with("action", Some(action)).with_field(FIELD, solution);
    browser.submit(&form, &[], Some(("action", action))).await
}

#[tokio::test]
async fn the_pages_have_the_widget_and_hand_its_solution_on() {
    let (stage, hook) = with_captcha("closed").await;
    for (path, email, action) in
        [(route::ACCOUNT_NEW, NEWCOMER, "sign_up"), (route::ACCOUNT_FORGOT, GRACE, "reset")]
    {
        let mut browser = Browser::new(&stage.api);
        let first = browser.get(path).await;
        assert!(first.html.contains(r#"<div class="cf-turnstile" data-sitekey="0x4AAAAAAA">"#), "{first:?}");
        let policy = first.header("content-security-policy").unwrap();
        assert!(policy.contains("; script-src https://challenges.cloudflare.com; "), "{policy}");
        let before = uncounted(&stage.api).await;

        let missing = press(&mut browser, &first, "ask", &[("email", email)]).await;
        missing.assert_page(400);
        assert!(missing.html.contains("Solve the captcha"), "{missing:?}");
        assert!(hook.take().is_empty());
        hook.answer(HookAnswer::NO);
        let unsolved = solve(&mut browser, &missing, "ask", "wrong").await;
        unsolved.assert_page(400);
        hook.answer(HookAnswer::Fails("null"));
        solve(&mut browser, &unsolved, "ask", SOLVED).await.assert_page(503);
        assert_eq!(uncounted(&stage.api).await, before);

        hook.answer(HookAnswer::YES);
        hook.take();
        let sent = solve(&mut browser, &unsolved, "ask", SOLVED).await;
        sent.assert_page(200);
        press(&mut browser, &sent, "resend", &[]).await.assert_page(400);
        let again = solve(&mut browser, &sent, "resend", SOLVED).await;
        again.assert_page(200);
        let actions: Vec<_> =
            hook.take().into_iter().map(|(_, question)| question["action"].clone()).collect();
        assert_eq!(actions, [action, "resend"]);

        let code = code_of(&stage.post.deliver_one(&stage.api).await).unwrap();
        let opened = press(&mut browser, &again, "enter-code", &[("code", &code)]).await;
        assert!(!opened.html.contains("<script"), "only where a mail is asked for");
        press(&mut browser, &opened, "choose-password", &[("new_password", CHOSEN)]).await.assert_page(200);
        assert!(hook.take().is_empty());
    }
}

/// It has no effect that an app could forget to send: nothing reads it.
#[tokio::test]
async fn without_a_captcha_the_parameter_is_ignored() {
    let api = Api::with(with_mail).await;
    ask(&api, route::SIGNUP, &[("email", NEWCOMER), (CAPTCHA, SOLVED)]).await.request_token();
    let page = Browser::new(&api).get(route::ACCOUNT_NEW).await;
    assert!(!page.html.contains("<script"));
}
