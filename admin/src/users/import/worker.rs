//! What is done with one line.

use std::sync::Arc;

use passwords::NewCredential;
use shared::{
    ids::UserId,
    store::{StoreError, User},
};

use super::{
    plan::{Plan, Planner, Update},
    record::{Record, Secret},
};
use crate::{
    audit::AuditLog,
    deployment::Deployment,
    error::AdminError,
    sessions::end_what_user_may_not_keep,
    tables::users::{Creation, NewUser},
    users::create::new_id,
};

/// How often a line is begun again that met other writes to the same user.
const ATTEMPTS: usize = 4;

/// What became of a line.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The user is there now.
    Imported(UserId),
    /// The user was there before, and is what the line says now.
    Updated(Updated),
    /// The user was there before, and was left alone.
    There,
    /// The line can't be taken.
    Bad(String),
}

/// A user who was changed, or is as the line says anyway.
#[derive(Debug)]
pub(super) struct Updated {
    pub(super) user_id: UserId,
    /// Which attributes changed.
    pub(super) changed: Vec<&'static str>,
    pub(super) is_disabled: bool,
    /// Whether the password that is there is newer than the line's, and so stays.
    pub(super) keeps_password: bool,
}

/// Imports lines.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    planner: Planner,
    /// Nobody's, where nothing is written.
    pub(super) audit: Option<Arc<AuditLog>>,
}

impl Worker {
    /// One without an audit log only says what it would do.
    pub(super) fn new(
        deployment: &Deployment,
        update: bool,
        audit: Option<Arc<AuditLog>>,
    ) -> Result<Self, AdminError> {
        Ok(Self { planner: Planner::new(deployment, update, audit.is_none())?, audit })
    }

    pub(super) async fn import(&self, mut record: Record) -> Result<Outcome, AdminError> {
        record.username = self.planner.tables.credentials.stored_name(&record.username).await?;
        let Some(audit) = self.audit.clone() else { return self.would_import(&record).await };
        // A line without a password to be hashed is most often of somebody who isn't there: one write, no read.
        if !self.planner.update
            && matches!(record.secret, Some(Secret::Hash(_)))
            && let Some(outcome) = self.create(&record).await?
        {
            return Ok(outcome);
        }
        for _ in 0..ATTEMPTS {
            let done = match self.planner.plan(&record).await? {
                Plan::There => Some(Outcome::There),
                Plan::Bad(reason) => Some(Outcome::Bad(reason)),
                Plan::Create => self.create(&record).await?,
                Plan::Update(update) => self.change(&record, *update, &audit).await?,
            };
            if let Some(outcome) = done {
                return Ok(outcome);
            }
        }
        let reason = "the user was changed again and again meanwhile".to_owned();
        Err(StoreError::Unavailable { operation: "the import of a line", reason }.into())
    }

    async fn would_import(&self, record: &Record) -> Result<Outcome, AdminError> {
        Ok(match self.planner.plan(record).await? {
            Plan::There => Outcome::There,
            Plan::Bad(reason) => Outcome::Bad(reason),
            Plan::Create => Outcome::Imported(new_id(&*self.planner.deployment.random)?),
            Plan::Update(update) => Outcome::Updated(updated(*update)),
        })
    }

    /// Makes the user; nothing, if the name or the identifier is taken.
    async fn create(&self, record: &Record) -> Result<Option<Outcome>, AdminError> {
        let password_hash = match &record.secret {
            Some(Secret::Hash(hash)) => hash.clone(),
            Some(Secret::Password(password)) => self.planner.hash(password).await?,
            None => return Ok(None),
        };
        let user_id = match &record.user_id {
            Some(user_id) => user_id.clone(),
            None => new_id(&*self.planner.deployment.random)?,
        };
        let user = User {
            username: Some(record.username.as_str().to_owned()),
            claims: record.claims.clone().unwrap_or_default(),
            disabled: record.disabled.unwrap_or_default(),
            not_before: record.not_before.unwrap_or_default(),
        };
        let credential = NewCredential {
            user_id: user_id.clone(),
            password_hash,
            must_change: record.must_change.unwrap_or_default(),
            valid_from: record.valid_from.unwrap_or_default(),
        };
        let new = NewUser { username: record.username.clone(), user, credential };
        Ok(match self.planner.tables.create(&new).await? {
            Creation::Done => Some(Outcome::Imported(user_id)),
            Creation::NameTaken | Creation::IdTaken => None,
        })
    }

    /// Changes the user; nothing, if the user was changed since it was read. Sessions are looked at even if nothing
    /// changes: an import that was cut off here is completed by the next.
    async fn change(
        &self,
        record: &Record,
        update: Update,
        audit: &AuditLog,
    ) -> Result<Option<Outcome>, AdminError> {
        if !update.changed.is_empty() {
            let (credential, user) = (&update.credential_change, &update.user_change);
            if !self
                .planner
                .tables
                .change_both((&record.username, credential), (&update.user_id, user))
                .await?
            {
                return Ok(None);
            }
        }
        end_what_user_may_not_keep(&self.planner.deployment, audit, &update.user_id, &update.user).await?;
        Ok(Some(Outcome::Updated(updated(update))))
    }
}

fn updated(update: Update) -> Updated {
    let Update { user_id, user, changed, keeps_password, .. } = update;
    Updated { user_id, changed, is_disabled: user.disabled, keeps_password }
}
