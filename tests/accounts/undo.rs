//! The undo of a change of the address: the owner of the old one takes the account back, whatever came since.

use mailer::Mail;
use serde_json::json;
use shared::{route, store::attribute};

use super::{Stage, quotas::assert_spent};
use crate::harness::{
    Api, Browser, CHOSEN, Fault, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, PASSWORD,
    SESSION_COOKIE, Tokens, WEB, claims, forged, link_of, text,
};

/// The address after the next, and the one after that.
const THIRD: &str = "third@example.com";
const FOURTH: &str = "fourth@example.com";
const HOUR: u64 = 3600;

fn link(mail: &Mail) -> String {
    link_of(mail).expect("a link that undoes the change")
}

/// Asserts that the account has its first address and this password, and that all of these sessions are over.
async fn assert_taken_back(api: &Api, sessions: &[&Tokens]) {
    assert_eq!(api.names_of(GRACE_ID).await, [GRACE]);
    let user = api.user(GRACE_ID).await.unwrap();
    assert_eq!(user[attribute::USERNAME], text(GRACE));
    let claims = api.claims_of(GRACE_ID).await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(GRACE), &json!(true)));
    for tokens in sessions {
        assert_eq!(api.call(&tokens.access).await.status, 401);
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    for (name, password) in [(GRACE, GRACES_PASSWORD), (HOPPER, GRACES_PASSWORD), (HOPPER, CHOSEN)] {
        api.try_login_as(name, password).await.assert_error(400, "invalid_grant");
    }
    let tokens = api.try_login_as(GRACE, CHOSEN).await.tokens();
    assert_eq!(api.call(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn an_undo_restores_the_address_replaces_the_password_and_ends_every_session() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let (here, there, others) = (api.graces().await, api.graces().await, api.login().await);
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let mail = stage.changed(&here, HOPPER).await;
    let thiefs = api.try_login_as(HOPPER, GRACES_PASSWORD).await.tokens();

    let reply = api.undo_address(&link(&mail), CHOSEN).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({})), "{reply:?}");
    assert_eq!(reply.header("set-cookie"), None, "nobody is logged in");
    assert_taken_back(api, &[&here, &there, &thiefs]).await;
    assert!(browser.cookie(SESSION_COOKIE).is_some());
    assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    assert_eq!(api.call(&others.access).await.status, 200, "another user's stays");
}

#[tokio::test]
async fn the_other_claims_survive_a_change_and_its_undo() {
    let stage = Stage::set().await;
    let own = json!({ "email": GRACE, "email_verified": true, "name": "Grace", "roles": ["admin"] });
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    let tokens = stage.api.graces().await;
    let mail = stage.changed(&tokens, HOPPER).await;
    assert_eq!(stage.api.undo_address(&link(&mail), CHOSEN).await.status, 200);
    assert_eq!(stage.api.claims_of(GRACE_ID).await, own);
}

#[tokio::test]
async fn the_first_address_undoes_two_changes_and_the_second_has_no_undo_after_it() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let at_first = stage.changed(&tokens, HOPPER).await;
    let at_second = stage.changed(&tokens, THIRD).await;
    assert_eq!((at_first.to.as_str(), at_second.to.as_str()), (GRACE, HOPPER));
    assert_eq!(stage.api.undo_address(&link(&at_first), CHOSEN).await.status, 200);
    let before = stage.api.stored().await;
    let void = stage.api.undo_address(&link(&at_second), "the password of a thief").await;
    void.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    assert_taken_back(&stage.api, &[&tokens]).await;
}

/// A thief with a session and the password moves the account twice, and undoes the second change at the first new
/// address. The owner's link must still work.
#[tokio::test]
async fn an_undo_of_a_thief_leaves_the_owners() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let owners = stage.changed(&thiefs, HOPPER).await;
    let own = stage.changed(&thiefs, THIRD).await;
    stage.api.clock.advance(60);
    let undone = stage.api.undo_address(&link(&own), "the password of a thief").await;
    assert_eq!(undone.status, 200, "{undone:?}");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);

    // And moves on, and undoes that too.
    let again = stage.api.try_login_as(HOPPER, "the password of a thief").await.tokens();
    let reply = stage.api.try_change_address(&again.access, FOURTH, "the password of a thief").await;
    let asked = stage.read(reply.request_token()).await;
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    let next = link(&stage.post.deliver_one(&stage.api).await);
    stage.api.clock.advance(60);
    assert_eq!(stage.api.undo_address(&next, "another password of a thief").await.status, 200);

    assert_eq!(stage.api.undo_address(&link(&owners), CHOSEN).await.status, 200);
    assert_taken_back(&stage.api, &[&thiefs, &again]).await;
    for void in [link(&own), next] {
        stage.api.undo_address(&void, "the password of a thief").await.assert_error(400, "invalid_grant");
    }
    assert_taken_back(&stage.api, &[]).await;
}

