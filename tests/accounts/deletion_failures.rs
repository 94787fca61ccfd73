//! Faults at each call of a deletion: the same request completes it, and what is half deleted opens nothing.

use shared::{route, store::attribute};

use super::{Stage, deletion::assert_gone, every_call::EveryCall};
use crate::harness::{
    Api, Browser, CHOSEN, Fault, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, THIRD, Tokens, WEB, text,
};

/// Grace with two sessions of the public client, and a consent to a third party.
async fn stage() -> (Stage, [Tokens; 2]) {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let flow = Flow::of(THIRD);
    let mut browser = Browser::new(&stage.api);
    let page = flow.sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    browser.press(&page, "allow").await.redirect();
    stage.api.delete_all("CodesTable").await;
    let tokens = [stage.api.graces().await, stage.api.graces().await];
    (stage, tokens)
}

#[tokio::test]
async fn a_fault_at_any_call_is_a_failure_and_the_same_request_completes_the_deletion() {
    let (stage, [here, there]) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    // The session that asked is the last to go. Once it is gone, the authorizer refuses the repetition.
    let every = EveryCall { api, before: &before, success: 204, done: &[401] };
    let calls = every.fails(
        async || api.delete_account(&here.access, GRACES_PASSWORD).await,
        async |what| {
            assert_eq!(api.user(GRACE_ID).await, None, "{what}");
            assert_gone(api, &[&here, &there]).await;
            let mails = stage.post.deliver(api).await;
            assert_eq!(mails.len(), 1, "{what}: one mail, however often it was asked for");
            assert_eq!(mails[0].to.as_str(), GRACE);
        },
    );
    assert!(calls.await > 10);
}

/// Deletes the account, and puts the mail about it into the outbox.
pub(crate) const END_ACCOUNT: &str =
    "DeleteItem Credentials & DeleteItem Users & UpdateItem Mails SET address REMOVE guesses";

/// `fault_matrix` lets each of them fail on the wire.
#[tokio::test]
async fn a_deletion_makes_these_calls_and_no_others() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let (here, _there) = (stage.api.graces().await, stage.api.graces().await);
    let consent = [(attribute::USER_ID, GRACE_ID), (attribute::CLIENT_ID, THIRD), (attribute::SCOPE, "read")];
    let consent = consent.map(|(name, value)| (name.to_owned(), text(value)));
    stage.api.put("ConsentsTable", consent.into()).await;
    let (api, proxy) = stage.api.behind_proxy().await;
    api.call(&here.access).await;
    proxy.take_calls();
    assert_eq!(api.delete_account(&here.access, GRACES_PASSWORD).await.status, 204);
    let mut made: Vec<_> = proxy.take_calls().into_iter().map(|(call, _)| call).collect();
    made[1..4].sort();
    let end = ["UpdateItem Sessions SET ended_at REMOVE password_change", "PutItem Revocations"];
    let expected = [
        "GetItem Sessions",
        "GetItem Clients",
        "GetItem Sessions",
        "GetItem Users",
        "UpdateItem Credentials ADD guesses0 SET expires_at",
        "UpdateItem Credentials REMOVE in_a_row",
        "UpdateItem Users SET disabled",
        "Query Sessions",
        end[0],
        end[1],
        "DeleteItem Sessions",
        "Query Consents",
        "DeleteItem Consents",
        "GetItem Users",
        END_ACCOUNT,
        end[0],
        end[1],
        "DeleteItem Sessions",
    ];
    assert_eq!(made, expected);
}

/// The same at the page, from a browser with the only session.
#[tokio::test]
async fn the_page_makes_these_calls_and_no_others() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let mut browser = Browser::new(&stage.api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let (api, proxy) = stage.api.behind_proxy().await;
    let mut behind = browser.at(&api);
    let form = behind.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
    proxy.take_calls();
    let fields = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    behind.submit(&form, &fields, Some(("action", "delete"))).await.assert_page(200);
    let mut made: Vec<_> = proxy.take_calls().into_iter().map(|(call, _)| call).collect();
    made[..2].sort();
    let expected = [
        "GetItem Sessions",
        "GetItem Users",
        "UpdateItem Credentials ADD guesses0 SET expires_at",
        "UpdateItem Credentials REMOVE in_a_row",
        "UpdateItem Users SET disabled",
        "Query Sessions",
        "Query Consents",
        "GetItem Users",
        END_ACCOUNT,
        "UpdateItem Sessions SET ended_at REMOVE password_change",
        "PutItem Revocations",
        "DeleteItem Sessions",
    ];
    assert_eq!(made, expected);
}

#[tokio::test]
async fn a_fault_at_any_call_at_the_page_is_completed_by_the_same_form() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    api.delete_all("CodesTable").await;
    let form = browser.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
    let there = api.graces().await;
    let before = api.stored().await;
    // The browser's session is the last to go. Once it is gone, the page leads to the one to sign in.
    let every = EveryCall { api, before: &before, success: 200, done: &[303] };
    let fields = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    let calls = every.fails(
        async || browser.clone().submit(&form, &fields, Some(("action", "delete"))).await,
        async |what| {
            assert_eq!(api.user(GRACE_ID).await, None, "{what}");
            assert_gone(api, &[&there]).await;
            assert_eq!(stage.post.deliver(api).await.len(), 1, "{what}");
        },
    );
    assert!(calls.await > 10);
}

