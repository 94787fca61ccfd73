//! How sessions end: marked with the instant, put on the denylist, deleted.
//!
//! Each step is one write, and the next begins when it has been carried out. The mark chooses the instant, and the row on the
//! denylist is named after it: so however many requests end a session at the same time, they write one row. A session that
//! is not there is over already, and is on the denylist: its end costs one failed condition, and writes nothing.
//! The session lives until it is deleted. A request that failed half-way is completed by the same request again.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{
        AttributeValue::{N, S},
        ReturnValuesOnConditionCheckFailure,
    },
};
use tokio::task::JoinSet;

use super::{
    CLOCK_TOLERANCE, FoundSession, Revocations, Row, SessionKey, Sessions, StoreError, WRITE_DELAY, attribute,
};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError},
    ids::UserId,
    stopwatch::alongside,
};

/// How many sessions are ended at the same time when many are.
const BATCH: usize = 16;

/// For how long the instant of a mark is used again. After it, whoever wrote the mark has come to its end, and a row of that
/// instant could come too late for a pull: [`SessionRevoker::ROW_DELAY`].
const MARK_TTL: Duration = WRITE_DELAY;

/// Ends sessions: their refresh token and their access tokens.
#[derive(Clone, Debug)]
pub struct SessionRevoker {
    pub(super) sessions: Sessions,
    pub(super) revocations: Revocations,
}

/// What became of a mark.
pub(super) enum Marked {
    /// The session ends at this instant.
    At(Timestamp),
    /// There is no such session.
    Gone,
    /// Another change of password has claimed it.
    ClaimedAgain,
}

/// A step that was taken.
enum Taken {
    /// On the denylist, and not yet deleted.
    Denied(SessionKey),
    /// Gone, now or before.
    Over,
}

impl SessionRevoker {
    /// How long after the instant that it carries a row of the denylist may be written: by a request that found a mark
    /// this old.
    pub const ROW_DELAY: Duration = Duration::from_secs(MARK_TTL.as_secs() + WRITE_DELAY.as_secs());

    /// Over the tables that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let sessions = Sessions::new(environment, client)?;
        Ok(Self { sessions, revocations: Revocations::new(environment, client)? })
    }

    /// Ends a session. `on_denied` is called once it is on the denylist and before it is deleted: whatever happens then, the
    /// event of each session that is gone was written, some twice. It isn't called for a session that was over already.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step failed; the session lives then, unless the last one was carried out all the same.
    pub async fn revoke(
        &self,
        key: &SessionKey,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<(), StoreError> {
        if self.deny(key, now).await? {
            on_denied(key);
            self.sessions.delete(key).await?;
        }
        Ok(())
    }

    /// Ends all of these as [`Self::revoke`] ends one, some at the same time. All are tried, even if one can't be ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if one could not be ended.
    ///
    /// # Panics
    ///
    /// If ending one does.
    pub async fn revoke_all(
        &self,
        keys: impl IntoIterator<Item = SessionKey>,
        now: Timestamp,
        mut on_denied: impl FnMut(&SessionKey),
    ) -> Result<(), StoreError> {
        let mut keys = keys.into_iter();
        let (mut running, mut result) = (JoinSet::new(), Ok(()));
        loop {
            for key in keys.by_ref().take(BATCH - running.len()) {
                let revoker = self.clone();
                running.spawn(alongside(async move {
                    let is_denied = revoker.deny(&key, now).await?;
                    Ok(if is_denied { Taken::Denied(key) } else { Taken::Over })
                }));
            }
            let Some(one) = running.join_next().await else { return result };
            // Unwrap safety: a task that panicked panics here, as it would have without a task.
            match one.expect("ending a session doesn't panic") {
                Ok(Taken::Denied(key)) => {
                    on_denied(&key);
                    let sessions = self.sessions.clone();
                    running.spawn(alongside(async move {
                        sessions.delete(&key).await?;
                        Ok(Taken::Over)
                    }));
                }
                Ok(Taken::Over) => {}
                Err(error) => result = result.and(Err(error)),
            }
        }
    }

    /// Ends the user's sessions that `is_meant` names, page by page, so that a request whose time is up has ended as many as
    /// it could, and the same request again goes on with the rest. All are tried, even if one can't be ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a Query failed, a key is none, or one could not be ended.
    ///
    /// # Panics
    ///
    /// If ending one does.
    pub async fn revoke_of_user(
        &self,
        user_id: &UserId,
        now: Timestamp,
        is_meant: impl Fn(&FoundSession) -> bool,
        mut on_denied: impl FnMut(&SessionKey),
    ) -> Result<(), StoreError> {
        let (mut after, mut result) = (None, Ok(()));
        loop {
            let page = self.sessions.page_of_user(user_id, after.as_ref(), None).await?;
            after = page.found.last().map(|found| found.key.clone());
            let meant = page.found.into_iter().filter(|found| is_meant(found)).map(|found| found.key);
            result = result.and(self.revoke_all(meant, now, &mut on_denied).await);
            if page.is_last {
                return result;
            }
        }
    }

    /// Puts a session on the denylist, if it is there.
    async fn deny(&self, key: &SessionKey, now: Timestamp) -> Result<bool, StoreError> {
        let Some(ended_at) = self.mark(key, now).await? else { return Ok(false) };
        self.revocations.put(&key.session_id, ended_at).await?;
        Ok(true)
    }

    /// Writes into the session when it is ended, and returns that instant, or the one that is there from a moment ago.
    pub(super) async fn mark(
        &self,
        key: &SessionKey,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(match self.mark_claimed(key, None, now).await? {
            Marked::At(ended_at) => Some(ended_at),
            Marked::Gone | Marked::ClaimedAgain => None,
        })
    }

    /// The same; of a session that a change of password has claimed, only if the claim still stands.
    pub(super) async fn mark_claimed(
        &self,
        key: &SessionKey,
        change: Option<&str>,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        let number = |instant: Timestamp| N(instant.to_string());
        let mark = self.sessions.table.update_item().set_key(Some(key.to_item()));
        let (mark, is_there) = match change {
            None => (
                mark.expression_attribute_names("#user_id", attribute::USER_ID),
                "attribute_exists(#user_id)",
            ),
            Some(change) => (
                mark.expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
                    .expression_attribute_values(":change", S(change.to_owned())),
                "#password_change = :change",
            ),
        };
        let marked = mark
            .update_expression("SET #ended_at = :now")
            // What is no instant of just now, by a clock that may be ahead, is replaced.
            .condition_expression(format!("{is_there} AND NOT (#ended_at BETWEEN :earliest AND :latest)"))
            .expression_attribute_names("#ended_at", attribute::ENDED_AT)
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":earliest", number(now - MARK_TTL))
            .expression_attribute_values(":latest", number(now + 2 * CLOCK_TOLERANCE))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = marked else { return Ok(Marked::At(now)) };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(StoreError::unavailable("UpdateItem on Sessions", error));
        };
        let Some(stored) = failed.item().filter(|item| !item.is_empty()) else { return Ok(Marked::Gone) };
        let row = Row::new("Sessions", stored);
        if change.is_some() && row.optional_text(attribute::PASSWORD_CHANGE)? != change {
            return Ok(Marked::ClaimedAgain);
        }
        Ok(Marked::At(row.instant(attribute::ENDED_AT)?))
    }
}
