//! Signing up: who may, what it needs, and what it leaves.

use axum::http::Request;
use serde_json::json;
use shared::{client::SignUp, route};

use super::Stage;
use crate::harness::{
    APP, Api, CHOSEN, GRACE, NEWCOMER, NEWCOMERS_NAME, SECRET, SERVER, THIRD, claims, client, form,
    form_post, link_of, with_mail,
};

#[tokio::test]
async fn a_confirmed_address_is_an_account_that_can_log_in() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let tokens = stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    assert_eq!(stage.api.call(&tokens.access).await.status, 200);
    let next = stage.api.refresh(&tokens.refresh).await.tokens();
    let claims = claims(&next.access);
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(NEWCOMER), &json!(true)));
    for spelling in [NEWCOMER, NEWCOMERS_NAME, "NEWCOMER@EXAMPLE.COM"] {
        stage.api.try_login_as(spelling, CHOSEN).await.tokens();
    }
}

#[tokio::test]
async fn no_account_exists_before_its_address_is_confirmed() {
    let stage = Stage::set().await;
    let before = stage.api.stored().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let mut after = stage.api.stored().await;
    after.insert("MailsTable".to_owned(), before["MailsTable"].clone());
    assert_eq!(after, before);
    stage.api.try_login_as(NEWCOMER, CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm(&asked.by_code(), CHOSEN).await.tokens();
}

/// The password is chosen by the reader of the mail, so the person who asked has nothing.
#[tokio::test]
async fn signing_up_a_strangers_address_gains_nothing() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let guess = [("request", asked.request.as_str()), ("code", "000000")];
    let refused = stage.api.confirm(&guess, "the password of a thief").await;
    assert!(asked.code == "000000" || refused.status == 400, "{refused:?}");
    let request_as_link = [("token", asked.request.as_str())];
    stage.api.confirm(&request_as_link, "the password of a thief").await.assert_error(400, "invalid_grant");
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    let thief = stage.api.try_login_as(NEWCOMER, "the password of a thief").await;
    thief.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_mail_to_an_existing_account_carries_no_token_and_no_code() {
    let stage = Stage::set().await;
    stage.api.ask(route::SIGNUP, GRACE).await;
    let mail = stage.post.deliver_one(&stage.api).await;
    for part in [&mail.text, &mail.html, &mail.subject] {
        assert!(!part.contains("lgm1_") && !part.contains("lgq1_") && !part.contains("token="), "{part}");
    }
    assert_eq!(link_of(&mail), None);
    assert!(mail.text.contains("/account/forgot"), "it says how to get in: {}", mail.text);
    assert_eq!(crate::harness::code_of(&mail), None);
}

#[tokio::test]
async fn sign_up_is_closed_unless_the_operator_opens_it() {
    for (deployment, of_client, is_open) in [
        ("closed", None, false),
        ("invited", None, false),
        ("open", None, true),
        ("open", Some(SignUp::Closed), false),
        ("open", Some(SignUp::Invited), false),
        ("closed", Some(SignUp::Open), true),
        ("invited", Some(SignUp::Open), true),
    ] {
        let stage = Stage::with("SignUp", deployment).await;
        let mut own = client(crate::harness::WEB);
        own.sign_up = of_client;
        stage.api.put_client(&own).await;
        let before = stage.api.stored().await;
        let asked = [("client_id", own.client_id.as_str()), ("email", NEWCOMER)];
        let reply = stage.api.post(route::SIGNUP, &asked).await;
        if is_open {
            reply.request_token();
        } else {
            reply.assert_error(403, "access_denied");
            assert_eq!(stage.api.stored().await, before, "{deployment}, {of_client:?}");
        }
        // Somebody with an account may forget the password in any case.
        stage.api.ask(route::FORGOT, GRACE).await;
    }
    let template = &Stage::set().await.api.template;
    assert_eq!(template.parameter("SignUp").unwrap()["Default"], "closed");
}

#[tokio::test]
async fn only_addresses_of_allowed_domains_may_sign_up() {
    let stage = Stage::with("SignUpDomains", "example.com,example.org").await;
    for email in ["a@example.com", "a@EXAMPLE.org"] {
        stage.api.ask(route::SIGNUP, email).await;
    }
    let before = stage.api.stored().await;
    for email in ["a@example.net", "a@sub.example.com", "a@notexample.com", "a@example.com.evil.example"] {
        stage.api.try_ask(route::SIGNUP, email).await.assert_error(403, "access_denied");
    }
    assert_eq!(stage.api.stored().await, before);
    // An account of another domain may be the operator's own work.
    stage.api.ask(route::FORGOT, "a@example.net").await;
}

/// A third party would learn the password. Its users sign up at the pages.
#[tokio::test]
async fn a_third_partys_client_cannot_ask_for_mails_or_take_passwords() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let before = stage.api.stored().await;
    let refused =
        stage.api.post(route::SIGNUP, &[("client_id", THIRD), ("email", "other@example.com")]).await;
    refused.assert_error(400, "unauthorized_client");
    let confirm = [("client_id", THIRD), ("token", &asked.link), ("password", CHOSEN)];
    stage.api.post(route::SIGNUP_CONFIRM, &confirm).await.assert_error(400, "unauthorized_client");
    assert_eq!(stage.api.stored().await, before);
}

