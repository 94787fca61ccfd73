//! The import of one line.

use std::sync::Arc;

use passwords::{NewCredential, Username};
use shared::{
    ids::UserId,
    store::{StoreError, User, attribute},
};

use super::{
    disable::{disable, is_disabled},
    plan::{ID_TAKEN, NAME_TAKEN, Plan, Planner, Update},
    record::{Record, Secret, has_forms},
};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    deployment::Deployment,
    error::AdminError,
    import::ImportOptions,
    sessions::end_what_user_may_not_keep,
    tables::users::{Creation, NewUser, Renaming},
    users::create::new_id,
};

/// How often a line is begun again that met other writes to the same user.
const ATTEMPTS: usize = 4;

/// The result of a line.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The user is there now.
    Imported(UserId),
    /// The user existed, and matches the line now.
    Updated(Updated),
    /// The user existed, and was left alone.
    There,
    /// This other user has the name.
    Taken(UserId),
    /// The line can't be taken.
    Bad(String),
}

/// A user who was changed, or matched the line already.
#[derive(Debug)]
pub(super) struct Updated {
    pub(super) user_id: UserId,
    /// Which attributes changed.
    pub(super) changed: Vec<&'static str>,
    pub(super) is_disabled: bool,
    /// Whether the stored password is newer than the line's, and so stays.
    pub(super) keeps_password: bool,
}

/// Imports lines.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    planner: Planner,
    /// `None` in a dry run, which writes nothing.
    pub(super) audit: Option<Arc<AuditLog>>,
}

impl Worker {
    /// One without an audit log only says what it would do.
    pub(super) fn new(
        deployment: &Deployment,
        options: &ImportOptions,
        audit: Option<Arc<AuditLog>>,
    ) -> Result<Self, AdminError> {
        Ok(Self { planner: Planner::new(deployment, options, audit.is_none())?, audit })
    }

    /// Gives the record the name under which its user is stored. If no user has the name and the file is a copy, the record
    /// keeps the line's own form: two users whom another release told apart stay two. Returns the other user who holds the
    /// name, if one does. A name that has one form costs no read.
    pub(super) async fn resolve(
        &self,
        record: &mut Record,
        is_copy: bool,
    ) -> Result<Option<UserId>, AdminError> {
        if !has_forms(&record.username) {
            return Ok(None);
        }
        let credentials = &self.planner.tables.credentials;
        let stored = credentials.stored_name(&record.username).await?;
        let Some(user_id) = &record.user_id else {
            record.username = stored;
            return Ok(None);
        };
        let holder = credentials.find(&stored).await?.map(|credential| credential.user_id);
        if holder.as_ref() != Some(user_id)
            && let Some(own) = self.own_form(&record.username, user_id).await?
        {
            record.username = own;
            return Ok(None);
        }
        record.username = match &record.written {
            Some(written) if is_copy && holder.is_none() => written.clone(),
            _ => stored,
        };
        Ok(holder.filter(|holder| holder != user_id))
    }

    /// The form of the name under which this very user is stored.
    async fn own_form(&self, name: &Username, user_id: &UserId) -> Result<Option<Username>, AdminError> {
        let tables = &self.planner.tables;
        let Some(item) = tables.user_item(user_id).await? else { return Ok(None) };
        let stored = User::from_item(&item).ok().and_then(|user| user.username);
        let Some(form) = stored.filter(|stored| Username::parse(stored).as_ref() == Some(name)) else {
            return Ok(None);
        };
        let Some(form) = Username::stored(&form) else { return Ok(None) };
        let is_own = tables.credentials.find(&form).await?.is_some_and(|found| found.user_id == *user_id);
        Ok(is_own.then_some(form))
    }

    /// What is done with a line whose name is resolved.
    pub(super) async fn import(&self, record: &Record) -> Result<Outcome, AdminError> {
        let Some(audit) = self.audit.clone() else { return self.would_import(record).await };
        // A line without a password to be hashed is most often of somebody who isn't there: one write, no read.
        if !self.planner.update
            && matches!(record.secret, Some(Secret::Hash(_)))
            && let Some(outcome) = self.create(record).await?
        {
            return Ok(outcome);
        }
        let mut is_renamed = false;
        for _ in 0..ATTEMPTS {
            let done = match self.planner.plan(record).await? {
                Plan::There => Some(Outcome::There),
                Plan::Taken(holder) => Some(Outcome::Taken(holder)),
                Plan::Bad(reason) => Some(Outcome::Bad(reason)),
                Plan::Rename(former, user_id) => {
                    is_renamed |= self.rename(&former, &user_id, record, &audit).await?;
                    None
                }
                Plan::Create => self.create(record).await?,
                Plan::Update(update) => self.change(record, *update, &audit).await?,
            };
            match done {
                Some(Outcome::Updated(mut updated)) if is_renamed => {
                    updated.changed.push(attribute::USERNAME);
                    return Ok(Outcome::Updated(updated));
                }
                Some(outcome) => return Ok(outcome),
                None => {}
            }
        }
        let reason = "the user was changed again and again meanwhile".to_owned();
        Err(StoreError::Unavailable { operation: "the import of a line", reason }.into())
    }

