//! Faults at each call of a change of the address and of its undo: all of it happens or nothing, and no answer is a lie.

use serde_json::json;
use shared::{route, store::attribute};

use super::{Stage, every_call::EveryCall};
use crate::harness::{
    Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, Page, WEB, link_of,
    text, waiting,
};

/// Moves the account to another address, uses the mail up, and puts the mail to the old address into the outbox.
pub(crate) const MOVE: &str = "UpdateItem Mails REMOVE mail_id & UpdateItem Credentials SET expires_at \
                               & UpdateItem Users SET username REMOVE notice & DeleteItem Credentials \
                               & UpdateItem Mails SET address REMOVE guesses";
/// Moves it back, with a new password, and uses the mail up.
pub(crate) const MOVE_BACK: &str = "UpdateItem Mails REMOVE mail_id & UpdateItem Users SET username REMOVE undos \
                                    & PutItem Credentials & DeleteItem Credentials";

/// `fault_matrix` lets each of them fail on the wire.
#[tokio::test]
async fn a_change_and_its_undo_make_these_calls_and_no_others() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let (api, proxy) = stage.api.behind_proxy().await;
    api.call(&tokens.access).await;
    let made = || proxy.take_calls().into_iter().map(|(call, _)| call).collect::<Vec<_>>();
    made();
    let request = api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await.request_token();
    let mut asking = made();
    // The client, the user and the session are read at once.
    asking[1..4].sort();
    assert_eq!(
        asking,
        [
            "GetItem Sessions",
            "GetItem Clients",
            "GetItem Sessions",
            "GetItem Users",
            "UpdateItem Credentials ADD guesses0 SET expires_at",
            "UpdateItem Credentials REMOVE in_a_row",
            "UpdateItem Mails SET quota",
            "UpdateItem Mails SET quota",
            "GetItem Mails",
            "UpdateItem Mails SET quota REMOVE guesses",
        ]
    );
    let asked = stage.read(request).await;
    assert_eq!(api.confirm_address(&asked.by_code()).await.status, 200);
    let guess = "UpdateItem Mails SET guesses ADD today REMOVE yesterday";
    let quota = "UpdateItem Mails SET quota";
    let account = ["GetItem Users", "GetItem Credentials"];
    let by_code = ["GetItem Mails", quota, quota, guess, account[0], account[1], MOVE];
    assert_eq!(made(), by_code);
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    assert_eq!(api.undo_address(&link, CHOSEN).await.status, 200);
    let end = ["UpdateItem Sessions SET ended_at REMOVE password_change", "PutItem Revocations"];
    let undoing = [
        "GetItem Mails",
        account[0],
        account[1],
        MOVE_BACK,
        "Query Sessions",
        end[0],
        end[1],
        "DeleteItem Sessions",
    ];
    assert_eq!(made(), undoing);
}

