//! An unreadable session can still be ended.

use axum::http::Request;
use shared::route;

use super::{damage::damages, sessions::TABLE, stage::Stage};
use crate::harness::{Api, SECRET, SERVER, START, bearer, form, form_post, number, text};

/// The ways to end a session without reading it.
#[derive(Clone, Copy, Debug)]
enum End {
    Logout,
    LogoutEverywhereByAnother,
    DeviceByAnother,
    ChangeOfPasswordByAnother,
}

impl End {
    const ALL: [Self; 4] = [
        Self::Logout,
        Self::LogoutEverywhereByAnother,
        Self::DeviceByAnother,
        Self::ChangeOfPasswordByAnother,
    ];

    async fn ask(self, stage: &Stage) -> u16 {
        let logout = |more: &[(&str, &str)]| {
            let client = [("client_id", SERVER), ("client_secret", SECRET)];
            stage.api.send(form_post(route::LOGOUT), form(&[&client[..], more].concat()))
        };
        match self {
            Self::Logout => logout(&[("token", &stage.tokens.refresh)]).await.status,
            Self::LogoutEverywhereByAnother => {
                logout(&[("token", &stage.other.refresh), ("everywhere", "true")]).await.status
            }
            Self::DeviceByAnother => {
                let path = format!("{}/{}", route::SESSIONS, stage.id);
                let end = bearer(Request::delete(path), &stage.other.access);
                stage.api.send(end, "").await.status
            }
            Self::ChangeOfPasswordByAnother => {
                let (token, current) = (&stage.other.access, stage.password);
                stage.api.change_password(token, current, "yet another password").await.status
            }
        }
    }
}

#[tokio::test]
async fn an_unreadable_session_can_still_be_ended() {
    assert_can_be_ended(&Stage::set(Api::start().await).await, &End::ALL).await;
}

/// The user signs the unreadable session out from elsewhere.
#[tokio::test]
async fn an_unreadable_session_at_the_pages_can_still_be_ended() {
    let stage = super::at_pages().await;
    let stage = Stage { id: stage.pages().browser_sid.clone(), ..stage };
    assert_can_be_ended(&stage, &End::ALL[1..]).await;
}

async fn assert_can_be_ended(stage: &Stage, ends: &[End]) {
    let id = &stage.id;
    let item = stage.item(TABLE.id).clone();
    for (attribute, value) in item.iter().filter(|(name, _)| !TABLE.key.contains(&name.as_str())) {
        // Without the attribute, and with the first other value: the session isn't read.
        let all = damages(value);
        for (damage, end) in all[..2].iter().flat_map(|damage| ends.iter().map(move |end| (damage, end))) {
            let what = format!("{attribute} {damage:?} {end:?}");
            let spoiled = stage.with_attribute(TABLE.id, attribute, damage.value.as_ref());
            stage.api.restore(&spoiled).await;
            let status = end.ask(stage).await;
            assert!([200, 204].contains(&status), "{what}: {status}");
            let left = format!("{:?}", stage.api.items(TABLE.id).await);
            assert!(!left.contains(id), "{what}");
            let denied = format!("{:?}", stage.api.items("RevocationsTable").await);
            assert!(denied.contains(id), "{what}");
        }
    }
}

/// No token leads to such a row, and only an operator can have created it. It isn't promised that the remaining
/// sessions end then, since the row's session can't be known. A device can still be signed out with its own token.
#[tokio::test]
async fn a_session_with_a_malformed_key_is_our_failure_and_changes_nothing() {
    let stage = Stage::set(Api::start().await).await;
    let mut item = stage.item(TABLE.id).clone();
    item.insert("session_key".to_owned(), text("demo-server"));
    stage.api.put(TABLE.id, item).await;
    let before = stage.api.stored().await;
    let everywhere = End::LogoutEverywhereByAnother;
    for end in [everywhere, End::DeviceByAnother] {
        assert_eq!(end.ask(&stage).await, 500, "{end:?}");
        assert_eq!(stage.api.stored().await, before, "{end:?}");
    }
    assert_eq!(stage.api.call(&stage.other.access).await.status, 500);
    assert_eq!(End::Logout.ask(&stage).await, 200);
}

/// A denylist row that ends before it begins would let a revoked session pass.
#[tokio::test]
async fn a_row_of_the_denylist_that_ends_before_it_begins_is_malformed() {
    for early in [0, 1, START - 1] {
        let mut stage = Stage::set(super::with_denylist().await).await.own_ended().await;
        stage.stored = stage.with_attribute("RevocationsTable", "expires_at", Some(&number(early)));
        stage.api.restore(&stage.stored).await;
        for operation in super::lists::REVOCATION_OPERATIONS {
            assert_eq!(operation.ask(&stage.api, &stage).await.status, 500, "{early}");
        }
    }
}
