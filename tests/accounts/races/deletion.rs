//! A deletion and other requests at the same time: nothing brings a part of the account back.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::{PARALLEL, at_once, instances};
use crate::{
    accounts::Stage,
    harness::{
        Api, CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, Reply, SCALE, Tokens, claims, link_of, text,
    },
};

/// The rows of Grace in a table.
async fn hers(api: &Api, table: &str) -> Vec<BTreeMap<String, AttributeValue>> {
    let mut rows = api.items(table).await;
    rows.retain(|row| row.get(attribute::USER_ID) == Some(&text(GRACE_ID)));
    rows
}

/// Asserts that there is no user and no credential, and that no session of the account goes on.
async fn assert_over(api: &Api, seen: &[Tokens]) {
    for table in ["UsersTable", "CredentialsTable"] {
        assert_eq!(hers(api, table).await, [], "{table}");
    }
    for tokens in seen {
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&tokens.access).await.status, 401, "its refresh has ended it");
    }
    assert_eq!(hers(api, "SessionsTable").await, []);
    api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    assert!(hers(api, "ConsentsTable").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_deletions_at_once_are_one() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let [here, there] = [stage.api.graces().await, stage.api.graces().await];
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let access = if number % 2 == 0 { here.access.clone() } else { there.access.clone() };
            async move { api.delete_account(&access, GRACES_PASSWORD).await }
        });
        let replies = replies.await;
        assert!(replies.iter().all(|reply| [204, 400, 401, 503].contains(&reply.status)), "{replies:?}");
        if replies.iter().all(|reply| reply.status != 204) {
            let again = stage.api.delete_account(&here.access, GRACES_PASSWORD).await;
            assert!([204, 401].contains(&again.status), "{again:?}");
        }
        assert_over(&stage.api, &[here, there]).await;
        assert_eq!(stage.post.deliver(&stage.api).await.len(), 1, "one mail");
    }
}

/// A login that counted its attempt before may store a session afterwards. Its first refresh ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_beats_logins_and_refreshes_at_the_same_time() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let [here, there] = [stage.api.graces().await, stage.api.graces().await];
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (access, refresh) = (here.access.clone(), there.refresh.clone());
            async move {
                match number {
                    0 => deleted(&api, &access).await,
                    1..=9 => api.try_login_as(GRACE, GRACES_PASSWORD).await,
                    _ => api.refresh(&refresh).await,
                }
            }
        });
        let replies = replies.await;
        let mut seen = vec![here.clone(), there.clone()];
        let with_tokens = replies.iter().filter(|reply| reply.body.get("access_token").is_some());
        seen.extend(with_tokens.map(Reply::tokens));
        assert!(seen.len() <= 2 + PARALLEL);
        assert_over(&stage.api, &seen).await;
    }
}

/// A thief's deletion has read the session and checked the password when the owner takes the account back, by a reset or
/// by an undo of the thief's change of the address. It is refused, and takes nothing away.
#[tokio::test]
async fn a_deletion_under_way_ends_at_a_cut_off() {
    for is_undo in [false, true] {
        let stage = Stage::set().await;
        let thiefs = stage.api.graces().await;
        let consent =
            [(attribute::USER_ID, GRACE_ID), (attribute::CLIENT_ID, "third"), (attribute::SCOPE, "read")];
        let consent = consent.map(|(name, value)| (name.to_owned(), text(value)));
        stage.api.put("ConsentsTable", consent.into()).await;
        let link = if is_undo {
            link_of(&stage.changed(&thiefs, HOPPER).await).unwrap()
        } else {
            stage.asked(route::FORGOT, GRACE).await.link
        };
        stage.api.clock.advance(60);
        let (behind, proxy) = stage.api.behind_a_gate().await;
        let gate = proxy.hold_call("UpdateItem Users SET disabled");
        let meanwhile = async {
            gate.reached().await;
            let taken_back = if is_undo {
                stage.api.undo_address(&link, CHOSEN).await
            } else {
                stage.api.reset(&[("token", &link)], CHOSEN).await
            };
            assert_eq!(taken_back.status, 200, "{taken_back:?}");
            let owners = stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
            let before = stage.api.stored().await;
            gate.open();
            (owners, before)
        };
        let deleting = behind.delete_account(&thiefs.access, GRACES_PASSWORD);
        let (reply, (owners, before)) = tokio::join!(deleting, meanwhile);
        reply.assert_error(400, "invalid_grant");
        assert_eq!(stage.api.stored().await, before, "nothing is lost");
        assert_eq!(stage.api.call(&owners.access).await.status, 200);
        stage.api.refresh(&owners.refresh).await.tokens();
    }
}

