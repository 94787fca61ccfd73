//! A user is renamed between two reads of a request of theirs: it goes on under the new name, and counts once, there.

use std::collections::BTreeMap;

use admin::tables::users::{Renaming, UserTables};
use aws_sdk_dynamodb::types::AttributeValue;
use passwords::Username;
use shared::{clock::Clock, route, store::attribute};

use super::Stage;
use crate::harness::{
    Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, Page, Reply, WEB,
    text,
};

const OTHER: &str = "other@example.com";
const OTHERS_ID: &str = "other-id";
const WRONG: &str = "a wrong password";
/// Counts an attempt at the name that the user had when the record was read.
const ATTEMPT: &str = "UpdateItem Credentials ADD guesses0 SET expires_at";

async fn rename(api: &Api, from: &str, to: &str) {
    let [from, to] = [from, to].map(|name| Username::parse(name).unwrap());
    let tables = UserTables::of(&api.operator(None)).unwrap();
    assert_eq!(tables.rename(&from, &to, None, api.clock.now()).await.unwrap(), Renaming::Done);
}

/// Sends a request, and lets `meanwhile` happen after its reads.
async fn during<T>(stage: &Stage, send: impl AsyncFnOnce(&Api) -> T, meanwhile: impl AsyncFnOnce(&Api)) -> T {
    let (behind, proxy) = stage.api.behind_a_gate().await;
    let gate = proxy.hold_call(ATTEMPT);
    let meanwhile = async {
        gate.reached().await;
        meanwhile(&stage.api).await;
        gate.open();
    };
    tokio::join!(send(&behind), meanwhile).0
}

/// Grace gets another name, and another user gets hers.
async fn replaced(api: &Api) {
    rename(api, GRACE, HOPPERS_NAME).await;
    api.put_account(GRACE, "the password of another", OTHERS_ID).await;
}

/// The row of a user name.
async fn row(api: &Api, name: &str) -> Option<BTreeMap<String, AttributeValue>> {
    let rows = api.items("CredentialsTable").await;
    rows.into_iter().find(|row| row[attribute::USERNAME] == text(name))
}

/// The number of attempts that count, of all budgets.
fn attempts(row: &BTreeMap<String, AttributeValue>) -> u32 {
    let counts = row.iter().filter(|(name, _)| name.starts_with("guesses") && name.ends_with("_in_a_row"));
    counts.map(|(_, value)| value.as_n().unwrap().parse::<u32>().unwrap()).sum()
}

#[tokio::test]
async fn a_user_who_is_renamed_meanwhile_asks_for_another_address() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let send = async |api: &Api| api.try_change_address(&tokens.access, OTHER, GRACES_PASSWORD).await;
    let reply = during(&stage, send, replaced).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), OTHER);
    for name in [GRACE, HOPPERS_NAME] {
        assert_eq!(attempts(&row(&stage.api, name).await.unwrap()), 0, "{name}");
    }
}

/// As at the next try.
#[tokio::test]
async fn the_address_that_a_renamed_user_has_by_now_is_refused() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let send = async |api: &Api| api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    during(&stage, send, replaced).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_user_who_is_renamed_meanwhile_changes_the_password() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let send = async |api: &Api| api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await;
    during(&stage, send, replaced).await.tokens();
    stage.api.try_login_as(HOPPERS_NAME, CHOSEN).await.tokens();
    stage.api.try_login_as(GRACE, "the password of another").await.tokens();
}

#[tokio::test]
async fn a_user_who_is_renamed_meanwhile_deletes_the_account() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let send = async |api: &Api| api.delete_account(&tokens.access, GRACES_PASSWORD).await;
    assert_eq!(during(&stage, send, replaced).await.status, 204);
    assert_eq!(stage.api.user(GRACE_ID).await, None);
    assert_eq!(row(&stage.api, HOPPERS_NAME).await, None);
    stage.api.try_login_as(GRACE, "the password of another").await.tokens();
}

/// The three endpoints, with a password of Grace's session.
async fn ask(api: &Api, number: usize, access: &str, password: &str) -> Reply {
    match number {
        0 => api.try_change_address(access, OTHER, password).await,
        1 => api.change_password(access, password, CHOSEN).await,
        _ => api.delete_account(access, password).await,
    }
}

