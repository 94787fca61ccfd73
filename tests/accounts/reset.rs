//! A reset ends all sessions, begins none, and forgets failed attempts and a required change.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, SESSION_COOKIE, WEB, text,
};

/// Grace's credential.
async fn credential(api: &Api) -> std::collections::BTreeMap<String, AttributeValue> {
    let rows = api.items("CredentialsTable").await;
    rows.into_iter().find(|row| row[attribute::USERNAME] == text(GRACE)).unwrap()
}

#[tokio::test]
async fn a_reset_ends_all_sessions_and_logs_nobody_in() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let [here, there] = [0, 1].map(|_| api.try_login_as(GRACE, GRACES_PASSWORD));
    let [here, there] = [here.await.tokens(), there.await.tokens()];
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let of_others = api.login().await;

    let asked = stage.asked(route::FORGOT, GRACE).await;
    let reply = api.reset(&asked.by_link(), CHOSEN).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({})), "{reply:?}");
    assert_eq!(reply.header("set-cookie"), None);
    for tokens in [&here, &there] {
        assert_eq!(api.call(&tokens.access).await.status, 401);
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    assert!(browser.cookie(SESSION_COOKIE).is_some());
    assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    let left = api.items("SessionsTable").await;
    assert!(left.iter().all(|session| session[attribute::USER_ID] != text(GRACE_ID)), "{left:?}");
    assert_eq!(api.call(&of_others.access).await.status, 200);

    api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    let tokens = api.try_login_as(GRACE, CHOSEN).await.tokens();
    assert_eq!(api.call(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.tokens();
}

/// Sessions of before end even if a copy of the table with them is restored.
#[tokio::test]
async fn a_reset_cuts_off_every_session_that_began_before() {
    let stage = Stage::set().await;
    let old = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    let sessions = stage.api.items("SessionsTable").await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_code(), CHOSEN).await.status, 200);
    for session in sessions {
        stage.api.put("SessionsTable", session).await;
    }
    stage.api.refresh(&old.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_reset_clears_the_demand_for_a_change() {
    let stage = Stage::set().await;
    let must_change = vec![
        (attribute::MUST_CHANGE, AttributeValue::Bool(true)),
        (attribute::CHANGED_IN, text("AAAAAAAAAAAAAAAAAAAAAA")),
    ];
    stage.api.seeder().set("CredentialsTable", (attribute::USERNAME, GRACE), must_change).await.unwrap();
    assert_eq!(stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.status, 403);
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
    let credential = credential(&stage.api).await;
    for gone in [attribute::MUST_CHANGE, attribute::CHANGED_IN] {
        assert!(!credential.contains_key(gone), "{gone}");
    }
}

/// The demand is for another password: an operator may know the current one, or a list of leaked ones has it.
#[tokio::test]
async fn a_reset_that_must_change_the_password_refuses_the_current_one() {
    let stage = Stage::set().await;
    let must_change = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    stage.api.seeder().set("CredentialsTable", (attribute::USERNAME, GRACE), must_change).await.unwrap();
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let before = stage.api.stored().await;
    let refused = stage.api.reset(&asked.by_link(), GRACES_PASSWORD).await;
    refused.assert_error(400, "password_rejected");
    assert_eq!(refused.body["error_description"], "The new password is the current one.");
    assert_eq!(stage.api.stored().await, before);
    stage.api.reset(&asked.by_code(), GRACES_PASSWORD).await.assert_error(400, "password_rejected");
    assert_eq!(stage.api.reset(&asked.by_code(), CHOSEN).await.status, 200);
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
}

/// A user may remember the old password after all.
#[tokio::test]
async fn a_reset_takes_the_current_password_if_nothing_demands_another() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), GRACES_PASSWORD).await.status, 200);
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
}

#[tokio::test]
async fn a_reset_gives_the_owner_a_whole_budget_again() {
    let stage = Stage::set().await;
    for _ in 0..passwords::BUDGET {
        stage.api.try_login_as(GRACE, "wrong").await.assert_error(400, "invalid_grant");
    }
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    let counters = credential(&stage.api).await.into_keys().filter(|name| name.starts_with("guesses"));
    assert_eq!(counters.collect::<Vec<_>>(), Vec::<String>::new());
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
}

#[tokio::test]
async fn a_rejected_password_uses_no_link_up() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let before = stage.api.stored().await;
    for password in ["short", "password1", GRACE] {
        stage.api.reset(&asked.by_link(), password).await.assert_error(400, "password_rejected");
    }
    assert_eq!(stage.api.stored().await, before);
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    stage.api.reset(&asked.by_link(), "yet another password").await.assert_error(400, "invalid_grant");
    stage.api.reset(&asked.by_code(), "yet another password").await.assert_error(400, "invalid_grant");
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
}

/// An operator can disable a user between the mail and the reset.
#[tokio::test]
async fn a_reset_does_not_enable_a_disabled_user() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.disable(GRACE_ID).await;
    stage.api.reset(&asked.by_link(), CHOSEN).await;
    for password in [GRACES_PASSWORD, CHOSEN] {
        stage.api.try_login_as(GRACE, password).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_link_of_a_deleted_account_is_refused() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    for table in ["UsersTable", "CredentialsTable"] {
        stage.api.delete_all(table).await;
    }
    stage.api.reset(&asked.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    for table in ["UsersTable", "CredentialsTable"] {
        assert!(stage.api.items(table).await.is_empty(), "{table}");
    }
}

/// The owner of the address has the last word, even after a change of the password.
#[tokio::test]
async fn a_link_works_after_a_change_of_the_password() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let tokens = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    let changed =
        stage.api.change_password(&tokens.access, GRACES_PASSWORD, "a thiefs password").await.tokens();
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    assert_eq!(stage.api.call(&changed.access).await.status, 401);
    stage.api.try_login_as(GRACE, "a thiefs password").await.assert_error(400, "invalid_grant");
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
}
