//! Asking for a new password: what the mail says to whom.

use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{GRACE, GRACE_ID, NEWCOMER, code_of, link_of, text, url_of};

#[tokio::test]
async fn only_an_enabled_account_gets_a_link() {
    let stage = Stage::set().await;
    stage.asked(route::FORGOT, GRACE).await;
    for email in [NEWCOMER, GRACE] {
        if email == GRACE {
            stage.api.disable(GRACE_ID).await;
        }
        for path in [route::FORGOT, route::SIGNUP] {
            if (path, email) == (route::SIGNUP, NEWCOMER) {
                continue;
            }
            stage.api.ask(path, email).await;
            let mail = stage.post.deliver_one(&stage.api).await;
            assert_eq!((link_of(&mail), code_of(&mail)), (None, None), "{path} {email}: {}", mail.text);
            assert!(!mail.text.contains("lgm1_") && !mail.html.contains("lgm1_"));
            assert!(!mail.text.contains("lgq1_") && !mail.html.contains("lgq1_"));
        }
    }
}

/// The five mails of the outcomes have five subjects or texts, so that the reader learns the truth.
#[tokio::test]
async fn the_owner_of_the_address_learns_the_truth_by_mail() {
    let stage = Stage::set().await;
    let mut texts = std::collections::BTreeSet::new();
    for (path, email) in
        [(route::SIGNUP, NEWCOMER), (route::SIGNUP, GRACE), (route::FORGOT, NEWCOMER), (route::FORGOT, GRACE)]
    {
        stage.api.ask(path, email).await;
        texts.insert(stage.post.deliver_one(&stage.api).await.subject);
    }
    stage.api.disable(GRACE_ID).await;
    stage.api.ask(route::FORGOT, GRACE).await;
    texts.insert(stage.post.deliver_one(&stage.api).await.subject);
    assert_eq!(texts.len(), 5, "{texts:?}");
}

#[tokio::test]
async fn the_link_leads_to_the_page_of_its_purpose_at_the_issuer() {
    let stage = Stage::set().await;
    for (path, email, page) in
        [(route::SIGNUP, NEWCOMER, route::ACCOUNT_CONFIRM), (route::FORGOT, GRACE, route::ACCOUNT_RESET)]
    {
        let asked = stage.asked(path, email).await;
        let start = format!("https://issuer.example.com{page}?token={}", asked.link);
        assert!(url_of(&asked.mail).starts_with(&start), "{}", url_of(&asked.mail));
        assert_eq!(asked.mail.to.as_str(), email);
        assert_eq!(asked.mail.from.to_string(), "Latchgate <latchgate@example.com>");
    }
}

/// The asker's spelling may be another mailbox at a provider that tells them apart.
#[tokio::test]
async fn a_mail_to_an_account_goes_to_the_address_of_its_claim() {
    let stage = Stage::set().await;
    let claims = |email: &str| text(&json!({ "email": email, "email_verified": true }).to_string());
    for (claim, to) in [
        (claims("Grace@Example.com"), "Grace@Example.com"),
        (claims(GRACE), GRACE),
        // An address that isn't the user name's proves nothing about it.
        (claims("other@example.com"), GRACE),
        (claims("no address"), GRACE),
        (text("{}"), GRACE),
    ] {
        let with_claims = vec![(attribute::CLAIMS, claim)];
        stage.api.seeder().set("UsersTable", (attribute::USER_ID, GRACE_ID), with_claims).await.unwrap();
        for path in [route::FORGOT, route::SIGNUP] {
            stage.api.ask(path, "gRACE@eXAMPLE.com").await;
            assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), to, "{path}");
            stage.api.clock.advance(3600);
        }
    }
    stage.api.disable(GRACE_ID).await;
    stage.api.ask(route::FORGOT, "gRACE@eXAMPLE.com").await;
    assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), GRACE);
}

#[tokio::test]
async fn a_mail_to_a_new_address_goes_to_it_as_typed() {
    let stage = Stage::set().await;
    for path in [route::FORGOT, route::SIGNUP] {
        stage.api.ask(path, "nEWCOMER@eXAMPLE.com").await;
        assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), "nEWCOMER@eXAMPLE.com");
    }
}

/// A user whose name isn't an address can't be found by one.
#[tokio::test]
async fn an_address_that_is_no_user_name_has_no_account() {
    let stage = Stage::set().await;
    // The demo user's claim.
    stage.api.ask(route::FORGOT, "demo@example.com").await;
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!(link_of(&mail), None, "{}", mail.text);
}