/// After the first step nothing opens the account but the request that completes its deletion.
#[tokio::test]
async fn a_half_deleted_account_opens_nothing() {
    let (stage, [here, there]) = stage().await;
    let api = &stage.api;
    for failing in
        ["Query Sessions", "Query Consents", "DeleteItem Credentials & DeleteItem Users & UpdateItem Mails"]
    {
        let before = api.stored().await;
        api.calls.fail(Fault::Before(failing));
        let reply = api.delete_account(&here.access, GRACES_PASSWORD).await;
        reply.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        let user = api.user(GRACE_ID).await.unwrap();
        assert!(
            user.contains_key(attribute::DELETING) && user.contains_key(attribute::DISABLED),
            "{failing}"
        );
        api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
        api.refresh(&there.refresh).await.assert_error(400, "invalid_grant");
        api.refresh(&here.refresh).await.assert_error(400, "invalid_grant");
        let reply = api.change_password(&here.access, GRACES_PASSWORD, "another good password").await;
        assert!(reply.status >= 400, "{reply:?}");
        let reply = api.try_change_address(&here.access, "hopper@example.com", GRACES_PASSWORD).await;
        assert!(reply.status >= 400, "{reply:?}");
        api.restore(&before).await;
    }
}

/// A refresh ends the session that asked, as any other of a disabled user. Then an operator finishes the deletion.
#[tokio::test]
async fn a_deletion_that_is_not_repeated_leaves_a_disabled_user() {
    let (stage, [here, there]) = stage().await;
    let api = &stage.api;
    api.calls.fail(Fault::Before("Query Sessions"));
    let reply = api.delete_account(&here.access, GRACES_PASSWORD).await;
    reply.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    for tokens in [&here, &there] {
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&tokens.access).await.status, 401);
    }
    let user = api.user(GRACE_ID).await.unwrap();
    assert_eq!(user[attribute::USERNAME], text(GRACE), "the operator finds it");
    api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
}

/// A change of the password was under way when the deletion began. Its session is the only one then, and its request
/// completes the deletion with the new password.
#[tokio::test]
async fn a_deletion_is_completed_with_a_password_that_changed_meanwhile() {
    let (stage, [here, there]) = stage().await;
    let api = &stage.api;
    let (behind, proxy) = api.behind_a_gate().await;
    let gate = proxy.hold_call("UpdateItem Credentials ADD guesses0 SET expires_at");
    let meanwhile = async {
        gate.reached().await;
        api.calls.fail(Fault::Before("Query Sessions"));
        api.delete_account(&here.access, GRACES_PASSWORD).await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
        gate.open();
    };
    let (changed, ()) =
        tokio::join!(behind.change_password(&there.access, GRACES_PASSWORD, CHOSEN), meanwhile);
    let left = changed.tokens();
    assert_eq!(api.delete_account(&here.access, CHOSEN).await.status, 401, "its session is over");
    let old = api.delete_account(&left.access, GRACES_PASSWORD).await;
    old.assert_error(400, "invalid_grant");
    assert_eq!(api.delete_account(&left.access, CHOSEN).await.status, 204);
    assert_eq!(api.user(GRACE_ID).await, None);
    assert_gone(api, &[&here, &there, &left]).await;
}

/// The password isn't asked for again in another way: a repetition with a wrong one deletes nothing more.
#[tokio::test]
async fn a_repetition_needs_the_password_while_there_is_a_user() {
    let (stage, [here, _]) = stage().await;
    let api = &stage.api;
    api.calls.fail(Fault::Before("Query Consents"));
    api.delete_account(&here.access, GRACES_PASSWORD).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    let reply = api.delete_account(&here.access, "a wrong password").await;
    reply.assert_error(400, "invalid_grant");
    assert!(api.user(GRACE_ID).await.is_some());
    assert_eq!(api.delete_account(&here.access, GRACES_PASSWORD).await.status, 204);
    assert_eq!(api.user(GRACE_ID).await, None);
}

/// The user is gone, and the answer was lost: the session that asked still ends by a repetition.
#[tokio::test]
async fn a_repetition_after_the_user_is_gone_ends_the_callers_session() {
    for failing in ["UpdateItem Sessions", "PutItem Revocations", "DeleteItem Sessions"] {
        let stage = Stage::set().await;
        let here = stage.api.graces().await;
        stage.api.calls.fail(Fault::Before(failing));
        let reply = stage.api.delete_account(&here.access, GRACES_PASSWORD).await;
        reply.assert_error(503, "temporarily_unavailable");
        stage.api.calls.heal();
        assert_eq!(stage.api.user(GRACE_ID).await, None, "{failing}: it is the last step");
        assert_eq!(stage.api.call(&here.access).await.status, 200, "{failing}: until then it lives");
        stage.api.refresh(&here.refresh).await.assert_error(400, "invalid_grant");
        let again = stage.api.delete_account(&here.access, GRACES_PASSWORD).await;
        assert!([204, 401].contains(&again.status), "{failing}: {again:?}");
        assert_gone(&stage.api, &[&here]).await;
        assert_eq!(stage.post.deliver(&stage.api).await.len(), 1, "{failing}");
    }
}
