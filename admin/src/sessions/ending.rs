//! How sessions are ended: all that are found, and once more those that were being put meanwhile.

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

/// How many are ended before the time is looked at again: a row of the denylist has to be written soon after the
/// instant that it carries.
const BATCH: usize = 16;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those whose login began at this instant at the latest.
    SignedInBy(Timestamp),
    /// Those that begin before this instant.
    CreatedBefore(Timestamp),
}

/// Sessions that are to end.
#[derive(Clone, Debug)]
pub struct Ending {
    whose: Whose,
    which: Which,
    again: Option<(Duration, Which)>,
}

/// How many ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How many.
    pub sessions_ended: u64,
}

impl Ending {
    /// All of these.
    pub fn all(whose: Whose) -> Self {
        Self { whose, which: Which::All, again: None }
    }

    /// Of these, those that begin before this instant.
    pub fn created_before(whose: Whose, instant: Timestamp) -> Self {
        Self { whose, which: Which::CreatedBefore(instant), again: None }
    }

    /// And, after so long, once more: a login that was under way may have put one. Not, if nobody is to wait.
    #[must_use]
    pub fn again_after(self, delay: Duration, no_wait: bool) -> Self {
        let which = self.which;
        Self { again: (!no_wait).then_some((delay, which)), ..self }
    }

    /// The second time, those whose login began at this instant at the latest: who signed in since may stay.
    #[must_use]
    pub fn then_signed_in_by(self, instant: Timestamp) -> Self {
        Self { again: self.again.map(|(delay, _)| (delay, Which::SignedInBy(instant))), ..self }
    }

    /// Ends them. Each is written down.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if one can't be ended; others may have been.
    pub async fn carry_out(&self, context: &Context, audit: &AuditLog) -> Result<Ended, AdminError> {
        let mut count = self.end(self.which, context, audit).await?;
        if let Some((delay, which)) = self.again {
            let seconds = delay.as_secs();
            context.console.note(&format!(
                "In {seconds} s once more, for logins that were under way (--no-wait leaves this out) …"
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

/// Ends the sessions of a user who was cut off or disabled since they began. Each is written down.
///
/// # Errors
///
/// [`AdminError`], if one can't be ended; others may have been.
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

/// Ends these; returned is how many.
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
    /// A session that can't be read is nobody's to keep.
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
    /// As the answer.
    pub(crate) fn print(self, console: &Console) -> Result<(), AdminError> {
        console.print_one(&["sessions_ended"], &self)
    }

    /// Beside another answer.
    pub(crate) fn note(self, console: &Console) {
        console.note(&format!("Sessions ended: {}", self.sessions_ended));
    }
}
