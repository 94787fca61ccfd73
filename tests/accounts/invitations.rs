//! Invitations: an operator's word that a person may open an account, with what the operator says of them.

use aws_sdk_dynamodb::types::AttributeValue;
use mails::{Invited, Withdrawn};
use serde_json::{Value, json};
use shared::{client::SignUp, clock::Timestamp, route, store::attribute};

use super::{
    Stage,
    races::{assert_one_wins, at_once, instances, password, passwords_of},
};
use crate::harness::{
    Browser, CHOSEN, Change, GRACE, GRACE_ID, GRACES_PASSWORD, NEWCOMER, NEWCOMERS_NAME, PASSWORD, SCALE,
    Spoiled, WEB, WireFault, bounce, claims, client, code_of, link_of, nothing_failed, number, stream_event,
    text, unescaped, url_of, waiting,
};

const DAY: u64 = 86_400;

/// Invites the newcomer, and returns the link of the mail.
async fn invited(stage: &Stage, claims: &Value) -> String {
    stage.api.invite(NEWCOMER, claims).await;
    link_of(&stage.post.deliver_one(&stage.api).await).unwrap()
}

#[tokio::test]
async fn an_invited_person_opens_an_account_with_the_operators_claims() {
    let stage = Stage::with("SignUp", "invited").await;
    let own = json!({ "name": "Newcomer", "roles": ["editor"] });
    let link = invited(&stage, &own).await;
    let tokens = stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    let said = claims(&tokens.access);
    for (name, value) in [
        ("email", json!(NEWCOMER)),
        ("email_verified", json!(true)),
        ("name", json!("Newcomer")),
        ("roles", json!(["editor"])),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    let users = stage.api.items("UsersTable").await;
    let user = users.iter().find(|user| user[attribute::USERNAME] == text(NEWCOMERS_NAME)).unwrap();
    assert_eq!(user[attribute::SIGNED_UP_AT], number(stage.api.clock.unix()));
    assert_eq!(stage.api.call(&tokens.access).await.status, 200);
    stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
}

#[tokio::test]
async fn the_mail_has_a_link_to_the_issuers_page_and_no_code() {
    let stage = Stage::with("SignUp", "invited").await;
    stage.api.invite(NEWCOMER, &json!({})).await;
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!((mail.to.as_str(), code_of(&mail)), (NEWCOMER, None), "as the operator wrote it");
    let start = format!("https://issuer.example.com{}?token=lgm1_", route::ACCOUNT_CONFIRM);
    assert!(url_of(&mail).starts_with(&start), "{}", url_of(&mail));
    let html = unescaped(&mail.html);
    for link in html.split(['"', '\'', ' ', '<', '>', '(']).filter(|part| part.contains("://")) {
        let is_ours = link.starts_with("https://issuer.example.com/");
        assert!(is_ours || link.starts_with("http://www.w3.org/"), "{link}");
    }
}

/// A claim of the operator's doesn't say whose mailbox it is: the mail does.
#[tokio::test]
async fn the_claims_of_an_invitation_never_replace_the_address() {
    let stage = Stage::with("SignUp", "invited").await;
    let own = json!({ "email": "boss@example.com", "email_verified": false, "name": "N" });
    let link = invited(&stage, &own).await;
    let tokens = stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    let said = claims(&tokens.access);
    assert_eq!((&said["email"], &said["email_verified"]), (&json!(NEWCOMER), &json!(true)));
    assert_ne!(said["sub"], "boss");
}

#[tokio::test]
async fn an_invitation_is_good_unless_sign_up_is_closed_and_domains_do_not_matter() {
    for (deployment, of_client, is_good) in [
        ("closed", None, false),
        ("invited", None, true),
        ("open", None, true),
        ("open", Some(SignUp::Closed), false),
        ("invited", Some(SignUp::Closed), false),
        ("closed", Some(SignUp::Invited), true),
        ("closed", Some(SignUp::Open), true),
        ("open", Some(SignUp::Invited), true),
    ] {
        let stage = Stage::with("SignUp", deployment).await;
        let mut deployment_with_domains = stage.api.deployment.clone();
        deployment_with_domains.parameters =
            deployment_with_domains.parameters.with("SignUpDomains", "example.org");
        let stage = Stage::of(stage.api.redeployed(deployment_with_domains).await);
        let mut own = client(WEB);
        own.sign_up = of_client;
        stage.api.put_client(&own).await;
        stage.api.invite_at(WEB, NEWCOMER, &json!({})).await;
        let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
        let before = stage.api.stored().await;
        let confirm = [("client_id", WEB), ("token", link.as_str()), ("password", CHOSEN)];
        let reply = stage.api.post(route::SIGNUP_CONFIRM, &confirm).await;
        let what = format!("{deployment}, {of_client:?}: {reply:?}");
        if is_good {
            assert_eq!(reply.status, 200, "{what}");
        } else {
            assert_eq!((reply.status, &reply.body["error"]), (403, &json!("access_denied")), "{what}");
            assert_eq!(stage.api.stored().await, before, "{what}");
        }
        // Nobody else may sign up at `invited`, and nobody with an address of another domain.
        let ask = [("client_id", WEB), ("email", "other@example.com")];
        stage.api.post(route::SIGNUP, &ask).await.assert_error(403, "access_denied");
    }
}

/// The rule of the moment decides, and the link is good again within its days.
#[tokio::test]
async fn a_sign_up_that_is_closed_meanwhile_keeps_the_invitation() {
    let stage = Stage::with("SignUp", "invited").await;
    let link = invited(&stage, &json!({})).await;
    let mut deployment = stage.api.deployment.clone();
    deployment.parameters = deployment.parameters.with("SignUp", "closed");
    let closed = stage.api.redeployed(deployment).await;
    let before = stage.api.stored().await;
    closed.confirm(&[("token", &link)], CHOSEN).await.assert_error(403, "access_denied");
    assert_eq!(stage.api.stored().await, before);
    stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
}

#[tokio::test]
async fn an_invitation_is_good_for_seven_days() {
    for (seconds, is_good) in [(7 * DAY - 1, true), (7 * DAY, false)] {
        let stage = Stage::with("SignUp", "invited").await;
        let link = invited(&stage, &json!({})).await;
        let rows = stage.api.items("MailsTable").await;
        let row = rows.iter().find(|row| row.contains_key(attribute::ADDRESS)).unwrap();
        let expires_at: u64 = row[attribute::EXPIRES_AT].as_n().unwrap().parse().unwrap();
        assert!(expires_at > stage.api.clock.unix() + 7 * DAY, "the row outlives the link");
        stage.api.clock.advance(seconds);
        stage.api.calls.take();
        let reply = stage.api.confirm(&[("token", &link)], CHOSEN).await;
        if is_good {
            reply.tokens();
        } else {
            reply.assert_error(400, "invalid_grant");
            assert_eq!(stage.api.calls.count(), 0, "it shows before any read");
        }
    }
}

#[tokio::test]
async fn an_invitation_is_used_once() {
    let stage = Stage::with("SignUp", "invited").await;
    let link = invited(&stage, &json!({})).await;
    stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    let before = stage.api.stored().await;
    for _ in 0..2 {
        stage
            .api
            .confirm(&[("token", &link)], "another good password")
            .await
            .assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.stored().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_uses_of_one_invitation_one_creates_the_account() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::with("SignUp", "invited").await;
        let link = invited(&stage, &json!({ "roles": ["editor"] })).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let link = link.clone();
            async move { api.confirm(&[("token", &link)], &password(number)).await }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_eq!(passwords_of(&stage.api, NEWCOMERS_NAME).await.len(), 1);
        let users = stage.api.items("UsersTable").await;
        let name = text(NEWCOMERS_NAME);
        assert_eq!(users.iter().filter(|user| user.get(attribute::USERNAME) == Some(&name)).count(), 1);
    }
}

/// The link says the same as a replaced one, so its reader doesn't learn of the mistake.
#[tokio::test]
async fn a_withdrawn_invitation_opens_no_account() {
    let stage = Stage::with("SignUp", "invited").await;
    let own = json!({ "roles": ["editor"] });
    let link = invited(&stage, &own).await;
    assert_eq!(stage.api.withdraw("NEWCOMER@example.com").await, Withdrawn::Done);
    let before = stage.api.stored().await;
    stage.api.confirm(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    assert_eq!(stage.api.withdraw(NEWCOMER).await, Withdrawn::Absent);
    let link = invited(&stage, &own).await;
    stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    assert_eq!(stage.api.withdraw(NEWCOMER).await, Withdrawn::Accepted);
}

#[tokio::test]
async fn a_withdrawn_invitation_that_waits_is_not_sent() {
    let stage = Stage::with("SignUp", "invited").await;
    stage.api.invite(NEWCOMER, &json!({})).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    assert_eq!(stage.api.withdraw(NEWCOMER).await, Withdrawn::Done);
    // The record of the invitation reaches the mailer only now.
    let event = stream_event([(Change::Insert, mailbox.as_str()), (Change::Remove, mailbox.as_str())]);
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert!(stage.post.deliver(&stage.api).await.is_empty());
}

/// The SDK repeats a deletion whose answer was lost, and finds no row.
#[tokio::test]
async fn a_withdrawal_whose_answer_is_lost_is_still_one() {
    let stage = Stage::with("SignUp", "invited").await;
    stage.api.invite(NEWCOMER, &json!({})).await;
    let (behind, proxy) = stage.api.behind_proxy().await;
    proxy.spoil(Spoiled::Once("DeleteItem Mails", 1), WireFault::CutAfter);
    assert_eq!(behind.withdraw(NEWCOMER).await, Withdrawn::Done);
    assert!(
        proxy.take_calls().contains(&("DeleteItem Mails".to_owned(), 2)),
        "the deletion, and its repetition"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_withdrawal_and_a_use_of_an_invitation_one_wins() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::with("SignUp", "invited").await;
        let link = invited(&stage, &json!({})).await;
        let used = [("token", link.as_str())];
        let (reply, withdrawn) = tokio::join!(stage.api.confirm(&used, CHOSEN), stage.api.withdraw(NEWCOMER));
        let rows = stage.api.items("CredentialsTable").await;
        let is_theirs = |name: &AttributeValue| *name == text(NEWCOMERS_NAME);
        let accounts = rows.iter().filter(|row| is_theirs(&row[attribute::USERNAME])).count();
        match withdrawn {
            Withdrawn::Done => assert_eq!((reply.status, accounts), (400, 0), "{reply:?}"),
            other => assert_eq!((other, reply.status, accounts), (Withdrawn::Accepted, 200, 1), "{reply:?}"),
        }
    }
}

/// Twenty commands at once, of operators who don't know of each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_invitations_of_one_person_one_is_mailed() {
    let stage = Stage::with("SignUp", "invited").await;
    let instances = instances(&stage).await;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..20 {
        let api = instances[number % 2].clone();
        running.spawn(async move { api.try_invite(NEWCOMER, &json!({}), false).await });
    }
    let stored = running.join_all().await;
    assert_eq!(stored.iter().filter(|invited| matches!(invited, Invited::Stored)).count(), 1);
    assert_eq!(stage.post.deliver(&stage.api).await.len(), 1);
}

#[tokio::test]
async fn an_existing_account_is_told_so_and_keeps_its_claims() {
    for is_disabled in [false, true] {
        let stage = Stage::with("SignUp", "invited").await;
        if is_disabled {
            stage.api.disable(GRACE_ID).await;
        }
        let before = stage.api.user(GRACE_ID).await;
        stage.api.invite(GRACE, &json!({ "roles": ["editor"] })).await;
        let mail = stage.post.deliver_one(&stage.api).await;
        assert_eq!((link_of(&mail), code_of(&mail)), (None, None), "{}", mail.text);
        assert_eq!(stage.api.user(GRACE_ID).await, before);
    }
}

/// An operator's other command, or the person, created it meanwhile.
#[tokio::test]
async fn an_invitation_takes_over_no_account_that_came_meanwhile() {
    let stage = Stage::with("SignUp", "open").await;
    let link = invited(&stage, &json!({ "roles": ["editor"] })).await;
    stage.api.put_account(NEWCOMERS_NAME, PASSWORD, "newcomer-user").await;
    let before = stage.api.stored().await;
    stage.api.confirm(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    stage.api.try_login_as(NEWCOMER, PASSWORD).await.tokens();
}

/// A stranger who asks for sign-ups must not end an operator's invitation, and the reverse.
#[tokio::test]
async fn invitations_and_sign_ups_neither_end_nor_block_each_other() {
    let stage = Stage::set().await;
    let link = invited(&stage, &json!({ "roles": ["editor"] })).await;
    for number in 0..7 {
        stage.api.try_ask_from(number, route::SIGNUP, NEWCOMER).await;
        stage.post.deliver(&stage.api).await;
    }
    let tokens = stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    assert_eq!(claims(&tokens.access)["roles"], json!(["editor"]));

    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let link = invited(&stage, &json!({ "roles": ["editor"] })).await;
    let tokens = stage.api.confirm(&asked.by_code(), CHOSEN).await.tokens();
    assert_eq!(claims(&tokens.access).get("roles"), None, "the stranger's own sign-up has no claims");
    stage.api.confirm(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_pending_invitation_stays_unless_another_is_wanted() {
    let stage = Stage::with("SignUp", "invited").await;
    let first = invited(&stage, &json!({ "roles": ["reader"] })).await;
    let again = stage.api.try_invite(NEWCOMER, &json!({ "roles": ["editor"] }), false).await;
    let until = Timestamp::from_unix(stage.api.clock.unix() + 7 * DAY);
    assert!(matches!(again, Invited::Pending(at) if at == until), "{again:?}");
    assert!(waiting(&stage.api).await.is_empty());
    assert!(matches!(
        stage.api.try_invite(NEWCOMER, &json!({ "roles": ["editor"] }), true).await,
        Invited::Stored
    ));
    let second = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    stage.api.confirm(&[("token", &first)], CHOSEN).await.assert_error(400, "invalid_grant");
    let tokens = stage.api.confirm(&[("token", &second)], CHOSEN).await.tokens();
    assert_eq!(claims(&tokens.access)["roles"], json!(["editor"]));
    // A used or expired one is no reason to stay.
    assert!(matches!(stage.api.try_invite(NEWCOMER, &json!({}), false).await, Invited::Stored));
}

#[tokio::test]
async fn an_expired_invitation_makes_way_for_another() {
    let stage = Stage::with("SignUp", "invited").await;
    invited(&stage, &json!({})).await;
    stage.api.clock.advance(7 * DAY);
    let link = invited(&stage, &json!({})).await;
    stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
}

#[tokio::test]
async fn a_rejected_password_uses_no_invitation_up() {
    let stage = Stage::with("SignUp", "invited").await;
    let link = invited(&stage, &json!({})).await;
    for password in ["short", "password1", NEWCOMER] {
        stage.api.confirm(&[("token", &link)], password).await.assert_error(400, "password_rejected");
    }
    stage.api.confirm(&[("token", &link)], CHOSEN).await.tokens();
}

#[tokio::test]
async fn an_invitation_opens_nothing_else() {
    let stage = Stage::with("SignUp", "invited").await;
    let link = invited(&stage, &json!({})).await;
    let before = stage.api.stored().await;
    stage.api.reset(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&[("token", &link)]).await.assert_error(400, "invalid_grant");
    stage.api.undo_address(&link, CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
}

#[tokio::test]
async fn a_suppressed_address_gets_no_invitation() {
    let stage = Stage::with("SignUp", "invited").await;
    stage.post.handle(bounce("Permanent", NEWCOMER)).await;
    stage.api.invite(NEWCOMER, &json!({})).await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    assert!(waiting(&stage.api).await.is_empty());
}

#[tokio::test]
async fn an_invited_person_chooses_a_password_at_the_pages() {
    let stage = Stage::with("SignUp", "invited").await;
    let link = invited(&stage, &json!({ "roles": ["editor"] })).await;
    let path = format!("{}?token={link}", route::ACCOUNT_CONFIRM);
    let mut browser = Browser::new(&stage.api);
    let before = stage.api.stored().await;
    let page = browser.get(&path).await;
    page.assert_page(200);
    assert!(page.html.contains(NEWCOMERS_NAME), "for the password manager");
    assert_eq!(stage.api.stored().await, before, "opening it uses nothing up");
    let form = page.form_with("action", Some("choose-password"));
    let action = Some(("action", "choose-password"));
    browser.submit(&form, &[("new_password", "password1")], action).await.assert_page(400);
    browser.submit(&form, &[("new_password", CHOSEN)], action).await.assert_page(200);
    let tokens = stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
    assert_eq!(claims(&tokens.access)["roles"], json!(["editor"]));
    browser.get(&path).await.assert_page(400);
}