    /// Gives the stored user the line's name: a copy of a user who was renamed at home. Whether it was done; the next plan says
    /// why not.
    async fn rename(
        &self,
        former: &Username,
        user_id: &UserId,
        record: &Record,
        audit: &AuditLog,
    ) -> Result<bool, AdminError> {
        let is_done = self.planner.tables.rename(former, &record.username).await? == Renaming::Done;
        if is_done {
            let subject = Subject::user(user_id, Some(record.username.as_str()));
            let former_username = Some(former.as_str().to_owned());
            audit.record(OperatorEvent::UserRenamed, &Subject { former_username, ..subject })?;
        }
        Ok(is_done)
    }

    async fn would_import(&self, record: &Record) -> Result<Outcome, AdminError> {
        self.would_carry_out(self.planner.plan(record).await?, record).await
    }

    /// What a dry run says of a line whose name somebody has who would have another by then.
    pub(super) async fn would_take(&self, record: &Record) -> Result<Outcome, AdminError> {
        self.would_carry_out(self.planner.plan_with_free_name(record).await?, record).await
    }

    async fn would_carry_out(&self, plan: Plan, record: &Record) -> Result<Outcome, AdminError> {
        Ok(match plan {
            Plan::There => Outcome::There,
            Plan::Taken(holder) => Outcome::Taken(holder),
            Plan::Bad(reason) => Outcome::Bad(reason),
            Plan::Rename(former, _) => {
                let stored = Record { username: former, ..record.clone() };
                match self.planner.plan(&stored).await? {
                    Plan::Update(update) => {
                        let mut updated = updated(*update);
                        updated.changed.push(attribute::USERNAME);
                        Outcome::Updated(updated)
                    }
                    _ => Outcome::Bad(ID_TAKEN.to_owned()),
                }
            }
            Plan::Create => Outcome::Imported(new_id(&*self.planner.deployment.random)?),
            Plan::Update(update) => Outcome::Updated(updated(*update)),
        })
    }

    /// Makes the user; nothing, if the name or the identifier is taken.
    async fn create(&self, record: &Record) -> Result<Option<Outcome>, AdminError> {
        let Some(new) = self.new_user(record).await? else { return Ok(None) };
        Ok(match self.planner.tables.create(&new).await? {
            Creation::Done => Some(Outcome::Imported(new.credential.user_id)),
            Creation::NameTaken | Creation::IdTaken => None,
        })
    }

    /// The user of a line; nobody, if it has no password.
    async fn new_user(&self, record: &Record) -> Result<Option<NewUser>, AdminError> {
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
            user_id,
            password_hash,
            must_change: record.must_change.unwrap_or_default(),
            valid_from: record.valid_from.unwrap_or_default(),
        };
        Ok(Some(NewUser { username: record.username.clone(), user, credential }))
    }

    /// Gives the line's user the name of a holder who was deleted at home. The holder ends as in a deletion: first the flag
    /// stops new tokens, then the sessions end, then the record goes, with the name. The next import completes one that was
    /// cut off. Returns also whether the holder was still enabled.
    pub(super) async fn succeed(
        &self,
        record: &Record,
        gone: &UserId,
    ) -> Result<(Outcome, bool), AdminError> {
        let tables = &self.planner.tables;
        let bad = |reason: &str| Ok((Outcome::Bad(reason.to_owned()), false));
        let Some(user_id) = &record.user_id else { return bad(NAME_TAKEN) };
        if record.secret.is_none() {
            return bad(NAME_TAKEN);
        }
        if tables.user_item(user_id).await?.is_some() {
            return bad(ID_TAKEN);
        }
        let item = tables.user_item(gone).await?;
        let was_disabled = item.as_ref().is_none_or(is_disabled);
        let Some(audit) = &self.audit else { return Ok((Outcome::Imported(user_id.clone()), !was_disabled)) };
        let name = record.username.as_str();
        disable(&self.planner.deployment, tables, audit, (gone, name), was_disabled).await?;
        let Some(new) = self.new_user(record).await? else { return bad(NAME_TAKEN) };
        let outcome = match tables.replace(&new, gone).await? {
            Creation::Done => {
                audit.record(OperatorEvent::UserDeleted, &Subject::user(gone, Some(name)))?;
                Outcome::Imported(user_id.clone())
            }
            Creation::NameTaken => Outcome::Bad(NAME_TAKEN.to_owned()),
            Creation::IdTaken => Outcome::Bad(ID_TAKEN.to_owned()),
        };
        Ok((outcome, !was_disabled))
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