/// Else a thief would push the owner's undo out with changes of their own.
#[tokio::test]
async fn many_changes_leave_the_first_undo() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let owners = link(&stage.changed(&thiefs, HOPPER).await);
    let mut changes = 1;
    for number in 0..30 {
        // The bound of requests is whole again.
        stage.api.clock.advance(HOUR);
        let thiefs = match number {
            0 => stage.api.try_login_as(HOPPER, GRACES_PASSWORD).await.tokens(),
            _ => stage.api.try_login_as(&address(number - 1), GRACES_PASSWORD).await.tokens(),
        };
        let reply = stage.api.try_change_address(&thiefs.access, &address(number), GRACES_PASSWORD).await;
        let asked = stage.read(reply.request_token()).await;
        let reply = stage.api.confirm_address(&asked.by_link()).await;
        if reply.status != 200 {
            let wait = assert_spent(&reply);
            assert!(wait > 60 * HOUR && wait <= 72 * HOUR, "until the first undo expires: {wait}");
            // Nothing is used up.
            assert_spent(&stage.api.confirm_address(&asked.by_link()).await);
            break;
        }
        stage.post.deliver_one(&stage.api).await;
        changes += 1;
    }
    assert_eq!(changes, 10, "the next is refused, and none is dropped");
    assert_eq!(stage.api.undo_address(&owners, CHOSEN).await.status, 200);
    assert_taken_back(&stage.api, &[]).await;
}

fn address(number: usize) -> String {
    format!("thief{number}@example.com")
}

#[tokio::test]
async fn an_undo_is_good_for_three_days() {
    for (seconds, is_good) in [(72 * HOUR - 1, true), (72 * HOUR, false)] {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let asked = stage.changing(&tokens, HOPPER).await;
        assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
        let mail = stage.post.deliver_one(&stage.api).await;
        stage.api.clock.advance(seconds);
        stage.api.calls.take();
        let reply = stage.api.undo_address(&link(&mail), CHOSEN).await;
        if is_good {
            assert_eq!(reply.status, 200, "{reply:?}");
        } else {
            reply.assert_error(400, "invalid_grant");
            assert_eq!(stage.api.calls.count(), 0, "it shows before any read");
            assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
        }
    }
}

/// The row outlives the link, or the undo would be lost with it.
#[tokio::test]
async fn the_row_of_an_undo_outlives_its_link() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    stage.changed(&tokens, HOPPER).await;
    let rows = stage.api.items("MailsTable").await;
    let row = rows.iter().find(|row| row.get(attribute::PURPOSE) == Some(&text("undo"))).unwrap();
    let at = |name: &str| row[name].as_n().unwrap().parse::<u64>().unwrap();
    let now = stage.api.clock.unix();
    assert!(at(attribute::MAIL_EXPIRES_AT) >= now + 72 * HOUR - 1);
    assert!(at(attribute::EXPIRES_AT) > at(attribute::MAIL_EXPIRES_AT) + HOUR, "swept later");
}

#[tokio::test]
async fn an_undo_is_used_once() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
    let again = stage.api.undo_address(&link, "yet another password").await;
    again.assert_error(400, "invalid_grant");
    assert_taken_back(&stage.api, &[&tokens]).await;
}

#[tokio::test]
async fn a_rejected_password_uses_nothing_up() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    let before = stage.api.stored().await;
    for password in ["short", "password1", GRACE, GRACES_PASSWORD] {
        stage.api.undo_address(&link, password).await.assert_error(400, "password_rejected");
    }
    assert_eq!(stage.api.stored().await, before);
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
}

#[tokio::test]
async fn a_forged_undo_costs_no_read() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    stage.api.calls.take();
    for junk in ["x", "lgm1_", &forged(&link), "lgq1_AAAA"] {
        stage.api.undo_address(junk, CHOSEN).await.assert_error(400, "invalid_grant");
        stage.api.confirm_address(&[("token", junk)]).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.calls.count(), 0);
}

/// Another person signed up with the free address. It is theirs.
#[tokio::test]
async fn an_old_address_with_another_account_is_not_taken_back() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    let asked = stage.asked(route::SIGNUP, GRACE).await;
    let others = stage.api.confirm(&asked.by_link(), PASSWORD).await.tokens();
    let before = stage.api.stored().await;
    stage.api.undo_address(&link, CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
    assert_ne!(claims(&others.access)["sub"], GRACE_ID);
    assert_eq!(stage.api.call(&others.access).await.status, 200);
}

