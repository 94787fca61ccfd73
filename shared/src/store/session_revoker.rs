//! Ends sessions: marks them with the instant, puts them on the denylist, and deletes them.
//!
//! Each step is one write, and waits for the one before. The mark chooses the instant, and the denylist row
//! is named after it. So any number of requests that end a session at the same time write only one row. A
//! missing session is over and on the denylist already, so ending it costs one failed condition and writes
//! nothing. The session lives until it is deleted. If a request fails half-way, repeating it completes the
//! end.

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
    CLOCK_TOLERANCE, FoundSession, Item, Notice, Revocations, Row, Session, SessionKey, Sessions, StoreError,
    WRITE_DELAY, attribute,
};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError},
    ids::UserId,
    stopwatch::alongside,
};

/// How many sessions are ended in parallel.
const BATCH: usize = 16;

/// How long a mark's instant is reused. After this time the request that wrote the mark has ended, and a row
/// with that instant could come too late for a pull: [`SessionRevoker::ROW_DELAY`].
const MARK_TTL: Duration = WRITE_DELAY;

/// Ends sessions: their refresh token and their access tokens.
#[derive(Clone, Debug)]
pub struct SessionRevoker {
    pub(super) sessions: Sessions,
    pub(super) revocations: Revocations,
}

/// Why a session is marked.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// To end it, whatever else is under way. This removes the claim of a change of password, so the change
    /// notices before the session is deleted.
    End,
    /// To end it because of a cut-off at this instant, if it was created before that. A change of password
    /// raises `created_at` when it claims a session, so its own cut-off skips the session even if an earlier
    /// read says otherwise.
    CutOff(Timestamp),
    /// To end it for the change of password that has claimed it, if the claim still stands.
    Claimed(&'a str),
    /// To repeat a change of password. The session keeps the end that was set.
    Repeated,
}

/// The outcome of a mark.
pub(super) enum Marked {
    /// The session ends at this instant.
    At(Timestamp),
    /// The session doesn't exist. Or the mark was for a change of password, and another request is ending the
    /// session.
    Gone,
    /// A change of password has claimed the session meanwhile. With the item as stored.
    ClaimedSince(Item),
}

/// A step that has completed.
enum Taken {
    /// The session is on the denylist, and not deleted yet.
    Denied(SessionKey),
    /// The session is gone.
    Over,
}

impl SessionRevoker {
    /// How late a denylist row may be written after the instant in it, if its request found a mark as old as
    /// possible.
    pub const ROW_DELAY: Duration = Duration::from_secs(MARK_TTL.as_secs() + WRITE_DELAY.as_secs());

