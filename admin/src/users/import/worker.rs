//! Imports a line.

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
    tables::{
        consents::ConsentTable,
        users::{Creation, NewUser, Renaming},
    },
    users::create::new_id,
};

/// How often a line is retried if other writes change the same user.
const ATTEMPTS: usize = 4;

/// The result of a line.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The user was created.
    Imported(UserId),
    /// The user existed, and matches the line now.
    Updated(Updated),
    /// The user existed, and stays unchanged.
    There,
    /// Another user has the name.
    Taken(UserId),
    /// The line is rejected, for this reason.
    Bad(String),
}

/// A user who was changed, or matched the line already.
#[derive(Debug)]
pub(crate) struct Updated {
    pub(crate) user_id: UserId,
    /// The changed attributes.
    pub(crate) changed: Vec<&'static str>,
    pub(crate) is_disabled: bool,
    /// Whether the stored password is newer than the line's, and so stays.
    pub(crate) keeps_password: bool,
}

/// Imports lines.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    planner: Planner,
    /// `None` in a dry run, which writes nothing.
    pub(super) audit: Option<Arc<AuditLog>>,
}

impl Worker {
    /// A worker. Without an audit log, it only predicts the results.
    pub(crate) fn new(
        deployment: &Deployment,
        options: &ImportOptions,
        audit: Option<Arc<AuditLog>>,
    ) -> Result<Self, AdminError> {
        Ok(Self { planner: Planner::new(deployment, options, audit.is_none())?, audit })
    }

    /// This worker, which may create users without a password.
    pub(super) fn creating_without(mut self, passwords: bool) -> Self {
        self.planner.without_passwords = passwords;
        self
    }

    /// Whether each line needs a password or a hash.
    pub(super) fn requires_secret(&self) -> bool {
        !self.planner.update && !self.planner.without_passwords
    }

    /// Replaces the record's name with the stored form. If no user has the name and the file is a copy, the
    /// record keeps the line's form, so that two users whom another release distinguished stay two. Returns
    /// another user who has the name, if there is one. A name with only one form causes no read.
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

    /// The form of the name under which this user is stored.
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

    /// Imports a line with a resolved name.
    pub(crate) async fn import(&self, record: &Record) -> Result<Outcome, AdminError> {
        let Some(audit) = self.audit.clone() else { return self.would_import(record).await };
        // A line with a hash usually belongs to a new user. Then one write is enough, without a read.
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
        let reason = "other writes kept changing the user".to_owned();
        Err(StoreError::Unavailable { operation: "the import of a line", reason }.into())
    }

