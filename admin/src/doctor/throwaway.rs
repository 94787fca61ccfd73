//! A client and a user for the trial, which are removed afterwards.

use std::time::Duration;

use passwords::{NewCredential, Password, Passwords, Username};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
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

/// The prefix of their names. If a doctor is killed, its remains can be recognised.
const PREFIX: &str = "latchgate-doctor-";

/// Whether this names such a client or user. Exports leave them out, since nothing would remove them after an
/// import.
pub(crate) fn is_throwaway(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The client and the user.
pub(super) struct Throwaway {
    pub(super) client_id: ClientId,
    pub(super) username: Username,
    password: SecretString,
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

    /// The fields of a login request.
    pub(super) fn login(&self) -> Value {
        let (username, password) = (self.username.as_str(), self.password.expose_secret());
        json!({ "client_id": self.client_id.as_str(), "username": username, "password": password })
    }

    /// The fields of a refresh request with this token.
    pub(super) fn refresh(&self, refresh_token: &str) -> Value {
        let client_id = self.client_id.as_str();
        json!({ "grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token })
    }

    pub(super) async fn register(&self, deployment: &Deployment) -> Result<(), AdminError> {
        let client = Client {
            client_id: self.client_id.clone(),
            name: Some("latchgate doctor".to_owned()),
            kind: ClientKind::Public,
            scope: Scope::default(),
            resources: std::collections::BTreeSet::new(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            requires_dpop: false,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            is_first_party: false,
            sign_up: None,
            url: None,
            // So that the trial can retry, whatever the deployment's leeway is.
            overrides: LifetimeOverrides {
                leeway: Some(Duration::from_secs(30)),
                ..LifetimeOverrides::default()
            },
        };
        ClientTable::of(deployment)?.register(&client).await?;
        let password =
            Password::parse(&self.password).ok_or(AdminError::Refused("no password could be generated"))?;
        let credential = NewCredential {
            user_id: self.user_id.clone(),
            password_hash: Passwords::new(deployment.random.clone()).hash(&password).await?,
            must_change: false,
            valid_from: Timestamp::default(),
        };
        let user = User { username: Some(self.username.as_str().to_owned()), ..User::default() };
        let new = NewUser { username: self.username.clone(), user, credential, undos: None };
        UserTables::of(deployment)?.create(&new).await?;
        Ok(())
    }

    /// Removes both, even if parts are missing.
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
