//! Changes of the address, undos and sign-ups at the same time: one of them wins, and a name has one account.

use std::collections::BTreeSet;

use shared::{route, store::attribute};

use super::{assert_one_wins, at_once, instances, password, passwords_of};
use crate::{
    accounts::Stage,
    harness::{
        APP, Api, CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, PASSWORD, Reply, SCALE,
        Tokens, link_of, text,
    },
};

const OTHER: &str = "other@example.com";
const OTHERS_ID: &str = "other-user";

/// Asserts that each user has one credential, and that its name is that of the user's record.
async fn assert_names_fit(api: &Api) {
    let credentials = api.items("CredentialsTable").await;
    let known: Vec<_> = credentials.iter().filter(|row| row.contains_key(attribute::PASSWORD_HASH)).collect();
    let users = api.items("UsersTable").await;
    assert_eq!(known.len(), users.len(), "{known:?} {users:?}");
    for user in &users {
        let own: Vec<_> =
            known.iter().filter(|row| row[attribute::USER_ID] == user[attribute::USER_ID]).collect();
        assert_eq!(own.len(), 1, "{user:?}: {own:?}");
        assert_eq!(own[0][attribute::USERNAME], user[attribute::USERNAME]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_uses_of_one_link_one_changes_the_address() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let asked = stage.changing(&tokens, HOPPER).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (link, request, code) = (asked.link.clone(), asked.request.clone(), asked.code.clone());
            async move {
                if number % 5 == 0 {
                    api.confirm_address(&[("request", &request), ("code", &code)]).await
                } else {
                    api.confirm_address(&[("token", &link)]).await
                }
            }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
        assert_names_fit(&stage.api).await;
        assert_eq!(stage.post.deliver(&stage.api).await.len(), 1, "one mail at the old address");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_undos_one_sets_the_password() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let link = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let link = link.clone();
            async move { api.undo_address(&link, &password(number)).await }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
        assert_names_fit(&stage.api).await;
        assert_eq!(passwords_of(&stage.api, GRACE).await.len(), 1);
        stage.api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
}

/// Two users want the same address, whose mailbox both can read: the newest request's link is good, and the account of
/// the other stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_and_changes_to_one_address_give_it_one_account() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let sign_up = stage.asked(route::SIGNUP, HOPPER).await;
        let change = stage.changing(&tokens, HOPPER).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (sign_up, change) = (sign_up.link.clone(), change.link.clone());
            async move {
                if number % 2 == 0 {
                    api.confirm(&[("token", &sign_up)], CHOSEN).await
                } else {
                    api.confirm_address(&[("token", &change)]).await
                }
            }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_names_fit(&stage.api).await;
        let users = stage.api.items("UsersTable").await;
        let names: BTreeSet<_> = users.iter().map(|user| user[attribute::USERNAME].as_s().unwrap()).collect();
        assert!(names.contains(&HOPPERS_NAME.to_owned()), "{names:?}");
    }
}

/// Each of two users confirms a change to the address that the other has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_accounts_never_get_one_name() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        stage.api.put_account(OTHER, PASSWORD, OTHERS_ID).await;
        let (graces, others) =
            (stage.api.graces().await, stage.api.try_login_as(OTHER, PASSWORD).await.tokens());
        let to_free = stage.changing(&graces, HOPPER).await;
        let reply = stage.api.try_change_address(&others.access, "third@example.com", PASSWORD).await;
        let to_third = stage.read(reply.request_token()).await;
        let [here, there] = instances(&stage).await;
        let (to_free, to_third) = (to_free.by_link(), to_third.by_link());
        let (first, second) = tokio::join!(here.confirm_address(&to_free), there.confirm_address(&to_third));
        assert_eq!((first.status, second.status), (200, 200), "{first:?} {second:?}");
        assert_names_fit(&stage.api).await;
    }
}

/// What the thief does while the owner undoes: another change, a refresh, a login, a change of the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_wins_against_whatever_the_thief_does_meanwhile() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let thiefs = stage.api.graces().await;
        let undo = link_of(&stage.changed(&thiefs, HOPPER).await).unwrap();
        let next = stage.changing(&thiefs, "third@example.com").await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (undo, next, tokens) = (undo.clone(), next.link.clone(), thiefs.clone());
            async move { at_the_undo(&api, number, &undo, &next, &tokens).await }
        });
        let replies = replies.await;
        assert_names_fit(&stage.api).await;
        assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
        for reply in replies.iter().filter(|reply| reply.body.get("access_token").is_some()) {
            stage.api.refresh(&reply.tokens().refresh).await.assert_error(400, "invalid_grant");
        }
        stage.api.refresh(&thiefs.refresh).await.assert_error(400, "invalid_grant");
        for name in [GRACE, HOPPER, "third@example.com"] {
            for password in [GRACES_PASSWORD, "the password of a thief"] {
                stage.api.try_login_as(name, password).await.assert_error(400, "invalid_grant");
            }
        }
        stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
        stage.api.confirm_address(&next.by_link()).await.assert_error(400, "invalid_grant");
        assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
    }
}

async fn at_the_undo(api: &Api, number: usize, undo: &str, next: &str, thiefs: &Tokens) -> Reply {
    match number {
        0 => loop {
            // The owner tries until it's done: writes of the thief may come between.
            let reply = api.undo_address(undo, CHOSEN).await;
            if reply.status != 503 {
                assert_eq!(reply.status, 200, "{reply:?}");
                return reply;
            }
        },
        1 | 2 => api.confirm_address(&[("token", next)]).await,
        3..=6 => api.refresh(&thiefs.refresh).await,
        7 => api.change_password(&thiefs.access, GRACES_PASSWORD, "the password of a thief").await,
        8..=10 => {
            let login = [("client_id", APP), ("username", HOPPER), ("password", GRACES_PASSWORD)];
            api.post(route::LOGIN, &login).await
        }
        _ => api.try_change_address(&thiefs.access, "fourth@example.com", GRACES_PASSWORD).await,
    }
}

/// A user who clicks on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_and_a_reset_at_once_leave_one_password() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let undo = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
        let reset = stage.asked(route::FORGOT, HOPPER).await;
        let [here, there] = instances(&stage).await;
        let reset = reset.by_link();
        let (undone, was_reset) =
            tokio::join!(here.undo_address(&undo, CHOSEN), there.reset(&reset, "another password"));
        assert!([200, 503].contains(&undone.status), "{undone:?}");
        assert!([200, 400, 503].contains(&was_reset.status), "{was_reset:?}");
        assert_names_fit(&stage.api).await;
        if undone.status == 200 {
            assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
            stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
            stage.api.try_login_as(GRACE, "another password").await.assert_error(400, "invalid_grant");
        }
        let user = stage.api.user(GRACE_ID).await.unwrap();
        assert!([text(GRACE), text(HOPPERS_NAME)].contains(&user[attribute::USERNAME]));
    }
}
