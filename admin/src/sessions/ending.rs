//! Ends sessions: all that exist, and again those that were beginning meanwhile.

use std::time::Duration;

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{FoundSession, SessionKey, SessionRevoker, Sessions, User},
};
use tokio::time;

use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    console::Console,
    context::Context,
    deployment::Deployment,
    error::AdminError,
    tables::sessions::{Enough, SessionTable, Whose},
};

/// How many sessions are ended before the time is read again, since a denylist row must be written soon after
/// the instant in it.
const BATCH: usize = 16;

/// The sessions to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All sessions.
    All,
    /// Sessions whose login began at this instant or earlier.
    SignedInBy(Timestamp),
    /// Sessions that began before this instant.
    CreatedBefore(Timestamp),
}

/// A request to end sessions.
#[derive(Clone, Debug)]
pub struct Ending {
    whose: Whose,
    which: Which,
    again: Option<(Duration, Which)>,
}

/// The number of ended sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// The number.
    pub sessions_ended: u64,
}

impl Ending {
    /// Ends all of these sessions.
    pub fn all(whose: Whose) -> Self {
        Self { whose, which: Which::All, again: None }
    }

    /// Ends those of these sessions that began before this instant.
    pub fn created_before(whose: Whose, instant: Timestamp) -> Self {
        Self { whose, which: Which::CreatedBefore(instant), again: None }
    }

    /// Ends them again after `delay`, since a login that was under way may have begun another session.
    /// Without effect if `no_wait`.
    #[must_use]
    pub fn again_after(self, delay: Duration, no_wait: bool) -> Self {
        let which = self.which;
        Self { again: (!no_wait).then_some((delay, which)), ..self }
    }

    /// The second time, ends only sessions whose login began at this instant or earlier. Later sign-ins stay.
    #[must_use]
    pub fn then_signed_in_by(self, instant: Timestamp) -> Self {
        Self { again: self.again.map(|(delay, _)| (delay, Which::SignedInBy(instant))), ..self }
    }

    /// Ends the sessions, and records each.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if one can't be ended. Others may have been.
    pub async fn carry_out(&self, context: &Context, audit: &AuditLog) -> Result<Ended, AdminError> {
        let mut count = self.end(self.which, context, audit).await?;
        if let Some((delay, which)) = self.again {
            let seconds = delay.as_secs();
            context.console.note(&format!(
                "Searching once more in {seconds} s, for logins that were under way (--no-wait skips this) …"
            ));
            time::sleep(delay).await;
            count += self.end(which, context, audit).await?;
        }
        Ok(Ended { sessions_ended: count })
    }

    async fn end(&self, which: Which, context: &Context, audit: &AuditLog) -> Result<u64, AdminError> {
        let deployment = &context.deployment;
        let mut count = 0;
        let take = async |found: Vec<FoundSession>| {
            let keys = found.into_iter().filter(|found| which.has(found)).map(|found| found.key).collect();
            count += end_all(deployment, audit, keys).await?;
            Ok(Enough::No)
        };
        SessionTable::of(deployment)?.each_page(&self.whose, take).await?;
        Ok(count)
    }
}

/// Ends the sessions of a user that began before the user was cut off or disabled, and records each.
///
/// # Errors
///
/// [`AdminError`], if one can't be ended. Others may have been.
pub(crate) async fn end_what_user_may_not_keep(
    deployment: &Deployment,
    audit: &AuditLog,
    user_id: &UserId,
    user: &User,
) -> Result<(), AdminError> {
    if user.admits(Timestamp::default()) {
        return Ok(());
    }
    let found = Sessions::new(&deployment.environment, &deployment.dynamodb)?.of_user(user_id).await?;
    let may_keep = |found: &FoundSession| matches!(&found.session, Ok(s) if user.admits(s.created_at));
    let keys = found.into_iter().filter(|found| !may_keep(found)).map(|found| found.key).collect();
    end_all(deployment, audit, keys).await?;
    Ok(())
}

/// Ends these sessions, and returns their number.
async fn end_all(
    deployment: &Deployment,
    audit: &AuditLog,
    keys: Vec<SessionKey>,
) -> Result<u64, AdminError> {
    let revoker = SessionRevoker::new(&deployment.environment, &deployment.dynamodb)?;
    let mut count = 0;
    for batch in keys.chunks(BATCH) {
        let mut recorded = Ok(());
        let on_denied = |key: &SessionKey| {
            count += 1;
            let record = audit.record(OperatorEvent::SessionRevoked, &Subject::session(key));
            if recorded.is_ok() {
                recorded = record;
            }
        };
        let ended = revoker.revoke_all(batch.to_vec(), deployment.now(), on_denied).await;
        recorded?;
        ended?;
    }
    Ok(count)
}

impl Which {
    /// Whether the session belongs to these. A malformed session does.
    fn has(self, found: &FoundSession) -> bool {
        let Ok(session) = &found.session else { return true };
        match self {
            Self::All => true,
            Self::SignedInBy(instant) => session.auth_time <= instant,
            Self::CreatedBefore(instant) => session.created_at < instant,
        }
    }
}

impl Ended {
    /// Prints the number as the result.
    pub(crate) fn print(self, console: &Console) -> Result<(), AdminError> {
        console.print_one(&["sessions_ended"], &self)
    }

    /// Prints the number as a note.
    pub(crate) fn note(self, console: &Console) {
        console.note(&format!("Sessions ended: {}", self.sessions_ended));
    }
}