    /// Gives the stored user the line's name, since a copied user was renamed in the other deployment.
    /// Returns whether it succeeded; the next plan says why not.
    async fn rename(
        &self,
        former: &Username,
        user_id: &UserId,
        record: &Record,
        audit: &AuditLog,
    ) -> Result<bool, AdminError> {
        let (tables, now) = (&self.planner.tables, self.planner.deployment.now());
        let is_done = tables.rename(former, &record.username, None, now).await? == Renaming::Done;
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

    /// The predicted result of a line whose name belongs to a user who would be renamed by then.
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

    /// Creates the user. `None`, if the name or the identifier is taken.
    async fn create(&self, record: &Record) -> Result<Option<Outcome>, AdminError> {
        let Some(new) = self.new_user(record).await? else { return Ok(None) };
        Ok(match self.planner.tables.create(&new).await? {
            Creation::Done => Some(Outcome::Imported(new.credential.user_id)),
            Creation::NameTaken | Creation::IdTaken => None,
        })
    }

    /// The user of a line; `None`, if the line has no password, and needs one.
    async fn new_user(&self, record: &Record) -> Result<Option<NewUser>, AdminError> {
        let Some(password_hash) = self.planner.password_hash(record).await? else { return Ok(None) };
        let user_id = match &record.user_id {
            Some(user_id) => user_id.clone(),
            None => new_id(&*self.planner.deployment.random)?,
        };
        let user = User {
            username: Some(record.username.as_str().to_owned()),
            claims: record.claims.clone().unwrap_or_default(),
            disabled: record.disabled.unwrap_or_default(),
            not_before: record.not_before.unwrap_or_default(),
            new_device_mails: record.new_device_mails.unwrap_or_default(),
            ..User::default()
        };
        let credential = NewCredential {
            user_id,
            password_hash,
            must_change: record.must_change.unwrap_or_default(),
            valid_from: record.valid_from.unwrap_or_default(),
        };
        Ok(Some(NewUser { username: record.username.clone(), user, credential, undos: None }))
    }

    /// Gives the line's user the name of a user who was deleted in the other deployment. It ends that user as
    /// a deletion does: it disables the user, ends the sessions, and then deletes the rows, which frees the
    /// name. The next import completes an interrupted one. Also returns whether that user was still enabled.
    pub(super) async fn succeed(
        &self,
        record: &Record,
        gone: &UserId,
    ) -> Result<(Outcome, bool), AdminError> {
        let tables = &self.planner.tables;
        let bad = |reason: &str| Ok((Outcome::Bad(reason.to_owned()), false));
        let Some(user_id) = &record.user_id else { return bad(NAME_TAKEN) };
        let is_renamed = match tables.user_item(user_id).await? {
            None if !self.planner.may_create(record) => return bad(NAME_TAKEN),
            None => false,
            Some(own) if self.planner.former_name(&own, user_id).await?.is_some() => true,
            Some(_) => return bad(ID_TAKEN),
        };
        let item = tables.user_item(gone).await?;
        let was_disabled = item.as_ref().is_none_or(is_disabled);
        let Some(audit) = &self.audit else {
            let outcome =
                if is_renamed { self.would_take(record).await? } else { Outcome::Imported(user_id.clone()) };
            return Ok((outcome, !was_disabled));
        };
        let name = record.username.as_str();
        disable(&self.planner.deployment, tables, audit, (gone, name), was_disabled).await?;
        if let Some(consents) = ConsentTable::of(&self.planner.deployment) {
            consents.delete_all(gone).await?;
        }
        if is_renamed {
            let deleted = tables.delete(&record.username, gone).await?;
            audit.record(OperatorEvent::UserDeleted, &Subject::user(gone, Some(deleted.as_str())))?;
            let outcome = match self.import(record).await? {
                Outcome::Taken(_) => Outcome::Bad(NAME_TAKEN.to_owned()),
                outcome => outcome,
            };
            return Ok((outcome, !was_disabled));
        }
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

    /// Whether each of these users has a name that can be changed.
    pub(super) async fn can_all_rename(
        &self,
        records: impl Iterator<Item = &Record>,
    ) -> Result<bool, AdminError> {
        for record in records {
            if self.stored_name_of(record).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives a user a temporary name until the line's name is free, and returns it if that succeeded. After
    /// an interruption here, the user keeps the temporary name until the next copy. A dry run does nothing.
    pub(super) async fn step_aside(&self, record: &Record) -> Result<Option<Username>, AdminError> {
        let Some(audit) = &self.audit else { return Ok(None) };
        let Some((former, user_id)) = self.stored_name_of(record).await? else { return Ok(None) };
        let aside = format!("renaming-{}", new_id(&*self.planner.deployment.random)?);
        let Some(username) = Username::parse(&aside) else { return Ok(None) };
        let aside = Record { username: username.clone(), ..record.clone() };
        let is_done = self.rename(&former, &user_id, &aside, audit).await?;
        Ok(is_done.then_some(username))
    }

    /// The name under which the line's user is stored, if the user exists.
    async fn stored_name_of(&self, record: &Record) -> Result<Option<(Username, UserId)>, AdminError> {
        let Some(user_id) = &record.user_id else { return Ok(None) };
        let Some(item) = self.planner.tables.user_item(user_id).await? else { return Ok(None) };
        let name = self.planner.former_name(&item, user_id).await?;
        Ok(name.map(|name| (name, user_id.clone())))
    }

    /// Changes the user. `None`, if another write changed the user since the read. Ends sessions even without
    /// a change, so that the next import completes an interrupted one.
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
