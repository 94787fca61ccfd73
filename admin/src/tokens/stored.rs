//! The stored session of a token.

use shared::{
    clock::Timestamp,
    store::{Session, SessionKey, Sessions, User, Users},
};

use crate::{deployment::Deployment, error::AdminError};

/// The stored session of a token, and its user.
pub(super) struct Stored {
    pub(super) session: Option<Session>,
    pub(super) user: Option<User>,
}

impl Stored {
    pub(super) async fn find(deployment: &Deployment, key: &SessionKey) -> Result<Self, AdminError> {
        let sessions = Sessions::new(&deployment.environment, &deployment.dynamodb)?;
        let users = Users::new(&deployment.environment, &deployment.dynamodb)?;
        let (session, user) = tokio::join!(sessions.find(key), users.find(&key.user_id));
        Ok(Self { session: session?, user: user? })
    }

    /// The state of the session, for people.
    pub(super) fn state(&self, now: Timestamp) -> &'static str {
        match &self.session {
            None => "over: logged out, revoked, or swept after it expired",
            Some(session) if !session.is_live(now) => "expired",
            Some(session) if !self.admits(session) => {
                "ended: its user was deleted or disabled, or all of the user's sessions were ended"
            }
            Some(_) => "live",
        }
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_live(now) && self.admits(session))
    }

    fn admits(&self, session: &Session) -> bool {
        self.user.as_ref().is_some_and(|user| user.admits(session.created_at))
    }

    pub(super) fn username(&self) -> Option<String> {
        self.user.as_ref()?.username.clone()
    }
}
