//! Concurrent uses of links in mails, changes of the address, undos and deletions. `accounts::races` and the modules
//! beside it send the same requests all at once; here they also come among each other's calls to the store.

use serde_json::json;
use shared::{route, store::attribute};

use super::{HASHING, HASHING_MUCH, PARALLEL, assert_refused, race::Race, request::Request};
use crate::harness::{
    CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, NEWCOMER, NEWCOMERS_NAME, Post, Reply,
    Tokens, link_of, text, with_mail,
};

const THIRD: &str = "third@example.com";

/// A race at a deployment that sends mail, with Grace's account.
async fn start(name: &'static str, share: usize) -> (Race, Post) {
    let race = Race::with(name, share, with_mail).await;
    race.api().put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let post = Post::of(race.api());
    (race, post)
}

/// The link of the only mail that waits.
async fn link(race: &Race, post: &Post) -> String {
    link_of(&post.deliver_one(race.api()).await).unwrap()
}

/// Asks for a change of Grace's address, and returns the link of the mail to the new one.
async fn changing(race: &Race, post: &Post, tokens: &Tokens, email: &str) -> String {
    race.api().try_change_address(&tokens.access, email, GRACES_PASSWORD).await.request_token();
    link(race, post).await
}

/// Changes Grace's address, and returns the link of the mail to the old one.
async fn changed(race: &Race, post: &Post, tokens: &Tokens, email: &str) -> String {
    let to_new = changing(race, post, tokens, email).await;
    assert_eq!(race.api().confirm_address(&[("token", &to_new)]).await.status, 200);
    race.api().clock.advance(1);
    link(race, post).await
}

/// Asserts that one request was carried out, and that the others were refused.
fn assert_one_wins(replies: &[Reply], round: usize) {
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "round {round}: {replies:?}");
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_refused(reply, round);
    }
}

/// Asserts that Grace's account is whole, at this address and with this password.
async fn assert_account(race: &Race, name: &str, password: &str, round: usize) {
    assert_eq!(race.api().names_of(GRACE_ID).await, [name], "round {round}");
    let user = race.api().user(GRACE_ID).await.unwrap();
    assert_eq!(user[attribute::USERNAME], text(name), "round {round}");
    let login = race.api().try_login_as(name, password).await;
    assert_eq!(login.status, 200, "round {round}, a login: {login:?}");
}

