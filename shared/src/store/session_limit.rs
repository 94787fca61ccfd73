//! An optional limit on a user's sessions. A session beyond it ends those that have been unused for longest.

use aws_sdk_dynamodb::Client;

use super::{Session, SessionKey, SessionRevoker, Sessions, StoreError};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
};

/// How many sessions a new one ends at most. So a login takes no longer even if the limit is new and the user
/// has thousands of sessions.
const MOST_ENDED: usize = 16;

/// The limit on a user's sessions.
#[derive(Clone, Debug)]
pub struct SessionLimit {
    max_sessions: Option<usize>,
    sessions: Sessions,
    revoker: SessionRevoker,
}

impl SessionLimit {
    /// Reads `MAX_SESSIONS`. Without it, there is no limit.
    ///
    /// # Errors
    ///
    /// If a variable is missing or malformed.
    pub fn from_environment(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self {
            max_sessions: match environment.count(variable::MAX_SESSIONS, 0, 0..=10_000)? {
                0 => None,
                max_sessions => Some(max_sessions),
            },
            sessions: Sessions::new(environment, client)?,
            revoker: SessionRevoker::new(environment, client)?,
        })
    }

    /// Makes room for a new session, before or after it is stored. Sessions at the pages are counted
    /// separately: they and the apps' sessions don't end each other. Sessions that begin at the same moment
    /// may not see each other, and exceed the limit together; the next one ends the surplus. `on_denied`
    /// works as in [`SessionRevoker::revoke`].
    ///
    /// # Errors
    ///
    /// [`StoreError`], if sessions can't be read or ended.
    pub async fn make_room(
        &self,
        new: &SessionKey,
        now: Timestamp,
        on_denied: impl Fn(&SessionKey) + Copy,
    ) -> Result<(), StoreError> {
        let Some(max_sessions) = self.max_sessions else { return Ok(()) };
        let found = self.sessions.of_user(&new.user_id).await?;
        let mut live: Vec<Session> = found.into_iter().filter_map(|found| found.session.ok()).collect();
        let is_alike = |key: &SessionKey| key.client_id.is_reserved() == new.client_id.is_reserved();
        live.retain(|session| session.is_live(now) && is_alike(&session.key) && session.key != *new);
        let surplus = (live.len() + 1).saturating_sub(max_sessions).min(MOST_ENDED);
        live.sort_by_key(|session| session.rotated_at);
        let oldest = live.into_iter().take(surplus).map(|session| session.key);
        self.revoker.revoke_all(oldest, now, on_denied).await
    }
}
