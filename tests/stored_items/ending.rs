//! What can't be read can still be ended.

use axum::http::Request;
use shared::route;

use super::{damage::damages, sessions::TABLE, stage::Stage};
use crate::harness::{Api, SECRET, SERVER, START, bearer, claims, form, form_post, number, text};

/// The ways in which a session ends without being read.
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
                let id = claims(&stage.tokens.access)["sid"].as_str().unwrap().to_owned();
                let end = bearer(Request::delete(format!("/sessions/{id}")), &stage.other.access);
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
async fn a_session_that_can_not_be_read_can_still_be_ended() {
    let stage = Stage::set(Api::start().await).await;
    let id = claims(&stage.tokens.access)["sid"].as_str().unwrap().to_owned();
    let item = stage.item(TABLE.id).clone();
    for (attribute, value) in item.iter().filter(|(name, _)| !TABLE.key.contains(&name.as_str())) {
        // Without it, and with the first that it is instead: nothing of it is read.
        let all = damages(value);
        for (damage, end) in all[..2].iter().flat_map(|damage| End::ALL.map(|end| (damage, end))) {
            let what = format!("{attribute} {damage:?} {end:?}");
            let spoiled = stage.with_attribute(TABLE.id, attribute, damage.value.as_ref());
            stage.api.restore(&spoiled).await;
            let status = end.ask(&stage).await;
            assert!([200, 204].contains(&status), "{what}: {status}");
            let left = format!("{:?}", stage.api.items(TABLE.id).await);
            assert!(!left.contains(&id), "{what}");
            let denied = format!("{:?}", stage.api.items("RevocationsTable").await);
            assert!(denied.contains(&id), "{what}");
        }
    }
}

/// No token leads to it, and nobody but an operator can have put it there. Ending what can be read is not promised then,
/// since what it was can't be known; a device can still be signed out by its own token.
#[tokio::test]
async fn a_session_whose_very_key_is_none_is_a_failure_of_ours_and_ends_nothing_by_halves() {
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

/// A row of the denylist that says that it was over before it began would let a revoked session pass.
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