/// Asserts that nothing of Grace's account is left, and that this session of it doesn't go on.
async fn assert_gone(race: &Race, refresh: &str, round: usize) {
    assert_eq!(race.api().user(GRACE_ID).await, None, "round {round}");
    assert!(race.api().names_of(GRACE_ID).await.is_empty(), "round {round}");
    assert_refused(&race.api().refresh(refresh).await, round);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_20_uses_of_one_link_one_changes_the_address() {
    let (mut race, post) = start("one link to a new address, 20 times", 1).await;
    let tokens = race.api().graces().await;
    let to_new = changing(&race, &post, &tokens, HOPPER).await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once(vec![Request::ConfirmAddress(to_new.clone()); PARALLEL]).await;
        assert_one_wins(&replies, round);
        assert_eq!(race.api().names_of(GRACE_ID).await, [HOPPERS_NAME], "round {round}");
        race.count("one change");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_and_an_invitation_to_one_address_open_one_account() {
    let (mut race, post) = start("a sign-up against an invitation, 20 links", HASHING_MUCH).await;
    race.api().ask(route::SIGNUP, NEWCOMER).await;
    let sign_up = link(&race, &post).await;
    race.api().invite(NEWCOMER, &json!({ "name": "Newcomer" })).await;
    let invitation = link(&race, &post).await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let links = [&sign_up, &invitation].into_iter().cycle().take(PARALLEL);
        let replies = race.at_once(links.map(|link| Request::Confirm(link.clone()))).await;
        assert_one_wins(&replies, round);
        let invited = replies.iter().position(|reply| reply.status == 200).unwrap() % 2 == 1;
        race.count(if invited { "by the invitation" } else { "by the sign-up" });
        let mut users = race.api().items("UsersTable").await;
        users.retain(|user| user.get(attribute::USERNAME) == Some(&text(NEWCOMERS_NAME)));
        assert_eq!(users.len(), 1, "round {round}: {users:?}");
        let claims = users[0][attribute::CLAIMS].as_s().unwrap();
        assert_eq!(claims.contains("Newcomer\""), invited, "round {round}: {claims}");
        // Without its account, the other link opens none either.
        for link in [&sign_up, &invitation] {
            assert_refused(&race.api().confirm(&[("token", link)], CHOSEN).await, round);
        }
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_the_account_back_from_another_change() {
    let (mut race, post) = start("an undo against another change of the address", HASHING).await;
    let thiefs = race.api().graces().await;
    let undo = changed(&race, &post, &thiefs, HOPPER).await;
    let next = changing(&race, &post, &thiefs, THIRD).await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let requests = [Request::UndoAddress(undo.clone()), Request::ConfirmAddress(next.clone())];
        let replies = race.at_once(requests).await;
        assert_eq!(replies[0].status, 200, "round {round}: {replies:?}");
        race.count(if replies[1].status == 200 { "the change came first" } else { "the undo came first" });
        assert_account(&race, GRACE, CHOSEN, round).await;
        for name in [HOPPER, THIRD] {
            assert_refused(&race.api().try_login_as(name, GRACES_PASSWORD).await, round);
        }
        assert_refused(&race.api().confirm_address(&[("token", &next)]).await, round);
        assert_refused(&race.api().refresh(&thiefs.refresh).await, round);
    }
    race.finish();
}

/// A deletion that was under way when its session was cut off doesn't delete the account that was taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_spares_an_account_that_was_taken_back() {
    for by_undo in [true, false] {
        let name = if by_undo { "a deletion against an undo" } else { "a deletion against a reset" };
        let (mut race, post) = start(name, HASHING).await;
        let thiefs = race.api().graces().await;
        let taking_back = if by_undo {
            Request::UndoAddress(changed(&race, &post, &thiefs, HOPPER).await)
        } else {
            race.api().ask(route::FORGOT, GRACE).await;
            Request::Reset(link(&race, &post).await)
        };
        let start = race.snapshot().await;
        for round in 0..race.rounds {
            race.restore(&start).await;
            let requests = [taking_back.clone(), Request::DeleteAccount(thiefs.access.clone())];
            let replies = race.at_once(requests).await;
            match (replies[0].status, replies[1].status) {
                // 500: the credential had another name since the deletion read its user.
                (200, 400 | 401 | 500) if by_undo || replies[1].status != 500 => {
                    race.count("taken back");
                    assert_account(&race, GRACE, CHOSEN, round).await;
                    let user = race.api().user(GRACE_ID).await.unwrap();
                    assert!(!user.contains_key(attribute::DELETING), "round {round}: {user:?}");
                }
                (400, 204) => {
                    race.count("deleted");
                    assert_gone(&race, &thiefs.refresh, round).await;
                }
                _ => panic!("round {round}: {replies:?}"),
            }
        }
        race.finish();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_leaves_nothing_to_logins_refreshes_and_changes() {
    let (mut race, post) = start("a deletion against a login, a refresh and a change", HASHING).await;
    let (here, there) = (race.api().graces().await, race.api().graces().await);
    let to_new = changing(&race, &post, &here, HOPPER).await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let requests = [
            Request::DeleteAccount(here.access.clone()),
            Request::GracesLogin,
            Request::refresh(&there),
            Request::ConfirmAddress(to_new.clone()),
        ];
        let replies = race.at_once(requests).await;
        if replies[0].status == 204 {
            race.count("deleted at once");
        } else {
            // The credential had moved meanwhile. The user tries again.
            let again = race.api().delete_account(&here.access, GRACES_PASSWORD).await;
            assert_eq!(again.status, 204, "round {round}: {again:?} after {replies:?}");
            race.count("deleted by the second request");
        }
        for reply in replies[1..3].iter().filter(|reply| reply.status == 200) {
            assert_gone(&race, &reply.tokens().refresh, round).await;
        }
        assert_gone(&race, &there.refresh, round).await;
        assert_refused(&race.api().confirm_address(&[("token", &to_new)]).await, round);
    }
    race.finish();
}