/// Repeats the deletion until it is done: attempts and writes of others may come between.
async fn deleted(api: &Api, access: &str) -> Reply {
    for _ in 0..20 {
        let reply = api.delete_account(access, GRACES_PASSWORD).await;
        if ![503].contains(&reply.status) {
            assert!([204, 401].contains(&reply.status), "{reply:?}");
            return reply;
        }
    }
    panic!("a deletion that never gets through")
}

/// Confirmations of a change of the address, resets, and changes of the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_beats_what_changes_the_account_at_the_same_time() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let [here, there] = [stage.api.graces().await, stage.api.graces().await];
        let change = stage.changing(&here, HOPPER).await;
        let reset = stage.asked(route::FORGOT, GRACE).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (change, reset) = (change.link.clone(), reset.link.clone());
            let (access, other) = (here.access.clone(), there.access.clone());
            async move {
                match number {
                    0 => api.delete_account(&access, GRACES_PASSWORD).await,
                    1 | 2 => api.confirm_address(&[("token", &change)]).await,
                    3 | 4 => api.reset(&[("token", &reset)], CHOSEN).await,
                    5 => api.change_password(&other, GRACES_PASSWORD, CHOSEN).await,
                    _ => api.try_login_as(GRACE, GRACES_PASSWORD).await,
                }
            }
        });
        let replies = replies.await;
        // A change of the password that came first makes the deletion's a wrong one; then the account is whole.
        let user = stage.api.user(GRACE_ID).await;
        let names = stage.api.names_of(GRACE_ID).await;
        match user {
            None => {
                assert_eq!(names, Vec::<String>::new(), "{replies:?}");
                for name in [GRACE, HOPPER] {
                    for password in [GRACES_PASSWORD, CHOSEN] {
                        stage.api.try_login_as(name, password).await.assert_error(400, "invalid_grant");
                    }
                }
                for tokens in replies.iter().filter(|reply| reply.body.get("access_token").is_some()) {
                    stage.api.refresh(&tokens.tokens().refresh).await.assert_error(400, "invalid_grant");
                }
            }
            Some(user) => {
                assert_eq!(names.len(), 1, "{replies:?}");
                assert_eq!(user[attribute::USERNAME], text(&names[0]), "{replies:?}");
            }
        }
    }
}

/// The same name signs up while its account is deleted: it is another user, and keeps nothing of the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_during_a_deletion_is_another_account() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let here = stage.api.graces().await;
        // Asked for while the name was free.
        let credentials = stage.api.items("CredentialsTable").await;
        for row in credentials.iter().filter(|row| row[attribute::USERNAME] == text(GRACE)) {
            stage.api.delete("CredentialsTable", row).await;
        }
        let asked = stage.asked(route::SIGNUP, GRACE).await;
        for row in credentials {
            stage.api.put("CredentialsTable", row).await;
        }
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (access, link) = (here.access.clone(), asked.link.clone());
            async move {
                match number {
                    0 => deleted(&api, &access).await,
                    _ => api.confirm(&[("token", &link)], CHOSEN).await,
                }
            }
        });
        let replies = replies.await;
        let opened: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert!(opened.len() <= 1, "{replies:?}");
        assert_eq!(hers(&stage.api, "UsersTable").await, []);
        stage.api.refresh(&here.refresh).await.assert_error(400, "invalid_grant");
        if let [opened] = opened[..] {
            let tokens = opened.tokens();
            assert_ne!(claims(&tokens.access)["sub"], GRACE_ID);
            assert_eq!(stage.api.call(&tokens.access).await.status, 200);
            stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
        }
    }
}