    /// Opens the tables that the variables name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let sessions = Sessions::new(environment, client)?;
        Ok(Self { sessions, revocations: Revocations::new(environment, client)? })
    }

    /// Ends a session. It calls `on_denied` once the session is on the denylist, and before deleting it. So
    /// each deleted session has its event, even after a failure, and some have two. A session that was over
    /// already gets no call.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step fails. Then the session still lives, unless its deletion succeeded without
    /// an answer.
    pub async fn revoke(
        &self,
        key: &SessionKey,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<(), StoreError> {
        self.revoke_as(key, Mark::End, None, now, on_denied).await?;
        Ok(())
    }

    /// Ends a session like [`Self::revoke`], and has its user told about it by mail. The notice is in the
    /// denylist row, so it takes no other write. A session that was over already gets none, and the mailer tells
    /// repetitions apart by the row's instant.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step fails. Then the same request again completes the end.
    pub async fn revoke_with_notice(
        &self,
        key: &SessionKey,
        notice: Notice,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<(), StoreError> {
        self.revoke_as(key, Mark::End, Some(notice), now, on_denied).await?;
        Ok(())
    }

    /// Ends a session if it was created before the cut-off `not_before`. Otherwise a change of password has
    /// claimed it since it was read: it stays, and is returned.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a step fails or the session can't be read.
    pub async fn revoke_cut_off(
        &self,
        key: &SessionKey,
        not_before: Timestamp,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<Option<Session>, StoreError> {
        match self.revoke_as(key, Mark::CutOff(not_before), None, now, on_denied).await? {
            Marked::ClaimedSince(stored) => Session::from_item(&stored).map(Some),
            Marked::At(_) | Marked::Gone => Ok(None),
        }
    }

    async fn revoke_as(
        &self,
        key: &SessionKey,
        by: Mark<'_>,
        notice: Option<Notice>,
        now: Timestamp,
        on_denied: impl FnOnce(&SessionKey),
    ) -> Result<Marked, StoreError> {
        let marked = self.deny(key, by, notice, now).await?;
        if let Marked::At(_) = marked {
            on_denied(key);
            self.sessions.delete(key).await?;
        }
        Ok(marked)
    }

    /// Ends all of these sessions like [`Self::revoke`], in parallel. It tries all, even if one fails.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if one could not be ended.
    ///
    /// # Panics
    ///
    /// If a task panics.
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
                    let marked = revoker.deny(&key, Mark::End, None, now).await?;
                    Ok(if let Marked::At(_) = marked { Taken::Denied(key) } else { Taken::Over })
                }));
            }
            let Some(one) = running.join_next().await else { return result };
            // Unwrap safety: a panic in a task continues here, as it would without a task.
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

    /// Ends the user's sessions that `is_meant` selects, page by page. If the time runs out, the same request
    /// again continues with the rest. It tries all, even if one fails.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a Query fails, a key is malformed, or a session could not be ended.
    ///
    /// # Panics
    ///
    /// If a task panics.
    pub async fn revoke_of_user(
        &self,
        user_id: &UserId,
        now: Timestamp,
        mut is_meant: impl FnMut(&FoundSession) -> bool,
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

    /// Ends the user's sessions like [`Self::revoke_of_user`], and has the user told about it by mail. One live
    /// session ends last, and has the notice, as in [`Self::revoke_with_notice`]. If none of the sessions lives,
    /// there is no mail.
    ///
    /// # Errors
    ///
    /// [`StoreError`], as for [`Self::revoke_of_user`]. The last session ends even then: it may be a thief's. The
    /// same request again ends the rest, and may have the user told once more.
    ///
    /// # Panics
    ///
    /// If a task panics.
    pub async fn revoke_of_user_with_notice(
        &self,
        user_id: &UserId,
        notice: Notice,
        now: Timestamp,
        is_meant: impl Fn(&FoundSession) -> bool,
        mut on_denied: impl FnMut(&SessionKey),
    ) -> Result<(), StoreError> {
        let mut last = None;
        let is_before_last = |found: &FoundSession| {
            let is_live = found.session.as_ref().is_ok_and(|session| session.is_live(now));
            if !is_meant(found) {
                return false;
            }
            if last.is_none() && is_live {
                last = Some(found.key.clone());
                return false;
            }
            true
        };
        let others = self.revoke_of_user(user_id, now, is_before_last, &mut on_denied).await;
        let last = match last {
            Some(last) => self.revoke_with_notice(&last, notice, now, on_denied).await,
            None => Ok(()),
        };
        others.and(last)
    }

    /// Marks a session, and puts it on the denylist if that succeeds.
    async fn deny(
        &self,
        key: &SessionKey,
        by: Mark<'_>,
        notice: Option<Notice>,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        let marked = self.mark(key, by, now).await?;
        if let Marked::At(ended_at) = marked {
            match notice {
                Some(notice) => self.revocations.put_with_notice(key, ended_at, notice).await?,
                None => self.revocations.put(&key.session_id, ended_at).await?,
            }
        }
        Ok(marked)
    }

    /// Writes the instant of the end into the session, and returns it. If a recent mark exists, returns its
    /// instant instead.
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
            Mark::CutOff(not_before) => (
                claim(mark)
                    .expression_attribute_names("#created_at", attribute::CREATED_AT)
                    .expression_attribute_values(":not_before", N(not_before.to_string())),
                format!(
                    "#created_at < :not_before AND (attribute_exists(#password_change) OR NOT ({JUST_NOW}))"
                ),
            ),
            Mark::Claimed(change) => (
                claim(mark).expression_attribute_values(":change", S(change.to_owned())),
                format!("#password_change = :change AND NOT ({JUST_NOW})"),
            ),
            Mark::Repeated => (there(mark), format!("attribute_exists(#user_id) AND NOT ({JUST_NOW})")),
        };
        let mark = if let Mark::End | Mark::CutOff(_) = by {
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
        match by {
            Mark::Claimed(change) => match row.optional_text(attribute::PASSWORD_CHANGE)? {
                None => return Ok(Marked::Gone),
                Some(other) if other != change => return Ok(Marked::ClaimedSince(stored.clone())),
                Some(_) => {}
            },
            Mark::CutOff(not_before) if row.instant(attribute::CREATED_AT)? >= not_before => {
                return Ok(Marked::ClaimedSince(stored.clone()));
            }
            Mark::End | Mark::CutOff(_) | Mark::Repeated => {}
        }
        Ok(Marked::At(row.instant(attribute::ENDED_AT)?))
    }
}

/// Whether a mark is recent, by a clock that may be ahead. Any other value is replaced.
pub(super) const JUST_NOW: &str = "#ended_at BETWEEN :earliest AND :latest";

/// The values of [`JUST_NOW`].
pub(super) fn bounded(update: UpdateItemFluentBuilder, now: Timestamp) -> UpdateItemFluentBuilder {
    update
        .expression_attribute_values(":earliest", N((now - MARK_TTL).to_string()))
        .expression_attribute_values(":latest", N((now + 2 * CLOCK_TOLERANCE).to_string()))
}
