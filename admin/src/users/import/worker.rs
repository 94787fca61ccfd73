//! What is done with one line.

use std::sync::Arc;

use passwords::{NewCredential, Passwords};
use shared::{
    ids::UserId,
    random::Random,
    store::{StoreError, User},
};

use super::record::{Record, Secret};
use crate::{
    deployment::Deployment,
    error::AdminError,
    tables::users::{Creation, NewUser, UserTables},
    users::create::new_id,
};

/// What became of a line.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The user is there now.
    Imported(UserId),
    /// The user was there before, and was left alone.
    There,
    /// The line can't be taken.
    Bad(&'static str),
}

const NAME_TAKEN: &str = "its username is somebody else's, by the user_id";
const ID_TAKEN: &str = "its user_id is somebody else's, by the username";

/// Imports lines.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    tables: UserTables,
    passwords: Arc<Passwords>,
    random: Arc<dyn Random>,
    dry_run: bool,
}

impl Worker {
    pub(super) fn new(deployment: &Deployment, dry_run: bool) -> Result<Self, AdminError> {
        Ok(Self {
            tables: UserTables::of(deployment)?,
            passwords: Arc::new(Passwords::new(deployment.random.clone())),
            random: deployment.random.clone(),
            dry_run,
        })
    }

    pub(super) async fn import(&self, record: Record) -> Result<Outcome, AdminError> {
        let password_hash = match &record.secret {
            Secret::Hash(hash) if !self.dry_run => hash.clone(),
            // Looked at first: what is there already need not be hashed.
            Secret::Hash(_) | Secret::Password(_) => {
                if let Some(outcome) = self.found(&record).await? {
                    return Ok(outcome);
                }
                self.hash(&record).await?
            }
        };
        let user_id = match &record.user_id {
            Some(user_id) => user_id.clone(),
            None => new_id(&*self.random)?,
        };
        if self.dry_run {
            return self.would_import(&record, user_id).await;
        }
        let user = User {
            username: Some(record.username.as_str().to_owned()),
            claims: record.claims.clone(),
            disabled: record.disabled,
            ..User::default()
        };
        let must_change = record.must_change;
        let credential = NewCredential { user_id: user_id.clone(), password_hash, must_change };
        let new = NewUser { username: record.username.clone(), user, credential };
        Ok(match self.tables.create(&new).await? {
            Creation::Done => Outcome::Imported(user_id),
            Creation::IdTaken => Outcome::Bad(ID_TAKEN),
            Creation::NameTaken => self.found(&record).await?.unwrap_or(Outcome::Bad(NAME_TAKEN)),
        })
    }

    /// Only what is going to be stored is worth the work.
    async fn hash(&self, record: &Record) -> Result<String, AdminError> {
        match &record.secret {
            Secret::Password(password) if !self.dry_run => {
                Ok(self.passwords.hash(password.password()).await?)
            }
            Secret::Password(_) | Secret::Hash(_) => Ok(String::new()),
        }
    }

    /// What is to be said where somebody has the name.
    async fn found(&self, record: &Record) -> Result<Option<Outcome>, StoreError> {
        let credential = self.tables.credentials.find(&record.username).await?;
        Ok(credential.map(|credential| match &record.user_id {
            Some(user_id) if *user_id != credential.user_id => Outcome::Bad(NAME_TAKEN),
            _ => Outcome::There,
        }))
    }

    async fn would_import(&self, record: &Record, user_id: UserId) -> Result<Outcome, AdminError> {
        let is_taken = record.user_id.is_some() && self.tables.users.find(&user_id).await?.is_some();
        Ok(if is_taken { Outcome::Bad(ID_TAKEN) } else { Outcome::Imported(user_id) })
    }
}
