//! Links: where they lead, what uses them up, and what junk costs.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    body::Bytes,
    http::{Request, request},
};
use mailer::Mail;
use shared::route;

use super::{Asked, Stage};
use crate::harness::{
    APP, Browser, CHOSEN, GRACE, GRACES_PASSWORD, HOPPER, NEWCOMER, bearer, forged, form, form_delete,
    form_post, unescaped, url_of,
};

/// The path and query of a mail's link.
fn path_of(asked: &Asked) -> String {
    url_of(&asked.mail).strip_prefix("https://issuer.example.com").unwrap().to_owned()
}

/// Scanners of mail follow links, and previews ask for their heads.
#[tokio::test]
async fn following_a_link_uses_nothing_up() {
    for (path, email) in [(route::SIGNUP, NEWCOMER), (route::FORGOT, GRACE)] {
        let stage = Stage::set().await;
        let asked = stage.asked(path, email).await;
        let before = stage.api.stored().await;
        for _ in 0..3 {
            Browser::new(&stage.api).get(&path_of(&asked)).await.assert_page(200);
            let head = Request::head(path_of(&asked)).body(Bytes::new()).unwrap();
            Box::pin(stage.api.gateway.handle(head, IpAddr::V4(Ipv4Addr::LOCALHOST))).await;
        }
        assert_eq!(stage.api.stored().await, before, "{path}");
        let reply = if path == route::SIGNUP {
            stage.api.confirm(&asked.by_link(), CHOSEN).await
        } else {
            stage.api.reset(&asked.by_link(), CHOSEN).await
        };
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

#[tokio::test]
async fn no_header_of_the_request_changes_the_links_origin() {
    let stage = Stage::set().await;
    for (path, email) in [(route::SIGNUP, NEWCOMER), (route::FORGOT, GRACE)] {
        let mut request = form_post(path);
        for (name, value) in MISLEADING {
            request = request.header(name, value);
        }
        let reply = stage.api.send(request, form(&[("client_id", APP), ("email", email)])).await;
        let asked = stage.read(reply.request_token()).await;
        for part in [&asked.mail.text, &asked.mail.html, &asked.mail.subject] {
            assert!(!part.contains("evil.example"), "{part}");
        }
        assert!(url_of(&asked.mail).starts_with("https://issuer.example.com/account/"));
    }
}

/// Asserts that a mail loads and links to nothing but the issuer.
#[track_caller]
fn assert_links_to_issuer(mail: &Mail) {
    let html = unescaped(&mail.html);
    for link in html.split(['"', '\'', ' ', '<', '>', '(']).filter(|part| part.contains("://")) {
        let is_ours = link.starts_with("https://issuer.example.com/");
        assert!(is_ours || link.starts_with("http://www.w3.org/"), "{link}");
    }
    assert!(!mail.html.contains("<script") && !mail.html.contains("<form"));
}

/// A mail's only links lead to the issuer, so that no other site gets a referrer or counts readers.
#[tokio::test]
async fn a_mail_loads_and_links_to_nothing_else() {
    let stage = Stage::set().await;
    for (path, email) in [(route::SIGNUP, NEWCOMER), (route::FORGOT, GRACE)] {
        let asked = stage.asked(path, email).await;
        assert_links_to_issuer(&asked.mail);
        assert!(!asked.mail.subject.contains(&asked.code), "a lock screen shows the subject");
    }
}

/// The headers of a request by which an attacker would have links lead elsewhere.
const MISLEADING: [(&str, &str); 9] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-port", "8080"),
    ("x-forwarded-for", "192.0.2.1"),
    ("forwarded", "host=evil.example;proto=http"),
    ("x-original-url", "https://evil.example/"),
    ("origin", "https://evil.example"),
    ("referer", "https://evil.example/"),
];

/// The mails of a change of the address and of a deletion too: their requests write the rows.
#[tokio::test]
async fn no_header_changes_the_links_of_a_change_or_of_a_deletion() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    let misled = |request: request::Builder| {
        MISLEADING.into_iter().fold(request, |request, (name, value)| request.header(name, value))
    };
    let ask = form(&[("email", HOPPER), ("current_password", GRACES_PASSWORD)]);
    let request = misled(bearer(form_post(route::EMAIL), &tokens.access));
    let asked = stage.read(api.send(request, ask).await.request_token()).await;
    let confirm = form(&[("client_id", APP), ("token", &asked.link)]);
    assert_eq!(api.send(misled(form_post(route::EMAIL_CONFIRM)), confirm).await.status, 200);
    let undo = stage.post.deliver_one(api).await;
    let delete = form(&[("current_password", GRACES_PASSWORD)]);
    let request = misled(bearer(form_delete(), &tokens.access));
    assert_eq!(api.send(request, delete).await.status, 204);
    let deleted = stage.post.deliver_one(api).await;
    for mail in [&asked.mail, &undo, &deleted] {
        for part in [&mail.text, &mail.html, &mail.subject] {
            assert!(!part.contains("evil.example"), "{part}");
        }
        assert_links_to_issuer(mail);
    }
    assert!(url_of(&asked.mail).starts_with("https://issuer.example.com/account/email/confirm?"));
    assert!(url_of(&undo).starts_with("https://issuer.example.com/account/email/undo?"));
}

#[tokio::test]
async fn a_junk_token_costs_no_read() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.calls.take();
    let forged = forged(&asked.link);
    let junk_link = ["x", "lgm1_", "lgm1_AAAA", forged.as_str(), asked.request.as_str(), asked.code.as_str()];
    for junk in junk_link {
        stage.api.reset(&[("token", junk)], CHOSEN).await.assert_error(400, "invalid_grant");
        stage.api.confirm(&[("token", junk)], CHOSEN).await.assert_error(400, "invalid_grant");
        stage.api.confirm(&[("request", junk), ("code", "123456")], CHOSEN).await;
    }
    assert_eq!(stage.api.calls.count(), 0, "not even of the client");
}

/// Every single bit of a token counts.
#[tokio::test]
async fn a_changed_character_anywhere_makes_a_link_void() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.calls.take();
    for at in 0..asked.link.len() {
        for other in ['A', 'B', '_'] {
            let mut changed: Vec<char> = asked.link.chars().collect();
            if changed[at] == other {
                continue;
            }
            changed[at] = other;
            let changed: String = changed.into_iter().collect();
            let reply = stage.api.reset(&[("token", &changed)], CHOSEN).await;
            assert_eq!(reply.status, 400, "{changed}");
        }
    }
    assert_eq!(stage.api.calls.count(), 0);
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// A deployment knows its links by its own key.
#[tokio::test]
async fn a_link_of_another_deployment_is_void() {
    let (here, there) = (Stage::set().await, Stage::set().await);
    let mut deployment = there.api.deployment.clone();
    deployment.mail_key = local::mail_key::generate(&shared::random::SystemRandom::new());
    let there = Stage::of(there.api.redeployed(deployment).await);
    let asked = there.asked(route::FORGOT, GRACE).await;
    here.asked(route::FORGOT, GRACE).await;
    here.api.reset(&asked.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    there.api.reset(&asked.by_link(), CHOSEN).await;
}
