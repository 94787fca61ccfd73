//! A demo user and two demo clients, to try things with.

use passwords::Passwords;
use secrecy::SecretString;
use serde_json::json;
use shared::{
    random::{self, Random},
    store::attribute,
};

use crate::seed::{ClientSeed, SeedError, Seeder, UserSeed};

/// A browser or mobile app: it has no secret.
pub const PUBLIC_CLIENT_ID: &str = "demo-app";
/// A server: it has one.
pub const CONFIDENTIAL_CLIENT_ID: &str = "demo-server";
/// Who signs in.
pub const USERNAME: &str = "demo";

const SCOPE: [&str; 2] = ["read", "write"];

/// What proves the demo user and the confidential demo client.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Of the user.
    pub password: SecretString,
    /// Of the confidential client.
    pub client_secret: SecretString,
    is_well_known: bool,
}

impl Demo {
    /// Known to everyone, so that the README's commands can be pasted: for a store on this machine only.
    pub fn well_known() -> Self {
        Self {
            password: "correct horse battery staple".into(),
            client_secret: "demo-server-secret".into(),
            is_well_known: true,
        }
    }

    /// Known to nobody else: for a store that others reach.
    pub fn random(random: &dyn Random) -> Self {
        let secret = || random::identifier(random).into();
        Self { password: secret(), client_secret: secret(), is_well_known: false }
    }

    /// Whether everyone knows it.
    pub fn is_well_known(&self) -> bool {
        self.is_well_known
    }

    /// Writes the demo user and the demo clients. Those that are there already keep what became of them since, except
    /// that what is known to nobody else is known to nobody any more, and so is replaced.
    ///
    /// # Errors
    ///
    /// [`SeedError`], if the store refuses.
    pub async fn seed(&self, seeder: &Seeder<'_>, passwords: &Passwords) -> Result<(), SeedError> {
        if self.is_well_known && is_there(seeder).await? {
            return Ok(());
        }
        seeder
            .put_client(&ClientSeed {
                client_id: PUBLIC_CLIENT_ID,
                name: "Demo app",
                client_secret: None,
                scope: &SCOPE,
            })
            .await?;
        seeder
            .put_client(&ClientSeed {
                client_id: CONFIDENTIAL_CLIENT_ID,
                name: "Demo server",
                client_secret: Some(&self.client_secret),
                scope: &SCOPE,
            })
            .await?;
        let claims = json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] });
        let user = UserSeed { username: USERNAME, password: &self.password, user_id: "demo-user", claims };
        seeder.put_user(&user, passwords).await
    }
}

/// Whether the demo user is there: an operator may have deleted it.
///
/// # Errors
///
/// [`SeedError`], if the store refuses.
pub async fn is_there(seeder: &Seeder<'_>) -> Result<bool, SeedError> {
    seeder.has("CredentialsTable", (attribute::USERNAME, USERNAME)).await
}
