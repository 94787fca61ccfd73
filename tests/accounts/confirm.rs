//! Confirming an address: what a link and a code open, and what they don't.

use std::collections::BTreeSet;

use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{Api, CHOSEN, GRACE, NEWCOMER, NEWCOMERS_NAME, Tokens, number, text};

/// Asserts that there are no more accounts than before.
async fn assert_no_new_account(api: &Api) {
    let name = text(NEWCOMERS_NAME);
    for table in ["UsersTable", "CredentialsTable"] {
        let is_there = api.items(table).await.iter().any(|row| {
            row.get(attribute::USERNAME) == Some(&name)
                && (table == "UsersTable" || row.contains_key(attribute::PASSWORD_HASH))
        });
        assert!(!is_there, "{table}");
    }
}

#[tokio::test]
async fn a_link_opens_one_account_and_then_nothing() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    let before = stage.api.stored().await;
    for password in [CHOSEN, "another good password"] {
        stage.api.confirm(&asked.by_link(), password).await.assert_error(400, "invalid_grant");
        stage.api.reset(&asked.by_link(), password).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.stored().await, before);
    stage.api.confirm(&asked.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_opens_one_account_and_then_nothing() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.confirm(&asked.by_code(), CHOSEN).await.tokens();
    for means in [&asked.by_code()[..], &asked.by_link()] {
        stage.api.confirm(means, "another good password").await.assert_error(400, "invalid_grant");
    }
    stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
}

#[tokio::test]
async fn a_rejected_password_uses_nothing_up() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    for password in ["short", "password1", NEWCOMER, NEWCOMERS_NAME] {
        stage.api.confirm(&asked.by_link(), password).await.assert_error(400, "password_rejected");
    }
    assert_no_new_account(&stage.api).await;
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
}

/// A right code counts as a guess too, and a rejected password leaves the others.
#[tokio::test]
async fn a_password_that_is_rejected_with_a_code_leaves_the_code() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.confirm(&asked.by_code(), "password1").await.assert_error(400, "password_rejected");
    stage.api.confirm(&asked.by_code(), CHOSEN).await.tokens();
}

#[tokio::test]
async fn a_link_to_reset_confirms_nothing_and_the_reverse() {
    let stage = Stage::set().await;
    let (of_reset, of_sign_up) =
        (stage.asked(route::FORGOT, GRACE).await, stage.asked(route::SIGNUP, NEWCOMER).await);
    let before = stage.api.stored().await;
    stage.api.confirm(&of_reset.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.reset(&of_sign_up.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    stage.api.confirm(&of_reset.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.reset(&of_sign_up.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm(&of_sign_up.by_link(), CHOSEN).await.tokens();
    assert_eq!(stage.api.reset(&of_reset.by_link(), CHOSEN).await.status, 200);
}

/// An operator may have created it meanwhile. The owner of the address then resets the password instead.
#[tokio::test]
async fn a_link_does_not_take_over_an_account_that_came_meanwhile() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.put_account(NEWCOMERS_NAME, "the operators password", "newcomer-user").await;
    let before = stage.api.stored().await;
    stage.api.confirm(&asked.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before, "nor is the link used up");
    stage.api.try_login_as(NEWCOMER, "the operators password").await.tokens();
}

#[tokio::test]
async fn a_link_and_a_code_are_good_for_an_hour() {
    for (seconds, is_good) in [(3599, true), (3600, false)] {
        for by_link in [true, false] {
            let stage = Stage::set().await;
            let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
            stage.api.clock.advance(seconds);
            stage.api.calls.take();
            let (link, code) = (asked.by_link(), asked.by_code());
            let reply = stage.api.confirm(if by_link { &link[..] } else { &code }, CHOSEN).await;
            if is_good {
                reply.tokens();
            } else {
                reply.assert_error(400, "invalid_grant");
                assert_eq!(stage.api.calls.count(), 0, "it shows before any read");
            }
        }
    }
}

/// The rule of the moment decides, and the link is good again if it's opened within its hour.
#[tokio::test]
async fn a_sign_up_that_is_closed_meanwhile_opens_no_account() {
    for (name, value) in [("SignUp", "closed"), ("SignUpDomains", "example.org")] {
        let stage = Stage::set().await;
        let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
        let mut deployment = stage.api.deployment.clone();
        deployment.parameters = deployment.parameters.with(name, value);
        let closed = stage.api.redeployed(deployment).await;
        let before = stage.api.stored().await;
        closed.confirm(&asked.by_link(), CHOSEN).await.assert_error(403, "access_denied");
        closed.try_resend(&asked.request).await.assert_error(403, "access_denied");
        assert_eq!(stage.api.stored().await, before);
        stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    }
}

/// The mail proves the owner, so earlier guesses at the free name don't count.
#[tokio::test]
async fn guesses_at_a_free_name_do_not_lock_its_account() {
    let stage = Stage::set().await;
    for _ in 0..=passwords::BUDGET {
        stage.api.try_login_as(NEWCOMER, "wrong").await.assert_error(400, "invalid_grant");
    }
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let Tokens { access, .. } = stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    assert_eq!(stage.api.call(&access).await.status, 200);
    let rows = stage.api.items("CredentialsTable").await;
    let row = rows.into_iter().find(|row| row[attribute::USERNAME] == text(NEWCOMERS_NAME)).unwrap();
    let names: BTreeSet<_> = row.keys().map(String::as_str).collect();
    let whole = [attribute::USERNAME, attribute::USER_ID, attribute::PASSWORD_HASH, attribute::EXPIRES_AT];
    assert_eq!(names, whole.into(), "no counter is left");
    assert_eq!(row[attribute::EXPIRES_AT], number(passwords::NEVER.as_unix()), "it isn't swept");
    stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
}

#[tokio::test]
async fn exactly_one_of_a_link_and_a_code_is_taken() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let before = stage.api.stored().await;
    let (link, request, code) = (asked.link.as_str(), asked.request.as_str(), asked.code.as_str());
    for means in [
        &[][..],
        &[("request", request)],
        &[("code", code)],
        &[("token", link), ("code", code)],
        &[("token", link), ("request", request)],
        &[("token", link), ("request", request), ("code", code)],
    ] {
        stage.api.confirm(means, CHOSEN).await.assert_error(400, "invalid_request");
        stage.api.reset(means, CHOSEN).await.assert_error(400, "invalid_request");
    }
    assert_eq!(stage.api.stored().await, before);
}

#[tokio::test]
async fn the_account_belongs_to_the_address_that_was_written_to() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, &format!("  {NEWCOMER} ")).await;
    assert_eq!(asked.mail.to.as_str(), NEWCOMER, "as typed, without the spaces");
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    let users = stage.api.items("UsersTable").await;
    let user = users.iter().find(|user| user[attribute::USERNAME] == text(NEWCOMERS_NAME)).unwrap();
    let claims: serde_json::Value = serde_json::from_str(user[attribute::CLAIMS].as_s().unwrap()).unwrap();
    assert_eq!(claims, json!({ "email": NEWCOMER, "email_verified": true }));
}