#[tokio::test]
async fn a_confidential_client_proves_its_secret_before_any_write() {
    let stage = Stage::set().await;
    let before = stage.api.stored().await;
    for secret in ["", "wrong"] {
        let asked = [("client_id", SERVER), ("client_secret", secret), ("email", NEWCOMER)];
        for path in [route::SIGNUP, route::FORGOT] {
            stage.api.post(path, &asked).await.assert_error(401, "invalid_client");
        }
    }
    stage.api.post(route::FORGOT, &[("client_id", "unheard-of"), ("email", NEWCOMER)]).await;
    assert_eq!(stage.api.stored().await, before);
    let asked = [("client_id", SERVER), ("client_secret", SECRET), ("email", GRACE)];
    stage.api.post(route::FORGOT, &asked).await.request_token();
}

#[tokio::test]
async fn a_malformed_address_costs_no_call() {
    let stage = Stage::set().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    stage.api.calls.take();
    let long = format!("{}@example.com", "a".repeat(65));
    let longer = format!("a@{}.example.com", "a".repeat(250));
    for email in [
        "newcomer",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@b@example.com",
        "a@-.com",
        // A mail program would show the decoded word (RFC 2047 section 2) in place of the address.
        "=?utf-8?q?boss?=@example.com",
        "a=?@example.com",
        &long,
        &longer,
    ] {
        for path in [route::SIGNUP, route::FORGOT] {
            stage.api.try_ask(path, email).await.assert_error(400, "invalid_request");
        }
    }
    assert_eq!(stage.api.calls.count(), 0);
    for (path, parameters) in [
        (route::SIGNUP, &[("client_id", APP)][..]),
        (route::FORGOT, &[("client_id", APP), ("email", "")]),
        (route::SIGNUP, &[("client_id", APP), ("email", NEWCOMER), ("language", "fr")]),
    ] {
        stage.api.post(path, parameters).await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_deployment_without_a_sender_answers_503_and_writes_nothing() {
    let api = Api::with(|parameters| with_mail(parameters).with("MailFrom", "")).await;
    let before = api.stored().await;
    for path in [route::SIGNUP, route::FORGOT] {
        let reply = api.try_ask(path, NEWCOMER).await;
        assert_eq!(
            (reply.status, &reply.body["error"]),
            (503, &json!("temporarily_unavailable")),
            "{reply:?}"
        );
    }
    for path in [route::SIGNUP_CONFIRM, route::RESET, route::RESEND] {
        let parameters = [
            ("client_id", APP),
            ("token", "lgm1_x"),
            ("request", "lgq1_x"),
            ("password", CHOSEN),
            ("new_password", CHOSEN),
        ];
        assert!([400, 503].contains(&api.post(path, &parameters).await.status), "{path}");
    }
    assert_eq!(api.stored().await, before);
}

/// The first that is there counts: the parameter, then the header, then English.
#[tokio::test]
async fn the_mail_has_the_language_of_the_request() {
    let stage = Stage::set().await;
    let mut subjects = Vec::new();
    for (number, (parameter, header, is_vietnamese)) in [
        (Some("vi"), Some("en"), true),
        (Some("en"), Some("vi"), false),
        (None, Some("vi-VN,vi;q=0.9,en;q=0.5"), true),
        (None, Some("fr"), false),
        (None, None, false),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("{number}@example.com");
        let mut request = form_post(route::SIGNUP);
        if let Some(header) = header {
            request = request.header("accept-language", header);
        }
        let mut parameters = vec![("client_id", APP), ("email", email.as_str())];
        parameters.extend(parameter.map(|language| ("language", language)));
        stage.api.send(request, form(&parameters)).await.request_token();
        let mail = stage.post.deliver_one(&stage.api).await;
        let language = if is_vietnamese { "vi" } else { "en" };
        assert!(mail.html.contains(&format!("lang=\"{language}\"")), "{}", mail.html);
        subjects.push((is_vietnamese, mail.subject));
    }
    for (is_vietnamese, subject) in &subjects {
        assert_eq!(*is_vietnamese, *subject == subjects[0].1, "{subject}");
    }
}

#[tokio::test]
async fn json_and_forms_ask_alike() {
    let stage = Stage::set().await;
    let body = json!({ "client_id": APP, "email": NEWCOMER, "language": "en" });
    let request = stage.api.post_json(route::SIGNUP, &body).await.request_token();
    let asked = stage.read(request).await;
    let body = json!({ "client_id": APP, "token": asked.link, "password": CHOSEN, "device_name": "Laptop" });
    let tokens = stage.api.post_json(route::SIGNUP_CONFIRM, &body).await.tokens();
    let sessions = stage.api.call(&tokens.access).await;
    assert_eq!(sessions.body["sessions"][0]["device_name"], "Laptop", "{sessions:?}");
}

/// Parameters in a query end up in logs and histories.
#[tokio::test]
async fn a_parameter_in_the_query_is_refused() {
    let stage = Stage::set().await;
    for name in ["email", "request", "token", "code", "password", "new_password"] {
        for path in [route::SIGNUP, route::FORGOT, route::RESEND, route::SIGNUP_CONFIRM, route::RESET] {
            let request = form_post(&format!("{path}?{name}=x"));
            let reply = stage.api.send(request, form(&[("client_id", APP)])).await;
            reply.assert_error(400, "invalid_request");
        }
    }
    for path in [route::SIGNUP, route::FORGOT, route::RESEND, route::SIGNUP_CONFIRM, route::RESET] {
        stage.api.send(Request::get(path), "").await.assert_gateway_error(404, "not_found");
    }
}
