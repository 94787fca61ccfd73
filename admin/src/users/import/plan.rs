//! The plan for a line of an import, from the line and the stored rows.

use std::sync::Arc;

use mails::EmailAddress;
use passwords::{Credential, NO_PASSWORD, NewHash, NewPassword, PasswordError, Passwords, Username, Verdict};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, User, attribute},
};

use super::record::{NO_SECRET, Record, Secret};
use crate::{
    deployment::Deployment, error::AdminError, import::ImportOptions, tables::users::UserTables,
    update::Change,
};

/// The plan for one line.
pub(super) enum Plan {
    /// Create the user.
    Create,
    /// Change the stored user to match the line.
    Update(Box<Update>),
    /// Leave the stored user unchanged.
    There,
    /// Give the stored user the line's name instead of this one, and plan again.
    Rename(Username, UserId),
    /// Do nothing, since this other user has the name.
    Taken(UserId),
    /// Reject the line, for this reason.
    Bad(String),
}

/// A change of a stored user.
pub(super) struct Update {
    pub(super) user_id: UserId,
    /// The user after the change.
    pub(super) user: User,
    pub(super) user_change: Change,
    pub(super) credential_change: Change,
    /// The attributes that change.
    pub(super) changed: Vec<&'static str>,
    /// Whether the stored password is newer than the line's, and so stays.
    pub(super) keeps_password: bool,
}

pub(super) const NAME_TAKEN: &str = "its username belongs to a user with another user_id";
pub(super) const ID_TAKEN: &str = "its user_id belongs to a user with another username";
const GONE: &str = "its user is half deleted: finish that with `users delete`";
const NO_ADDRESS: &str = "it has neither password_hash nor password, and its username is no mail address, to which \
                          a mail could go";
const UNREADABLE: &str = "its stored user can't be read";

/// Makes the plan for each line.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of the operator, independent of the others"
)]
pub(super) struct Planner {
    pub(super) deployment: Deployment,
    pub(super) tables: UserTables,
    passwords: Arc<Passwords>,
    /// Whether stored users may change.
    pub(super) update: bool,
    /// Whether a stored user with the line's identifier gets the line's name. In a copy of another
    /// deployment, the names in the file count.
    renames: bool,
    dry_run: bool,
    /// Whether a line without a password creates a user who has none.
    pub(super) without_passwords: bool,
}

impl Planner {
    pub(super) fn new(
        deployment: &Deployment,
        options: &ImportOptions,
        dry_run: bool,
    ) -> Result<Self, AdminError> {
        Ok(Self {
            tables: UserTables::of(deployment)?,
            passwords: Arc::new(Passwords::new(deployment.random.clone())),
            deployment: deployment.clone(),
            update: options.update,
            renames: options.disable_missing,
            dry_run,
            without_passwords: false,
        })
    }

    /// The hash of a password. A dry run computes none, since it stores none.
    pub(super) async fn hash(&self, password: &NewPassword) -> Result<String, AdminError> {
        if self.dry_run {
            return Ok(String::new());
        }
        Ok(self.passwords.hash(password.password()).await?)
    }

    /// The stored form of a new user's password. `None`, if the line has none and may not create a user.
    pub(super) async fn password_hash(&self, record: &Record) -> Result<Option<String>, AdminError> {
        Ok(match &record.secret {
            Some(Secret::Hash(hash)) => Some(hash.clone()),
            Some(Secret::Password(password)) => Some(self.hash(password).await?),
            None => self.creates_without_password(record).then(|| NO_PASSWORD.to_owned()),
        })
    }

    /// Whether the line may create its user.
    pub(super) fn may_create(&self, record: &Record) -> bool {
        record.secret.is_some() || self.creates_without_password(record)
    }

    /// A user without a password gets one by mail, and so only at an address that is the user name.
    fn creates_without_password(&self, record: &Record) -> bool {
        self.without_passwords && is_address(&record.username)
    }

    /// Reads the stored rows and makes the plan, in a dry run too.
    pub(super) async fn plan(&self, record: &Record) -> Result<Plan, AdminError> {
        let Some(credential) = self.tables.credentials.find(&record.username).await? else {
            return self.plan_with_free_name(record).await;
        };
        if record.user_id.as_ref().is_some_and(|user_id| *user_id != credential.user_id) {
            return Ok(Plan::Taken(credential.user_id));
        }
        if !self.update {
            return Ok(Plan::There);
        }
        let Some(item) = self.tables.user_item(&credential.user_id).await? else {
            return Ok(Plan::Bad(GONE.to_owned()));
        };
        let Ok(user) = User::from_item(&item) else { return Ok(Plan::Bad(UNREADABLE.to_owned())) };
        let password = self.password_of(record, &credential).await?;
        let not_before = user.not_before.max(record.not_before.unwrap_or_default()).max(password.ends_before);
        let disabled = record.disabled.unwrap_or(user.disabled);
        let next = User {
            claims: record.claims.clone().unwrap_or_else(|| user.claims.clone()),
            disabled,
            not_before,
            // An operator who enables the user stops the deletion.
            deleting: user.deleting && disabled,
            new_device_mails: record.new_device_mails.unwrap_or(user.new_device_mails),
            ..user.clone()
        };
        let differs = [
            (attribute::CLAIMS, next.claims != user.claims),
            (attribute::DISABLED, next.disabled != user.disabled),
            (attribute::NOT_BEFORE, next.not_before != user.not_before),
            (attribute::DELETING, next.deleting != user.deleting),
            (attribute::NEW_DEVICE_MAILS, next.new_device_mails != user.new_device_mails),
        ];
        let changed: Vec<_> =
            differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
        let user_change = changed.iter().fold(
            Change::default().set_as_in(&next.to_item(&credential.user_id), &changed),
            |change, name| change.if_still(name, item.get(*name)),
        );
        let user_change = if changed.contains(&attribute::CLAIMS) {
            // The new claims may have another address.
            user_change.without_notice()
        } else {
            user_change
        };
        Ok(Plan::Update(Box::new(Update {
            user_id: credential.user_id,
            user: next,
            user_change,
            credential_change: password.change,
            changed: changed.into_iter().chain(password.changed).collect(),
            keeps_password: password.is_kept,
        })))
    }

