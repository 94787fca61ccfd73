//! A demo user and two demo clients, to try things with.

use passwords::Passwords;
use secrecy::SecretString;
use serde_json::json;
use shared::{
    random::{self, Random},
    store::attribute,
};

use crate::seed::{ClientSeed, SeedError, Seeder, UserSeed};

/// The public demo client, a browser or mobile app. It has no secret.
pub const PUBLIC_CLIENT_ID: &str = "demo-app";
/// The confidential demo client, a server. It has a secret.
pub const CONFIDENTIAL_CLIENT_ID: &str = "demo-server";
/// The name of the demo user.
pub const USERNAME: &str = "demo";

const SCOPE: [&str; 2] = ["read", "write"];

/// The scope of the public client, which also signs users in through a browser with OpenID Connect.
const PUBLIC_SCOPE: [&str; 6] = ["read", "write", "openid", "profile", "email", "offline_access"];

/// The redirect URIs of the public client, which match any port (RFC 8252 section 7.3).
const REDIRECT_URIS: [&str; 2] = ["http://127.0.0.1/callback", "http://localhost/callback"];

/// The credentials of the demo user and of the confidential demo client.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The user's password.
    pub password: SecretString,
    /// The confidential client's secret.
    pub client_secret: SecretString,
    is_well_known: bool,
}

impl Demo {
    /// Publicly known credentials, so that you can paste the README's commands. They are only for a store on this
    /// machine.
    pub fn well_known() -> Self {
        Self {
            password: "correct horse battery staple".into(),
            client_secret: "demo-server-secret".into(),
            is_well_known: true,
        }
    }

    /// Random credentials, for a store that others reach.
    pub fn random(random: &dyn Random) -> Self {
        let secret = || random::identifier(random).into();
        Self { password: secret(), client_secret: secret(), is_well_known: false }
    }

    /// Whether the credentials are the publicly known ones.
    pub fn is_well_known(&self) -> bool {
        self.is_well_known
    }

    /// Writes the demo user and the demo clients. With well-known credentials, existing ones keep their later changes.
    /// Random credentials are lost when the process ends, so each start replaces them.
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
                scope: &PUBLIC_SCOPE,
                redirect_uris: &REDIRECT_URIS,
                is_first_party: true,
            })
            .await?;
        seeder
            .put_client(&ClientSeed {
                client_id: CONFIDENTIAL_CLIENT_ID,
                name: "Demo server",
                client_secret: Some(&self.client_secret),
                scope: &SCOPE,
                redirect_uris: &[],
                is_first_party: false,
            })
            .await?;
        let claims = json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] });
        let user = UserSeed { username: USERNAME, password: &self.password, user_id: "demo-user", claims };
        seeder.put_user(&user, passwords).await
    }
}

/// Whether the demo user exists: an operator may have deleted it.
///
/// # Errors
///
/// [`SeedError`], if the store refuses.
pub async fn is_there(seeder: &Seeder<'_>) -> Result<bool, SeedError> {
    seeder.has("CredentialsTable", (attribute::USERNAME, USERNAME)).await
}
