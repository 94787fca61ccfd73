//! How sessions end: marked with the instant, put on the denylist, deleted.
//!
//! Each step is one write, and the next begins when it has been carried out. The mark chooses the instant, and the row on the
//! denylist is named after it: so however many requests end a session at the same time, they write one row. A session that
//! is not there is over already, and is on the denylist: its end costs one failed condition, and writes nothing.
//! The session lives until it is deleted. A request that failed half-way is completed by the same request again.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
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

/// Who marks a session.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// Whoever ends it, whatever else is under way. A change of password that has claimed it loses its claim by this, and so
    /// learns of the end before the deletion.
    End,
    /// The change of password that has claimed it, if the claim still stands.
    Claimed(&'a str),
    /// A repeated change of password, after which it ends when it was to.
    Repeated,
}

/// What became of a mark.
pub(super) enum Marked {
    /// The session ends at this instant.
    At(Timestamp),
    /// There is no such session; or its end is under way, and the mark was that of a change of password.
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
        let Marked::At(ended_at) = self.mark(key, Mark::End, now).await? else { return Ok(false) };
        self.revocations.put(&key.session_id, ended_at).await?;
        Ok(true)
    }

    /// Writes into the session when it is ended, and returns that instant, or the one that is there from a moment ago.
    pub(super) async fn mark(
        &self,
        key: &SessionKey,
        by: Mark<'_>,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        let mark = self.sessions.table.update_item().set_key(Some(key.to_item()));
        let mark = mark.expression_attribute_names("#ended_at", attribute::ENDED_AT);
        let there =
            |mark: UpdateItemFluentBuilder| mark.expression_attribute_names("#user_id", attribute::USER_ID);
        let claim = |mark: UpdateItemFluentBuilder| {
            mark.expression_attribute_names("#password_change", attribute::PASSWORD_CHANGE)
        };
        let (mark, condition) = match by {
            Mark::End => (
                claim(there(mark)),
                // Even if it was marked just now: a claim must not outlive the mark.
                format!(
                    "attribute_exists(#user_id) AND (attribute_exists(#password_change) OR NOT ({JUST_NOW}))"
                ),
            ),
            Mark::Claimed(change) => (
                claim(mark).expression_attribute_values(":change", S(change.to_owned())),
                format!("#password_change = :change AND NOT ({JUST_NOW})"),
            ),
            Mark::Repeated => (there(mark), format!("attribute_exists(#user_id) AND NOT ({JUST_NOW})")),
        };
        let mark = if let Mark::End = by {
            mark.update_expression("SET #ended_at = :now REMOVE #password_change")
        } else {
            mark.update_expression("SET #ended_at = :now")
        };
        let marked = bounded(mark, now)
            .condition_expression(condition)
            .expression_attribute_values(":now", N(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = marked else { return Ok(Marked::At(now)) };
        let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
            return Err(StoreError::unavailable("UpdateItem on Sessions", error));
        };
        let Some(stored) = failed.item().filter(|item| !item.is_empty()) else { return Ok(Marked::Gone) };
        let row = Row::new("Sessions", stored);
        if let Mark::Claimed(change) = by {
            match row.optional_text(attribute::PASSWORD_CHANGE)? {
                None => return Ok(Marked::Gone),
                Some(other) if other != change => return Ok(Marked::ClaimedAgain),
                Some(_) => {}
            }
        }
        Ok(Marked::At(row.instant(attribute::ENDED_AT)?))
    }
}

/// Whether a mark is of just now, by a clock that may be ahead: what is no such instant is replaced.
pub(super) const JUST_NOW: &str = "#ended_at BETWEEN :earliest AND :latest";

/// The values of [`JUST_NOW`].
pub(super) fn bounded(update: UpdateItemFluentBuilder, now: Timestamp) -> UpdateItemFluentBuilder {
    update
        .expression_attribute_values(":earliest", N((now - MARK_TTL).to_string()))
        .expression_attribute_values(":latest", N((now + 2 * CLOCK_TOLERANCE).to_string()))
}
