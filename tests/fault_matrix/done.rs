//! The stored result of a completed request, and the use of its answer.

use shared::store::attribute;

use super::{
    answer::Answer,
    case::Stage,
    flow::{Flow, Scene, device},
    known::{NEW_PASSWORD, sid},
    stored::{revoked, sessions},
};
use crate::harness::{Api, USER_ID, text};

impl Stage {
    /// Asserts that the request's effect has happened.
    pub(super) async fn assert_done(&self, api: &Api, answer: &Answer) {
        let Scene { here, there, successor, .. } = &self.scene;
        let (here_id, there_id) = (sid(here), sid(there));
        let mut left = sessions(api).await;
        let ends = self.flow.ends(&self.scene);
        assert!(!left.iter().any(|id| ends.contains(id)), "a session is left");
        let revoked = revoked(api).await;
        assert!(ends.iter().all(|id| revoked.contains(id)), "a session is not on the denylist");
        match self.flow {
            Flow::Oauth(flow) => return Box::pin(flow.assert_done(self, api, answer)).await,
            Flow::Mail(flow) => return Box::pin(flow.assert_done(self, api, answer)).await,
            _ => {}
        }
        let reply = answer.reply();
        match self.flow {
            Flow::Oauth(_) | Flow::Mail(_) => unreachable!("it has been looked at"),
            Flow::LoginBeyondMaxSessions => {
                let tokens = reply.tokens();
                assert_eq!(api.call(&tokens.access).await.status, 200);
                assert!(left.contains(&sid(&tokens)));
                assert_eq!(left.len(), 2, "however often it was asked for");
            }
            Flow::ChangePasswordWithAKey => {
                let tokens = reply.tokens();
                left.retain(|id| *id != here_id);
                assert_eq!(left, [sid(&tokens)], "one new session, however often it was asked for");
                api.refresh(&tokens.refresh).await.tokens();
                api.try_login(NEW_PASSWORD).await.tokens();
                api.clock.advance(60);
                assert_eq!(api.call(&here.access).await.status, 401);
                assert!(revoked.contains(&here_id));
            }
            Flow::Login | Flow::LoginAfterAWrongPassword | Flow::LoginOfADevice => {
                let tokens = reply.tokens();
                assert_eq!(api.call(&tokens.access).await.status, 200);
                api.refresh(&tokens.refresh).await.tokens();
                let hash = &api.items("CredentialsTable").await[0][attribute::PASSWORD_HASH];
                assert!(hash.as_s().unwrap().starts_with("$argon2id$v=19$m=16,t=1,"), "a weak hash is left");
            }
            Flow::Refresh | Flow::RefreshAtToken => {
                let next = reply.tokens();
                api.refresh(&next.refresh).await.tokens();
                assert_eq!(left.len(), 2);
            }
            Flow::LoginWithAProof => {
                let tokens = reply.tokens();
                assert_eq!(api.call_of(&device(), &tokens.access).await.status, 200);
                api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
                api.refresh_of(&device(), &tokens.refresh).await.tokens();
            }
            Flow::RefreshWithAProof | Flow::RefreshThatBinds => {
                let next = reply.tokens();
                assert_eq!(api.call_of(&device(), &next.access).await.status, 200);
                api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
                api.refresh_of(&device(), &next.refresh).await.tokens();
                assert_eq!(left.len(), 2);
            }
            Flow::RefreshAgain => {
                let again = reply.tokens().refresh;
                assert_eq!(again, successor.as_ref().unwrap().refresh);
                api.refresh(&again).await.tokens();
            }
            Flow::RefreshOfAnUnreadableUser | Flow::RefreshAtTokenOfAnUnreadableUser => {
                let user = (attribute::USER_ID, USER_ID);
                api.seeder().set("UsersTable", user, vec![(attribute::CLAIMS, text("{}"))]).await.unwrap();
                api.refresh(&here.refresh).await.tokens();
            }
            Flow::Logout => assert_eq!(api.call(&here.access).await.status, 401),
            Flow::ChangePassword | Flow::CompleteAChangeOfPassword => {
                // One new session, however often it was put.
                assert_eq!(left.len(), 1);
                if reply.status == 200 {
                    assert_eq!(left.pop().unwrap(), sid(&reply.tokens()));
                }
                api.try_login(NEW_PASSWORD).await.tokens();
            }
            Flow::ListSessions | Flow::ListSessionsByDenylist => {
                assert_eq!(reply.body["sessions"].as_array().unwrap().len(), 2);
            }
            Flow::Jwks => assert_eq!(reply.body["keys"].as_array().unwrap().len(), 1),
            Flow::EndSession => assert_eq!(left, [here_id]),
            Flow::RefreshOfAUsedToken
            | Flow::RefreshAtTokenOfAUsedToken
            | Flow::RefreshOfADisabledUser
            | Flow::LogoutEverywhereInVain => {
                assert_eq!(left, [there_id]);
            }
            Flow::LogoutEverywhere => assert!(left.is_empty()),
            Flow::LoginWithAWrongPassword
            | Flow::LoginOfNobody
            | Flow::LoginOfAGreekName
            | Flow::LoginWithTheBudgetSpent
            | Flow::LoginBeyondTheClientsScope
            | Flow::ChangePasswordToTheSame
            | Flow::ChangePasswordByAWrongOne => assert_eq!(left.len(), 2),
        }
    }
}
