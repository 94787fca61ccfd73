//! The deletion of an account by its user: what goes, what stays, and what is told by mail.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    APP, Api, Browser, CHOSEN, Device, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, PASSWORD,
    SESSION_COOKIE, THIRD, Tokens, USER_ID, WEB, bearer, claims, code_of, form, form_delete, form_post,
    link_of, text, waiting, with_mail, with_proof,
};

/// The tables in which a user has rows.
const OF_USERS: [&str; 5] =
    ["UsersTable", "CredentialsTable", "SessionsTable", "ConsentsTable", "CodesTable"];

/// The tables that still have a row of Grace's.
async fn left(api: &Api) -> Vec<&'static str> {
    let mut left = Vec::new();
    for table in OF_USERS {
        let is_hers = |row: &BTreeMap<String, AttributeValue>| {
            row.get(attribute::USER_ID) == Some(&text(GRACE_ID))
                || row.get(attribute::USERNAME) == Some(&text(GRACE))
        };
        if api.items(table).await.iter().any(is_hers) {
            left.push(table);
        }
    }
    left
}

/// Asserts that nothing of the account is left, and that nothing opens it.
pub(super) async fn assert_gone(api: &Api, sessions: &[&Tokens]) {
    assert_eq!(left(api).await, Vec::<&str>::new());
    for tokens in sessions {
        assert_eq!(api.call(&tokens.access).await.status, 401);
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    // The failed login counted an attempt on the free name, which is no one's row.
    for row in api.items("CredentialsTable").await {
        assert!(row.get(attribute::USER_ID) != Some(&text(GRACE_ID)), "{row:?}");
    }
}

#[tokio::test]
async fn a_deletion_leaves_nothing_of_the_account_and_ends_every_session() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let (here, there, others) = (api.graces().await, api.graces().await, api.login().await);
    let mut browser = Browser::new(api);
    let third = Flow::of(THIRD);
    let page = third.sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let page = browser.press(&page, "allow").await;
    let theirs = third.redeem(api, &third.code_of(&page)).await.tokens();
    assert!(left(api).await.contains(&"ConsentsTable"), "the third party's");

    let reply = api.delete_account(&here.access, GRACES_PASSWORD).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null), "{reply:?}");
    // A code is used up or expires within a minute, and names a session that is over.
    let left: Vec<_> = left(api).await.into_iter().filter(|table| *table != "CodesTable").collect();
    assert_eq!(left, Vec::<&str>::new());
    for tokens in [&here, &there] {
        assert_eq!(api.call(&tokens.access).await.status, 401);
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(api.call(&theirs.access).await.status, 401);
    api.refresh_of_flow(&third, &theirs.refresh).await.assert_error(400, "invalid_grant");
    assert!(browser.cookie(SESSION_COOKIE).is_some());
    assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    assert_eq!(api.call(&others.access).await.status, 200, "another user's stays");
    assert_eq!(api.names_of(USER_ID).await.len(), 1);
}

#[tokio::test]
async fn the_owner_of_the_address_is_told_and_gets_no_token() {
    let stage = Stage::set().await;
    let own = json!({ "email": "GRACE@Example.com", "email_verified": true });
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    let tokens = stage.api.graces().await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!(mail.to.as_str(), "GRACE@Example.com", "the user's own spelling");
    assert_eq!((link_of(&mail), code_of(&mail)), (None, None), "{}", mail.text);
    for part in [&mail.text, &mail.html, &mail.subject] {
        assert!(!part.contains("token=") && !part.contains(GRACE_ID), "{part}");
    }
    assert!(waiting(&stage.api).await.is_empty());
    // The name is free: the same person can sign up again.
    let asked = stage.asked(route::SIGNUP, GRACE).await;
    let again = stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    assert_ne!(claims(&again.access)["sub"], GRACE_ID);
}

#[tokio::test]
async fn a_deployment_without_mail_deletes_accounts_too() {
    let api = Api::start().await;
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let tokens = api.graces().await;
    let reply = api.delete_account(&tokens.access, GRACES_PASSWORD).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(api.items("MailsTable").await.is_empty());
    assert_gone(&api, &[&tokens]).await;
}

/// An operator may have created the user under another kind of name. There is no address to write to.
#[tokio::test]
async fn a_user_whose_name_is_no_address_is_deleted_without_a_mail() {
    let stage = Stage::set().await;
    let tokens = stage.api.login().await;
    assert_eq!(stage.api.delete_account(&tokens.access, PASSWORD).await.status, 204);
    assert!(waiting(&stage.api).await.is_empty());
    assert!(stage.api.user(USER_ID).await.is_none() && stage.api.names_of(USER_ID).await.is_empty());
}