    /// The plan for a line with a free name.
    pub(super) async fn plan_with_free_name(&self, record: &Record) -> Result<Plan, AdminError> {
        let mut is_taken = false;
        if let Some(user_id) = &record.user_id
            && let Some(item) = self.tables.user_item(user_id).await?
        {
            if self.renames
                && let Some(former) = self.former_name(&item, user_id).await?
            {
                return Ok(Plan::Rename(former, user_id.clone()));
            }
            is_taken = true;
        }
        if is_taken {
            return Ok(Plan::Bad(ID_TAKEN.to_owned()));
        }
        if self.may_create(record) {
            return Ok(Plan::Create);
        }
        let reason = if self.without_passwords { NO_ADDRESS } else { NO_SECRET };
        Ok(Plan::Bad(format!("nobody has its username yet, and {reason}")))
    }

    /// The name under which this user is stored.
    pub(super) async fn former_name(
        &self,
        item: &Item,
        user_id: &UserId,
    ) -> Result<Option<Username>, AdminError> {
        let stored = User::from_item(item).ok().and_then(|user| user.username);
        let Some(name) = stored.as_deref().and_then(Username::stored) else { return Ok(None) };
        let is_own =
            self.tables.credentials.find(&name).await?.is_some_and(|found| found.user_id == *user_id);
        Ok(is_own.then_some(name))
    }

    async fn password_of(&self, record: &Record, there: &Credential) -> Result<PasswordPlan, AdminError> {
        let mut plan = PasswordPlan::default();
        match &record.secret {
            None => {}
            Some(Secret::Hash(hash)) => {
                let valid_from = record.valid_from.unwrap_or(there.valid_from);
                if valid_from < there.valid_from {
                    plan.is_kept = *hash != there.password_hash;
                    return Ok(plan);
                }
                if *hash != there.password_hash || valid_from > there.valid_from {
                    plan.replace(hash.clone(), valid_from);
                }
            }
            Some(Secret::Password(password)) => {
                let verdict = self.passwords.verify(password.password(), Some(&there.password_hash)).await;
                match verdict {
                    Ok(Verdict::Right | Verdict::RightButWeak) => {}
                    Ok(Verdict::Wrong) | Err(PasswordError::Unusable) => {
                        let hash = self.hash(password).await?;
                        // As for a password from an operator: sessions with the previous password end.
                        let new = NewHash::replacing(there, String::new(), self.deployment.now());
                        plan.replace(hash, new.valid_from);
                        plan.ends_before = new.valid_from;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if let Some(must_change) = record.must_change
            && must_change != there.must_change
        {
            plan.flag(must_change);
        }
        if !plan.changed.is_empty() {
            plan.change =
                plan.change.if_still(attribute::PASSWORD_HASH, Some(&text(there.password_hash.clone())));
        }
        Ok(plan)
    }
}

/// Whether a user name is the address of a mailbox, in its normal form.
fn is_address(username: &Username) -> bool {
    EmailAddress::parse(username.as_str()).is_some_and(|address| address.normal() == username.as_str())
}

/// The plan for the password.
#[derive(Default)]
struct PasswordPlan {
    change: Change,
    changed: Vec<&'static str>,
    is_kept: bool,
    /// The earliest start of sessions with this password. Earlier ones end.
    ends_before: Timestamp,
}

impl PasswordPlan {
    fn replace(&mut self, hash: String, valid_from: Timestamp) {
        use aws_sdk_dynamodb::types::AttributeValue::N;
        let valid_from = (valid_from > Timestamp::default()).then(|| N(valid_from.to_string()));
        self.change = std::mem::take(&mut self.change)
            .set(attribute::PASSWORD_HASH, Some(text(hash)))
            .set(attribute::VALID_FROM, valid_from)
            // Another deployment's session means nothing in this one.
            .set(attribute::CHANGED_IN, None);
        self.changed.push("password");
    }

    fn flag(&mut self, must_change: bool) {
        use aws_sdk_dynamodb::types::AttributeValue::Bool;
        self.change =
            std::mem::take(&mut self.change).set(attribute::MUST_CHANGE, must_change.then_some(Bool(true)));
        self.changed.push(attribute::MUST_CHANGE);
    }
}

fn text(text: String) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text)
}