/// A stranger who asks for mails to the old address must not end its undo.
#[tokio::test]
async fn no_request_for_the_old_address_ends_its_undo() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    for number in 0..6 {
        for path in [route::SIGNUP, route::FORGOT] {
            stage.api.try_ask_from(number, path, GRACE).await;
        }
        stage.post.deliver(&stage.api).await;
    }
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
    assert_taken_back(&stage.api, &[&tokens]).await;
}

/// The user comes back to the first address, and a thief moves the account again: the newest undo counts there, and the
/// earlier one is void.
#[tokio::test]
async fn a_second_change_from_an_address_has_the_undo_of_its_own() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let first = link(&stage.changed(&tokens, HOPPER).await);
    let back = stage.changing(&tokens, GRACE).await;
    assert_eq!(stage.api.confirm_address(&back.by_link()).await.status, 200);
    stage.post.deliver_one(&stage.api).await;
    stage.api.clock.advance(1);
    let second = link(&stage.changed(&tokens, THIRD).await);
    stage.api.undo_address(&first, CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.undo_address(&second, CHOSEN).await.status, 200);
    assert_taken_back(&stage.api, &[&tokens]).await;
}

/// An undo also ends what the thief had asked for.
#[tokio::test]
async fn an_undo_voids_changes_that_were_asked_for_before_it() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let link = link(&stage.changed(&thiefs, HOPPER).await);
    let asked = stage.changing(&thiefs, THIRD).await;
    stage.api.clock.advance(60);
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    assert_taken_back(&stage.api, &[&thiefs]).await;
}

/// A link for a forgotten password that was mailed to the thief's address belongs to no account by then.
#[tokio::test]
async fn an_undo_voids_a_reset_at_the_new_address() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let link = link(&stage.changed(&thiefs, HOPPER).await);
    let reset = stage.asked(route::FORGOT, HOPPER).await;
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
    let refused = stage.api.reset(&reset.by_link(), "the password of a thief").await;
    refused.assert_error(400, "invalid_grant");
    assert_taken_back(&stage.api, &[&thiefs]).await;
}

#[tokio::test]
async fn an_undo_does_not_enable_a_disabled_user_or_restore_a_deleted_one() {
    for is_deleted in [false, true] {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let link = link(&stage.changed(&tokens, HOPPER).await);
        if is_deleted {
            stage.api.delete_all("UsersTable").await;
            stage.api.delete_all("CredentialsTable").await;
        } else {
            stage.api.disable(GRACE_ID).await;
        }
        let before = stage.api.stored().await;
        stage.api.undo_address(&link, CHOSEN).await.assert_error(400, "invalid_grant");
        assert_eq!(stage.api.stored().await, before);
    }
}

/// The address is restored, and a failure of ours keeps sessions alive. The same link again ends them.
#[tokio::test]
async fn the_same_undo_again_ends_the_sessions_that_are_left() {
    for failing in ["Query Sessions", "UpdateItem Sessions", "PutItem Revocations", "DeleteItem Sessions"] {
        let stage = Stage::set().await;
        let [here, there] = [stage.api.graces().await, stage.api.graces().await];
        let link = link(&stage.changed(&here, HOPPER).await);
        stage.api.calls.fail(Fault::Before(failing));
        let failed = stage.api.undo_address(&link, CHOSEN).await;
        failed.assert_error(503, "temporarily_unavailable");
        stage.api.calls.heal();
        // What is left can't be refreshed at any rate.
        stage.api.refresh(&there.refresh).await.assert_error(400, "invalid_grant");
        let again = stage.api.undo_address(&link, CHOSEN).await;
        assert!([200, 400].contains(&again.status), "{failing}: {again:?}");
        let left = stage.api.items("SessionsTable").await;
        assert!(left.iter().all(|session| session[attribute::USER_ID] != text(GRACE_ID)), "{failing}");
        assert_taken_back(&stage.api, &[&here, &there]).await;
    }
}

/// Attempts at the thief's name, a required change and the budget are of the credential that the undo replaces.
#[tokio::test]
async fn an_undo_gives_the_owner_a_whole_budget() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let link = link(&stage.changed(&tokens, HOPPER).await);
    for name in [GRACE, HOPPER] {
        for _ in 0..=passwords::BUDGET {
            stage.api.try_login_as(name, "wrong").await.assert_error(400, "invalid_grant");
        }
    }
    assert_eq!(stage.api.undo_address(&link, CHOSEN).await.status, 200);
    let rows = stage.api.items("CredentialsTable").await;
    let row = rows.iter().find(|row| row[attribute::USERNAME] == text(GRACE)).unwrap();
    assert!(row.keys().all(|name| !name.starts_with("guesses")), "{row:?}");
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
}
