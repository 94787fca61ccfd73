//! A bound on a user's sessions, for owners who want one: a login beyond it ends the sessions that were used longest ago.

use shared::{
    clock::Timestamp,
    ids::UserId,
    log::{Cause, RequestLog},
    store::{Session, SessionKey},
};

use crate::{Login, LoginError};

/// How many sessions one login ends at most, so that it takes no longer where the bound is new and a user has thousands.
const MOST_ENDED: usize = 16;

impl Login {
    /// Makes room for one more session of this user. Logins at the same moment don't see each other's sessions, and may exceed
    /// the bound together; the next login ends what is beyond it.
    pub(crate) async fn make_room(
        &self,
        user_id: &UserId,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), LoginError> {
        let Some(max_sessions) = self.max_sessions else { return Ok(()) };
        let found = self.sessions.of_user(user_id).await?;
        let mut live: Vec<Session> = found.into_iter().filter_map(|found| found.session.ok()).collect();
        live.retain(|session| session.is_live(now));
        let surplus = (live.len() + 1).saturating_sub(max_sessions).min(MOST_ENDED);
        live.sort_by_key(|session| session.rotated_at);
        let oldest = live.into_iter().take(surplus).map(|session| session.key);
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::MaxSessions);
        Ok(self.revoker.revoke_all(oldest, now, on_denied).await?)
    }
}