/// Asserts that the user's record, its claims and the credential have one name, and returns it.
async fn only_name(api: &Api, what: &str) -> String {
    let names = api.names_of(GRACE_ID).await;
    assert_eq!(names.len(), 1, "{what}: {names:?}");
    let user = api.user(GRACE_ID).await.unwrap();
    assert_eq!(user[attribute::USERNAME], text(&names[0]), "{what}");
    let email = api.claims_of(GRACE_ID).await["email"].as_str().unwrap().to_ascii_lowercase();
    assert_eq!(email, names[0], "{what}");
    names.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_request_loses_no_accepted_mail() {
    let stage = Stage::set().await;
    let api = &stage.api;
    let tokens = api.graces().await;
    let before = api.stored().await;
    let every = EveryCall { api, before: &before, success: 202, done: &[] };
    let calls = every.fails(
        async || api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await,
        async |what| {
            let mail = stage.post.deliver_one(api).await;
            assert_eq!(mail.to.as_str(), HOPPER, "{what}");
            let confirmed = api.confirm_address(&[("token", &link_of(&mail).unwrap())]).await;
            assert_eq!(confirmed.status, 200, "{what}: {confirmed:?}");
            assert_eq!(only_name(api, what).await, HOPPERS_NAME);
        },
    );
    assert!(calls.await > 5);
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_confirmation_leaves_one_name() {
    let stage = Stage::set().await;
    let api = &stage.api;
    let tokens = api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let before = api.stored().await;
    // If the transaction was carried out, the link is used.
    let every = EveryCall { api, before: &before, success: 200, done: &[400] };
    for means in [&asked.by_link()[..], &asked.by_code()] {
        let calls = every.fails(
            async || api.confirm_address(means).await,
            async |what| {
                assert_eq!(only_name(api, what).await, HOPPERS_NAME);
                assert_eq!(api.call(&tokens.access).await.status, 200, "{what}");
                let mails = stage.post.deliver(api).await;
                assert_eq!(mails.len(), 1, "{what}: the mail at the old address, once");
                assert_eq!(mails[0].to.as_str(), GRACE, "{what}");
                // The loop goes back to before it.
                let undone = api.undo_address(&link_of(&mails[0]).unwrap(), CHOSEN).await;
                assert_eq!(undone.status, 200, "{what}: {undone:?}");
            },
        );
        assert!(calls.await > 3);
    }
}

#[tokio::test]
async fn a_fault_at_any_call_of_an_undo_is_completed_by_the_same_link() {
    let stage = Stage::set().await;
    let api = &stage.api;
    let [here, there] = [api.graces().await, api.graces().await];
    let link = link_of(&stage.changed(&here, HOPPER).await).unwrap();
    let before = api.stored().await;
    let every = EveryCall { api, before: &before, success: 200, done: &[400] };
    let calls = every.fails(
        async || api.undo_address(&link, CHOSEN).await,
        async |what| {
            assert_eq!(only_name(api, what).await, GRACE);
            for tokens in [&here, &there] {
                assert_eq!(api.call(&tokens.access).await.status, 401, "{what}");
                api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
            }
            let left = api.items("SessionsTable").await;
            assert!(left.iter().all(|row| row[attribute::USER_ID] != text(GRACE_ID)), "{what}: {left:?}");
            api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
            api.try_login_as(GRACE, CHOSEN).await.tokens();
            assert!(waiting(api).await.is_empty(), "{what}");
        },
    );
    assert!(calls.await > 8);
}

/// The same at the pages. The session of the browser is read with its user.
#[tokio::test]
async fn the_pages_make_these_calls_and_no_others() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let mut browser = Browser::new(&stage.api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let (api, proxy) = stage.api.behind_proxy().await;
    let mut behind = browser.at(&api);
    let made = || proxy.take_calls().into_iter().map(|(call, _)| call).collect::<Vec<_>>();
    let page = behind.get(route::ACCOUNT_EMAIL).await;
    made();
    let fields = [("email", HOPPER), ("current_password", GRACES_PASSWORD)];
    press(&behind, &page, "ask", &fields).await.assert_page(200);
    let mut asking = made();
    asking[..2].sort();
    assert_eq!(
        asking,
        [
            "GetItem Sessions",
            "GetItem Users",
            "UpdateItem Credentials ADD guesses0 SET expires_at",
            "UpdateItem Credentials REMOVE in_a_row",
            "UpdateItem Mails SET quota",
            "UpdateItem Mails SET quota",
            "GetItem Mails",
            "UpdateItem Mails SET quota REMOVE guesses",
        ]
    );
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let page = behind.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_CONFIRM)).await;
    assert_eq!(made(), ["GetItem Mails", "GetItem Users", "GetItem Credentials"]);
    press(&behind, &page, "confirm-email", &[]).await.assert_page(200);
    let account = ["GetItem Mails", "GetItem Users", "GetItem Credentials"];
    assert_eq!(made(), [&account[..], &[MOVE]].concat());
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let page = behind.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_UNDO)).await;
    assert_eq!(made(), ["GetItem Mails", "GetItem Users"]);
    press(&behind, &page, "choose-password", &[("new_password", CHOSEN)]).await.assert_page(200);
    let end = [
        "UpdateItem Sessions SET ended_at REMOVE password_change",
        "PutItem Revocations",
        "DeleteItem Sessions",
    ];
    let undoing = [&account[..], &[MOVE_BACK, "Query Sessions"], &end].concat();
    assert_eq!(made(), undoing);
}