#[tokio::test]
async fn a_wrong_password_counts_and_deletes_nothing() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let before = stage.api.stored().await;
    for _ in 0..2 * passwords::BUDGET {
        let reply = stage.api.delete_account(&tokens.access, "a wrong password").await;
        reply.assert_error(400, "invalid_grant");
    }
    let reply = stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await;
    reply.assert_error(400, "invalid_grant");
    let after = stage.api.stored().await;
    for table in ["UsersTable", "SessionsTable", "MailsTable", "RevocationsTable"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert_eq!(stage.api.call(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn only_a_live_session_and_a_body_with_the_password_delete() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let body = || form(&[("current_password", GRACES_PASSWORD)]);
    let before = stage.api.stored().await;
    stage.api.send(form_delete(), body()).await.assert_gateway_error(401, "unauthorized");
    let junk = bearer(form_delete(), "junk");
    stage.api.send(junk, body()).await.assert_gateway_error(401, "unauthorized");
    for empty in ["", "current_password="] {
        let request = bearer(form_delete(), &tokens.access);
        stage.api.send(request, empty).await.assert_error(400, "invalid_request");
    }
    // Parameters in a query end up in logs.
    let path = format!("{}?current_password=x", route::ACCOUNT);
    let request = bearer(Request::delete(path), &tokens.access);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    stage.api.send(request, "").await.assert_error(400, "invalid_request");
    assert_eq!(stage.api.stored().await, before);
    stage.api.logout(&tokens.refresh).await;
    let reply = stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    stage.api.graces().await;
}

#[tokio::test]
async fn json_deletes_as_a_form_does() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let request = bearer(Request::delete(route::ACCOUNT), &tokens.access);
    let request = request.header("content-type", "application/json");
    let body = json!({ "current_password": GRACES_PASSWORD });
    assert_eq!(stage.api.send(request, body.to_string()).await.status, 204);
    assert_gone(&stage.api, &[&tokens]).await;
}

/// A third party would learn the password, and could end the operator's relation to the user.
#[tokio::test]
async fn a_third_partys_client_deletes_nothing() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let mut browser = Browser::new(api);
    let flow = Flow::of(THIRD);
    let page = flow.sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let page = browser.press(&page, "allow").await;
    let theirs = flow.redeem(api, &flow.code_of(&page)).await.tokens();
    let before = api.stored().await;
    let reply = api.delete_account(&theirs.access, GRACES_PASSWORD).await;
    reply.assert_error(400, "unauthorized_client");
    assert_eq!(api.stored().await, before);
}

#[tokio::test]
async fn a_bound_token_deletes_with_a_proof_of_its_key_alone() {
    let api = Api::with(|parameters| with_mail(parameters).with("Dpop", "on")).await;
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let (device, thief) = (Device::es256(1), Device::es256(2));
    let proof = device.proof(&api, "POST", route::LOGIN).sign();
    let parameters = [("client_id", APP), ("username", GRACE), ("password", GRACES_PASSWORD)];
    let request = with_proof(form_post(route::LOGIN), &proof);
    let tokens = api.send(request, form(&parameters)).await.tokens();
    let before = api.items("UsersTable").await;
    let reply = api.delete_account(&tokens.access, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    let reply = api.delete_account_of(&thief, &tokens.access, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    assert_eq!(api.items("UsersTable").await, before);
    let reply = api.delete_account_of(&device, &tokens.access, GRACES_PASSWORD).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(left(&api).await, Vec::<&str>::new());
}

/// Links and codes of before open nothing, and create no account again but by a sign-up.
#[tokio::test]
async fn no_link_of_before_a_deletion_brings_the_account_back() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let reset = stage.asked(route::FORGOT, GRACE).await;
    let undo = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
    let change = stage.changing(&tokens, "third@example.com").await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    let before = stage.api.stored().await;
    stage.api.reset(&reset.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.undo_address(&undo, CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&change.by_link()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    assert_gone(&stage.api, &[&tokens]).await;
}

/// A mail for a forgotten password that waits finds no account.
#[tokio::test]
async fn a_mail_that_waits_says_how_things_are_after_the_deletion() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    let mails = stage.post.deliver(&stage.api).await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| link_of(mail).is_none() && code_of(mail).is_none()));
}

/// The mail isn't counted among those that the address may get, and a stranger's requests don't keep it back.
#[tokio::test]
async fn spent_bounds_do_not_keep_the_mail_back() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for number in 0..10 {
        for path in [route::SIGNUP, route::FORGOT] {
            stage.api.try_ask_from(number, path, GRACE).await;
        }
    }
    stage.post.deliver(&stage.api).await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), GRACE);
}

#[tokio::test]
async fn the_mail_to_a_suppressed_address_is_not_sent() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    stage.post.handle(crate::harness::bounce("Permanent", GRACE)).await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    assert!(waiting(&stage.api).await.is_empty());
    assert_gone(&stage.api, &[&tokens]).await;
}

/// The row of the mail names the user, and expires by itself: the account's last trace.
#[tokio::test]
async fn the_last_trace_of_an_account_expires() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    assert_eq!(stage.api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    stage.post.deliver_one(&stage.api).await;
    let now = stage.api.clock.unix();
    for row in stage.api.items("MailsTable").await {
        let expires_at: u64 = row[attribute::EXPIRES_AT].as_n().unwrap().parse().unwrap();
        assert!(expires_at > now && expires_at <= now + 5 * 86_400, "{row:?}");
    }
}
