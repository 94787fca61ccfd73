//! Notices of events at the pages and at `/token`, and of operators' changes.

use aws_sdk_dynamodb::types::AttributeValue;
use mailer::Mail;
use shared::{route, store::attribute};

use super::{
    Stage,
    notices::{logout_everywhere, steal, the_notice},
};
use crate::harness::{
    Api, Browser, Fault, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, Log, Reply, Source, WEB, number, text,
};

async fn stage() -> Stage {
    Stage::of(Api::with_mail().await.with_clients().await)
}

/// A browser in which Grace is signed in.
async fn browser(api: &Api) -> Browser<'_> {
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    browser
}

/// The calls since the last time, sorted.
fn calls(api: &Api) -> Vec<String> {
    let mut calls: Vec<_> = api.calls.take().into_iter().map(|call| call.name).collect();
    calls.sort();
    calls
}

/// Grace's code of a new sign-in, the reply to its first use, and a way to use it again.
async fn used_code(api: &Api) -> (Flow, String, Reply) {
    let flow = Flow::of(WEB);
    let page = flow.sign_in_as(&mut Browser::new(api), GRACE, GRACES_PASSWORD).await;
    let code = flow.code_of(&page);
    let reply = flow.redeem(api, &code).await;
    (flow, code, reply)
}

/// The session that goes on shows that its user did it, or a thief.
#[tokio::test]
async fn signing_out_all_other_devices_is_told_once() {
    let stage = stage().await;
    let api = &stage.api;
    let mut here = browser(api).await;
    let _elsewhere = browser(api).await;
    for _ in 0..5 {
        api.graces().await;
    }
    let page = here.get(route::ACCOUNT).await;
    here.press(&page, "end-all").await.assert_page(200);
    assert_eq!(api.items("SessionsTable").await.len(), 1, "this browser's");
    let rows = api.noticed(Source::Revocations).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][attribute::USER_ID], text(GRACE_ID));
    let of_page = the_notice(&stage).await;
    // The same form again ends nothing.
    api.clock.advance(1);
    here.press(&page, "end-all").await.assert_page(200);
    assert!(stage.post.notices(api).await.is_empty());
    api.clock.advance(60);
    let tokens = api.graces().await;
    logout_everywhere(api, &tokens.refresh).await;
    assert_eq!(the_notice(&stage).await.subject, of_page.subject);
}

/// Sessions that are over and not swept yet aren't signed out.
#[tokio::test]
async fn signing_out_where_no_other_session_lives_is_not_told() {
    let stage = stage().await;
    // More than the page looks at, so it has the button.
    for _ in 0..100 {
        stage.api.graces().await;
    }
    stage.api.clock.advance(15 * 86_400);
    let mut here = browser(&stage.api).await;
    let page = here.get(route::ACCOUNT).await;
    here.press(&page, "end-all").await.assert_page(200);
    assert!(stage.api.noticed(Source::Revocations).await.is_empty());
    assert_eq!(stage.api.items("SessionsTable").await.len(), 1);
}

#[tokio::test]
async fn signing_out_all_others_is_told_after_a_failure_too() {
    for failing in ["UpdateItem Sessions", "PutItem Revocations", "DeleteItem Sessions"] {
        let stage = stage().await;
        let api = &stage.api;
        let mut here = browser(api).await;
        for _ in 0..3 {
            api.graces().await;
        }
        let page = here.get(route::ACCOUNT).await;
        api.calls.fail(Fault::Once(failing));
        assert_eq!(here.press(&page, "end-all").await.status, 503, "{failing}");
        api.calls.heal();
        assert!(api.items("SessionsTable").await.len() <= 2, "{failing}: all others end that can");
        api.clock.advance(2);
        assert_eq!(here.press(&page, "end-all").await.status, 200, "{failing}");
        assert_eq!(api.items("SessionsTable").await.len(), 1, "{failing}");
        // The last session ends in the first attempt, and the one that failed in the second.
        assert!([1, 2].contains(&stage.post.notices(api).await.len()), "{failing}");
    }
}

/// Each row of the denylist is one write, with a notice or without.
#[tokio::test]
async fn signing_out_all_others_makes_no_further_call() {
    let stage = stage().await;
    let api = &stage.api;
    let mut here = browser(api).await;
    for _ in 0..2 {
        api.graces().await;
    }
    let page = here.get(route::ACCOUNT).await;
    api.calls.take();
    here.press(&page, "end-all").await.assert_page(200);
    let made = calls(api);
    let count = |name: &str| made.iter().filter(|made| *made == name).count();
    for (name, expected) in [
        ("UpdateItem Sessions", 2),
        ("PutItem Revocations", 2),
        ("DeleteItem Sessions", 2),
        ("Query Sessions", 3),
    ] {
        assert!(count(name) >= expected, "{name}: {made:?}");
    }
    assert_eq!((count("PutItem Revocations"), count("UpdateItem Users")), (2, 0), "{made:?}");
}

#[tokio::test]
async fn a_code_that_is_used_twice_is_told_as_a_theft() {
    let stage = stage().await;
    let api = &stage.api;
    let (flow, code, first) = used_code(api).await;
    first.tokens();
    let (log, guard) = Log::listen();
    flow.redeem(api, &code).await.assert_error(400, "invalid_grant");
    drop(guard);
    assert!(log.take_events().iter().any(|event| event["event"] == "code_reused"));
    let rows = api.noticed(Source::Revocations).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (&rows[0][attribute::NOTICE], &rows[0][attribute::USER_ID]),
        (&text("theft"), &text(GRACE_ID))
    );
    let of_code: Mail = the_notice(&stage).await;
    api.clock.advance(1);
    flow.redeem(api, &code).await.assert_error(400, "invalid_grant");
    assert!(stage.post.notices(api).await.is_empty(), "its session is over");
    api.clock.advance(60);
    let tokens = api.graces().await;
    steal(api, &tokens).await;
    assert_eq!(the_notice(&stage).await.subject, of_code.subject);
}

#[tokio::test]
async fn a_code_that_comes_again_and_ends_nothing_is_not_told() {
    let stage = stage().await;
    let api = &stage.api;
    let (flow, code, first) = used_code(api).await;
    let tokens = first.tokens();
    let wrong = [("code_verifier", "0123456789012345678901234567890123456789012")];
    flow.redeem_with(api, &code, &wrong).await.assert_error(400, "invalid_grant");
    api.post(route::LOGOUT, &[("client_id", WEB), ("token", tokens.refresh.as_str())]).await;
    flow.redeem(api, &code).await.assert_error(400, "invalid_grant");
    assert!(api.noticed(Source::Revocations).await.is_empty());
}

/// As `users set-password` and `sessions revoke --user` write it.
#[tokio::test]
async fn an_operators_change_of_a_user_is_told_as_the_users_own() {
    for notice in ["password_changed", "sessions_ended"] {
        let stage = stage().await;
        let now = number(stage.api.clock.unix());
        let written: Vec<(&'static str, AttributeValue)> = vec![
            (attribute::NOT_BEFORE, now.clone()),
            (attribute::NOTICE, text(notice)),
            (attribute::NOTICED_AT, now),
        ];
        stage.api.set_user(GRACE_ID, written).await;
        let mail = the_notice(&stage).await;
        assert!(mail.text.contains("or the support of"), "{}", mail.text);
    }
}