/// A browser that sends this form anew each time, as a user who presses the button again.
async fn press(browser: &Browser<'_>, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
    let form = page.form_with("action", Some(action));
    browser.clone().submit(&form, fields, Some(("action", action))).await
}

#[tokio::test]
async fn a_fault_at_any_call_at_the_pages_is_a_failure_and_the_same_form_completes() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let page = browser.get(route::ACCOUNT_EMAIL).await;
    let before = api.stored().await;
    let every = EveryCall { api, before: &before, success: 200, done: &[] };
    let fields = [("email", HOPPER), ("current_password", GRACES_PASSWORD)];
    let asking = every.fails(
        async || press(&browser, &page, "ask", &fields).await,
        async |what| assert_eq!(stage.post.deliver_one(api).await.to.as_str(), HOPPER, "{what}"),
    );
    assert!(asking.await > 5);

    let mail = stage.post.deliver(api).await;
    let mail = mail.first().cloned();
    let mail = if let Some(mail) = mail {
        mail
    } else {
        // The last run's mail was read above.
        press(&browser, &page, "ask", &fields).await.assert_page(200);
        stage.post.deliver_one(api).await
    };
    let link = link_of(&mail).unwrap();
    let page = browser.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_CONFIRM)).await;
    let before = api.stored().await;
    let every = EveryCall { api, before: &before, success: 200, done: &[400] };
    let confirming = every.fails(
        async || press(&browser, &page, "confirm-email", &[]).await,
        async |what| assert_eq!(only_name(api, what).await, HOPPERS_NAME),
    );
    assert!(confirming.await > 2);

    let undo = link_of(&stage.post.deliver_one(api).await).unwrap();
    let page = browser.get(&format!("{}?token={undo}", route::ACCOUNT_EMAIL_UNDO)).await;
    let before = api.stored().await;
    let every = EveryCall { api, before: &before, success: 200, done: &[400] };
    let undoing = every.fails(
        async || press(&browser, &page, "choose-password", &[("new_password", CHOSEN)]).await,
        async |what| {
            assert_eq!(only_name(api, what).await, GRACE);
            let left = api.items("SessionsTable").await;
            assert!(left.iter().all(|row| row[attribute::USER_ID] != text(GRACE_ID)), "{what}: {left:?}");
        },
    );
    assert!(undoing.await > 5);
}

/// A rejected claim set is not lost: the user keeps the address.
#[tokio::test]
async fn claims_that_an_address_would_make_too_long_change_nothing() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let mut own = json!({ "email": GRACE, "email_verified": true, "bio": "" });
    let room = shared::store::User::MAX_CLAIMS_LEN - own.to_string().len();
    own["bio"] = "x".repeat(room).into();
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    let long = format!("{}@example.com", "a".repeat(60));
    let reply = stage.api.try_change_address(&tokens.access, &long, GRACES_PASSWORD).await;
    if reply.status == 202 {
        let asked = stage.read(reply.request_token()).await;
        let confirmed = stage.api.confirm_address(&asked.by_link()).await;
        assert!(confirmed.status >= 400, "{confirmed:?}");
    } else {
        assert_eq!(reply.status, 400, "{reply:?}");
    }
    assert_eq!(only_name(&stage.api, "too long").await, GRACE);
    stage.api.graces().await;
}
