//! A client and a user for the trial, gone when it is over.

use std::time::Duration;

use passwords::{NewCredential, Password, Passwords, Username};
use secrecy::SecretString;
use shared::{
    client::{ClaimSelection, Client, ClientKind},
    clock::Timestamp,
    ids::{ClientId, UserId},
    lifetimes::LifetimeOverrides,
    random,
    scope::Scope,
    store::{SessionRevoker, Sessions, User},
};

use crate::{
    deployment::Deployment,
    error::AdminError,
    tables::{
        clients::ClientTable,
        users::{NewUser, UserTables},
    },
};

/// What the names begin with, so that whatever is left by a doctor that was killed can be told.
const PREFIX: &str = "latchgate-doctor-";

/// The two.
pub(super) struct Throwaway {
    pub(super) client_id: ClientId,
    pub(super) username: Username,
    pub(super) password: SecretString,
    user_id: UserId,
}

impl Throwaway {
    pub(super) fn new(deployment: &Deployment) -> Option<Self> {
        let random = &*deployment.random;
        let name = format!("{PREFIX}{}", random::identifier(random));
        Some(Self {
            client_id: ClientId::parse(&name)?,
            username: Username::parse(&name)?,
            password: random::identifier(random).into(),
            user_id: UserId::parse(&name)?,
        })
    }

    pub(super) async fn register(&self, deployment: &Deployment) -> Result<(), AdminError> {
        let client = Client {
            client_id: self.client_id.clone(),
            name: Some("latchgate doctor".to_owned()),
            kind: ClientKind::Public,
            scope: Scope::default(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            // So that a retry can be tried, whatever the deployment's is.
            overrides: LifetimeOverrides {
                leeway: Some(Duration::from_secs(30)),
                ..LifetimeOverrides::default()
            },
        };
        ClientTable::of(deployment)?.register(&client).await?;
        let password = Password::parse(&self.password).ok_or(AdminError::Refused("no password was made"))?;
        let credential = NewCredential {
            user_id: self.user_id.clone(),
            password_hash: Passwords::new(deployment.random.clone()).hash(&password).await?,
            must_change: false,
            valid_from: Timestamp::default(),
        };
        let user = User { username: Some(self.username.as_str().to_owned()), ..User::default() };
        let new = NewUser { username: self.username.clone(), user, credential };
        UserTables::of(deployment)?.create(&new).await?;
        Ok(())
    }

    /// All of it, even if some of it is gone or was never there.
    pub(super) async fn remove(&self, deployment: &Deployment) -> Result<(), AdminError> {
        let (clients, users) = (ClientTable::of(deployment)?, UserTables::of(deployment)?);
        let revoker = SessionRevoker::new(&deployment.environment, &deployment.dynamodb)?;
        let removed = [
            clients.delete(&self.client_id).await.map(drop),
            users.credentials.delete(&self.username, &self.user_id).await.map(drop),
            users.delete_user(&self.user_id).await,
        ];
        let sessions = Sessions::new(&deployment.environment, &deployment.dynamodb)?;
        let sessions = sessions.of_user(&self.user_id).await?;
        let keys = sessions.into_iter().map(|found| found.key);
        let ended = revoker.revoke_all(keys, deployment.now(), |_| {}).await;
        Ok(removed.into_iter().chain([ended]).collect::<Result<(), _>>()?)
    }
}
