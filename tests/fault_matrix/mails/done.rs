//! The result of a completed request of accounts by mail.

use super::MailFlow;
use crate::{
    fault_matrix::{answer::Answer, case::Stage, known::NEW_PASSWORD, stored::sessions},
    harness::{Api, GRACE, GRACES_PASSWORD, NEWCOMER, Post, link_of},
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
            Self::ConfirmByLink | Self::ConfirmByCode | Self::ChooseFirstPassword => {
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
            Self::FollowLink | Self::EnterCode => {
                answer.page().form_with("action", Some("choose-password"));
                assert_eq!(sessions(api).await.len(), 3, "nothing has ended");
                api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
            }
        }
    }
}