#[tokio::test]
async fn a_wrong_password_of_a_renamed_user_counts_once_at_the_new_name() {
    for number in 0..3 {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let send = async |api: &Api| ask(api, number, &tokens.access, WRONG).await;
        during(&stage, send, replaced).await.assert_error(400, "invalid_grant");
        assert_eq!(attempts(&row(&stage.api, HOPPERS_NAME).await.unwrap()), 1, "{number}");
        assert_eq!(attempts(&row(&stage.api, GRACE).await.unwrap()), 0, "{number}: another user's by now");
    }
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let send = async |api: &Api| ask(api, 0, &tokens.access, WRONG).await;
    let renamed = async |api: &Api| rename(api, GRACE, HOPPERS_NAME).await;
    during(&stage, send, renamed).await.assert_error(400, "invalid_grant");
    assert_eq!(row(&stage.api, GRACE).await, None, "nothing counts at a name that nobody has");
}

/// One more read, and no loop without an end.
#[tokio::test]
async fn a_user_who_is_renamed_twice_meanwhile_may_try_again() {
    for number in 0..3 {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let (behind, proxy) = stage.api.behind_a_gate().await;
        let first = proxy.hold_call(ATTEMPT);
        let meanwhile = async {
            first.reached().await;
            rename(&stage.api, GRACE, HOPPERS_NAME).await;
            let second = proxy.hold_call(ATTEMPT);
            first.open();
            second.reached().await;
            rename(&stage.api, HOPPERS_NAME, OTHER).await;
            second.open();
        };
        let (reply, ()) = tokio::join!(ask(&behind, number, &tokens.access, GRACES_PASSWORD), meanwhile);
        reply.assert_error(503, "temporarily_unavailable");
        assert_eq!(row(&stage.api, GRACE).await, None);
        assert_eq!(attempts(&row(&stage.api, OTHER).await.unwrap()), 0);
        let again = ask(&stage.api, number, &tokens.access, GRACES_PASSWORD).await;
        assert!(again.status < 500, "{again:?}");
    }
}

#[tokio::test]
async fn a_user_who_is_deleted_meanwhile_has_no_session_any_more() {
    for (number, status) in [400, 400, 204].into_iter().enumerate() {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let send = async |api: &Api| ask(api, number, &tokens.access, GRACES_PASSWORD).await;
        let deleted = async |api: &Api| {
            for table in ["UsersTable", "CredentialsTable"] {
                api.delete_all(table).await;
            }
        };
        let reply = during(&stage, send, deleted).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(stage.api.items("CredentialsTable").await.is_empty(), "nothing counts");
    }
}

/// A record that names no credential is a failure of ours, which no repetition helps.
#[tokio::test]
async fn a_record_with_a_name_that_nobody_has_stays_a_failure() {
    for number in 0..3 {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        stage.api.set_user(GRACE_ID, vec![(attribute::USERNAME, text(HOPPERS_NAME))]).await;
        let before = stage.api.stored().await;
        let reply = ask(&stage.api, number, &tokens.access, GRACES_PASSWORD).await;
        reply.assert_error(500, "server_error");
        assert_eq!(stage.api.stored().await, before);
    }
}

/// Presses a button at a page of a browser where Grace is signed in, and renames her meanwhile.
async fn at_page(
    path: &str,
    action: &'static str,
    fields: &[(&str, &str)],
    check: impl AsyncFnOnce(&Stage, Page),
) {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let mut browser = Browser::new(&stage.api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let form = browser.get(path).await.form_with("action", Some(action));
    let send = async |api: &Api| browser.at(api).submit(&form, fields, Some(("action", action))).await;
    let page = during(&stage, send, replaced).await;
    check(&stage, page).await;
}

#[tokio::test]
async fn the_pages_go_on_as_well() {
    let fields = [("email", OTHER), ("current_password", GRACES_PASSWORD)];
    at_page(route::ACCOUNT_EMAIL, "ask", &fields, async |stage: &Stage, page: Page| {
        page.assert_page(200);
        assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), OTHER);
    })
    .await;
    let fields = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    at_page(route::ACCOUNT_DELETE, "delete", &fields, async |stage: &Stage, page: Page| {
        page.assert_page(200);
        assert_eq!(stage.api.user(GRACE_ID).await, None);
    })
    .await;
    let fields = [("email", OTHER), ("current_password", WRONG)];
    at_page(route::ACCOUNT_EMAIL, "ask", &fields, async |stage: &Stage, page: Page| {
        assert!([400, 401].contains(&page.status), "{page:?}");
        assert_eq!(attempts(&row(&stage.api, HOPPERS_NAME).await.unwrap()), 1);
    })
    .await;
}
