//! Mails of earlier versions at this version: their links and codes, and those that wait.

use std::collections::BTreeMap;

use shared::route;

use super::{
    mails::{FORGETFUL, GONE, HALF_DELETED, HeldMail, INVITED, LEFT, MOVED, NEXT},
    snapshot::Snapshot,
};
use crate::harness::{Api, CHOSEN, IMPORTED, Post, claims, link_of, waiting};

/// Each snapshot with mails, and those.
fn all() -> Vec<(Snapshot, BTreeMap<String, HeldMail>)> {
    let all = Snapshot::all().into_iter();
    let all = all.filter_map(|snapshot| snapshot.mails.clone().map(|held| (snapshot, held.mails)));
    let all: Vec<_> = all.collect();
    assert!(!all.is_empty(), "the newest has them");
    all
}

#[tokio::test]
async fn links_and_codes_of_earlier_versions_open_what_they_did() {
    for (snapshot, mails) in all() {
        for by_link in [true, false] {
            let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
            let means = |name: &str| {
                let HeldMail { request, link, code } = &mails[name];
                if by_link {
                    vec![("token", link.as_str())]
                } else {
                    vec![("request", request.as_str()), ("code", code.as_str())]
                }
            };
            api.confirm(&means("sign-up"), CHOSEN).await.tokens();
            let reset = api.reset(&means("reset"), "yet another password").await;
            assert_eq!(reset.status, 200, "{}: {reset:?}", snapshot.written_by);
            api.try_login_as(FORGETFUL, "yet another password").await.tokens();
        }
    }
}

#[tokio::test]
async fn a_mail_that_waited_in_an_earlier_version_is_sent_and_a_bounce_is_remembered() {
    for (snapshot, mails) in all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let post = Post::of(&api);
        api.clock.advance(60);
        let mail = post.deliver_one(&api).await;
        assert_eq!(link_of(&mail).as_ref(), Some(&mails["waiting"].link), "{}", snapshot.written_by);
        let request = api.try_resend(&mails["sign-up"].request).await.request_token();
        let again = HeldMail::of(&api, &post, request).await;
        api.confirm(&[("token", &mails["sign-up"].link)], CHOSEN).await.assert_error(400, "invalid_grant");
        api.confirm(&[("token", &again.link)], CHOSEN).await.tokens();
        for path in [route::SIGNUP, route::FORGOT] {
            api.ask(path, GONE).await;
            assert!(post.deliver(&api).await.is_empty(), "{}", snapshot.written_by);
        }
        assert!(waiting(&api).await.is_empty());
    }
}

/// Only some snapshots have them.
#[tokio::test]
async fn a_change_an_undo_and_an_invitation_of_earlier_versions_can_be_used() {
    let is_new = |(_, mails): &(Snapshot, BTreeMap<String, HeldMail>)| mails.contains_key("undo");
    let found: Vec<_> = all().into_iter().filter(is_new).collect();
    assert!(!found.is_empty(), "the newest has them");
    for (snapshot, mails) in found {
        let link = |name: &str| mails[name].link.clone();
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let login = async |api: &Api, email: &str| api.try_login_as(email, CHOSEN).await;
        login(&api, LEFT).await.assert_error(400, "invalid_grant");
        login(&api, MOVED).await.tokens();
        assert_eq!(api.confirm_address(&[("token", &link("change"))]).await.status, 200);
        login(&api, NEXT).await.tokens();
        let undone = api.undo_address(&link("undo"), "yet another password").await;
        assert_eq!(undone.status, 200, "{}: {undone:?}", snapshot.written_by);
        login(&api, NEXT).await.assert_error(400, "invalid_grant");
        api.try_login_as(LEFT, "yet another password").await.tokens();
        let invited = api.confirm(&[("token", &link("invitation"))], CHOSEN).await.tokens();
        let said = claims(&invited.access);
        assert_eq!((said["email"].as_str(), said["roles"][0].as_str()), (Some(INVITED), Some("editor")));
        login(&api, HALF_DELETED).await.assert_error(400, "invalid_grant");
    }
}

/// Only some snapshots have one.
#[tokio::test]
async fn a_link_of_an_earlier_version_to_a_first_password_can_be_used() {
    let found: Vec<_> = all().into_iter().filter(|(_, mails)| mails.contains_key("first-password")).collect();
    assert!(!found.is_empty(), "the newest has it");
    for (snapshot, mails) in found {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let chosen = api.reset(&[("token", &mails["first-password"].link)], "yet another password").await;
        assert_eq!(chosen.status, 200, "{}: {chosen:?}", snapshot.written_by);
        api.try_login_as(IMPORTED, "yet another password").await.tokens();
    }
}
