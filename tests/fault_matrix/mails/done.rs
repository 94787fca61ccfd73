//! The result of a completed request of accounts by mail.

use super::MailFlow;
use crate::{
    fault_matrix::{answer::Answer, case::Stage, known::NEW_PASSWORD, stored::sessions},
    harness::{Api, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, NEWCOMER, Post, link_of},
};

impl MailFlow {
    /// Asserts that the request's effect has happened. After a fault, the effect may have happened before this answer.
    pub(in crate::fault_matrix) async fn assert_done(self, stage: &Stage, api: &Api, answer: &Answer) {
        let graces = &stage.scene.mail.as_ref().unwrap().graces;
        match self {
            Self::SignUp | Self::SignUpAgain | Self::Forgot | Self::Resend | Self::Ask => {
                let mail = Post::of(api).deliver_one(api).await;
                let link = link_of(&mail).unwrap();
                let is_of_newcomer = mail.to.as_str() == NEWCOMER;
                let reply = if is_of_newcomer {
                    api.confirm(&[("token", &link)], NEW_PASSWORD).await
                } else {
                    api.reset(&[("token", &link)], NEW_PASSWORD).await
                };
                assert_eq!(reply.status, 200, "{reply:?}");
                let email = if is_of_newcomer { NEWCOMER } else { GRACE };
                api.try_login_as(email, NEW_PASSWORD).await.tokens();
            }
            Self::ConfirmByLink
            | Self::ConfirmByCode
            | Self::ChooseFirstPassword
            | Self::ConfirmInvitation => {
                if self != Self::ChooseFirstPassword && answer.status() == 200 {
                    let tokens = answer.reply().tokens();
                    assert_eq!(api.call(&tokens.access).await.status, 200);
                    api.refresh(&tokens.refresh).await.tokens();
                }
                api.try_login_as(NEWCOMER, NEW_PASSWORD).await.tokens();
            }
            Self::ResetByLink | Self::ChooseNewPassword => {
                assert_eq!(api.call(&graces.access).await.status, 401);
                api.refresh(&graces.refresh).await.assert_error(400, "invalid_grant");
                api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
                api.try_login_as(GRACE, NEW_PASSWORD).await.tokens();
            }
            Self::AskForAddress | Self::AskForAddressAtPages => {
                let mail = Post::of(api).deliver_one(api).await;
                let reply = api.confirm_address(&[("token", &link_of(&mail).unwrap())]).await;
                assert_eq!(reply.status, 200, "{reply:?}");
                api.try_login_as(HOPPER, GRACES_PASSWORD).await.tokens();
            }
            Self::ConfirmAddressByLink | Self::ConfirmAddressByCode | Self::ConfirmAddressAtPages => {
                assert_eq!(api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
                assert_eq!(api.call(&graces.access).await.status, 200, "the session stays");
                api.try_login_as(HOPPER, GRACES_PASSWORD).await.tokens();
                let mail = Post::of(api).deliver_one(api).await;
                let undone = api.undo_address(&link_of(&mail).unwrap(), NEW_PASSWORD).await;
                assert_eq!((mail.to.as_str(), undone.status), (GRACE, 200), "{undone:?}");
            }
            Self::UndoAddress | Self::UndoAddressAtPages => {
                assert_eq!(api.names_of(GRACE_ID).await, [GRACE]);
                assert_eq!(api.call(&graces.access).await.status, 401);
                api.refresh(&graces.refresh).await.assert_error(400, "invalid_grant");
                api.try_login_as(HOPPER, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
                api.try_login_as(GRACE, NEW_PASSWORD).await.tokens();
            }
            Self::DeleteAccount | Self::DeleteAccountAtPages => {
                assert_eq!((api.user(GRACE_ID).await, api.names_of(GRACE_ID).await), (None, vec![]));
                assert!(api.items("ConsentsTable").await.is_empty());
                api.refresh(&graces.refresh).await.assert_error(400, "invalid_grant");
                api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
                assert_eq!(Post::of(api).deliver_one(api).await.to.as_str(), GRACE);
            }
            Self::FollowLink | Self::EnterCode => {
                answer.page().form_with("action", Some("choose-password"));
                assert_eq!(sessions(api).await.len(), 3, "nothing has ended");
                api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
            }
        }
    }
}
