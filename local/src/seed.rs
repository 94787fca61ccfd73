//! Writes clients and users to the tables.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{self, Bool, L, N, S, Ss},
};
use passwords::{NEVER, Password, PasswordError, Passwords, Username};
use secrecy::SecretString;
use serde_json::Value;
use shared::{client::SecretHash, store::attribute};

/// Errors from writing.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The store refused.
    #[error("the demo user and clients can't be written to the store")]
    Store(#[source] Box<aws_sdk_dynamodb::Error>),
    /// The user name or the password is malformed.
    #[error("not a user name, or not a password")]
    Malformed,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// A client to register.
#[derive(Clone, Debug)]
pub struct ClientSeed<'a> {
    /// Its identifier.
    pub client_id: &'a str,
    /// The name that people see.
    pub name: &'a str,
    /// The secret, if the client is confidential.
    pub client_secret: Option<&'a SecretString>,
    /// The scope that it may request.
    pub scope: &'a [&'a str],
    /// Its redirect URIs.
    pub redirect_uris: &'a [&'a str],
    /// Whether its users skip the consent page.
    pub is_first_party: bool,
}

/// A user to register.
#[derive(Debug)]
pub struct UserSeed<'a> {
    /// The user name.
    pub username: &'a str,
    /// The password.
    pub password: &'a SecretString,
    /// The user ID.
    pub user_id: &'a str,
    /// The claims of the user's access tokens.
    pub claims: Value,
}

/// Writes to the tables of a deployment.
#[derive(Clone, Debug)]
pub struct Seeder<'a> {
    /// The client for the store.
    pub client: &'a Client,
    /// The names of the tables, by logical id.
    pub tables: &'a BTreeMap<String, String>,
}

impl Seeder<'_> {
    /// Registers a client. An existing one keeps the attributes that aren't named here.
    ///
    /// # Errors
    ///
    /// [`SeedError`], if the store refuses.
    pub async fn put_client(&self, seed: &ClientSeed<'_>) -> Result<(), SeedError> {
        let kind = if seed.client_secret.is_some() { "confidential" } else { "public" };
        let mut attributes = vec![
            (attribute::NAME, S(seed.name.to_owned())),
            (attribute::KIND, S(kind.to_owned())),
            (attribute::SCOPE, Ss(seed.scope.iter().map(|&token| token.to_owned()).collect())),
        ];
        if !seed.redirect_uris.is_empty() {
            let uris = seed.redirect_uris.iter().map(|&uri| S(uri.to_owned())).collect();
            attributes.push((attribute::REDIRECT_URIS, L(uris)));
        }
        if seed.is_first_party {
            attributes.push((attribute::FIRST_PARTY, Bool(true)));
        }
        if let Some(secret) = seed.client_secret {
            attributes.push((attribute::SECRET_HASHES, L(vec![S(SecretHash::of(secret).to_text())])));
        }
        self.set("ClientsTable", (attribute::CLIENT_ID, seed.client_id), attributes).await
    }

    /// Registers a user. An existing one keeps the attributes that aren't named here.
    ///
    /// # Errors
    ///
    /// [`SeedError`], if the name or password is malformed or the store refuses.
    pub async fn put_user(&self, seed: &UserSeed<'_>, passwords: &Passwords) -> Result<(), SeedError> {
        let username = Username::parse(seed.username).ok_or(SeedError::Malformed)?;
        let password = Password::parse(seed.password).ok_or(SeedError::Malformed)?;
        let credential = vec![
            (attribute::USER_ID, S(seed.user_id.to_owned())),
            (attribute::PASSWORD_HASH, S(passwords.hash(&password).await?)),
            (attribute::EXPIRES_AT, N(NEVER.to_string())),
        ];
        let user = vec![
            (attribute::USERNAME, S(username.as_str().to_owned())),
            (attribute::CLAIMS, S(seed.claims.to_string())),
        ];
        self.set("UsersTable", (attribute::USER_ID, seed.user_id), user).await?;
        self.set("CredentialsTable", (attribute::USERNAME, username.as_str()), credential).await
    }

    /// Whether the table has an item with this key.
    ///
    /// # Errors
    ///
    /// [`SeedError`], if the store refuses.
    pub async fn has(&self, table: &str, (key, value): (&str, &str)) -> Result<bool, SeedError> {
        let find = self.client.get_item().table_name(&self.tables[table]).key(key, S(value.to_owned()));
        let found =
            find.consistent_read(true).send().await.map_err(|e| SeedError::Store(Box::new(e.into())))?;
        Ok(found.item.is_some())
    }

    /// Sets attributes of the item with this key.
    ///
    /// # Errors
    ///
    /// [`SeedError`], if the store refuses.
    pub async fn set(
        &self,
        table: &str,
        (key, value): (&str, &str),
        attributes: Vec<(&str, AttributeValue)>,
    ) -> Result<(), SeedError> {
        let sets: Vec<String> = (0..attributes.len()).map(|i| format!("#a{i} = :a{i}")).collect();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.tables[table])
            .key(key, S(value.to_owned()))
            .update_expression(format!("SET {}", sets.join(", ")));
        for (i, (name, value)) in attributes.into_iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#a{i}"), name)
                .expression_attribute_values(format!(":a{i}"), value);
        }
        update.send().await.map_err(|e| SeedError::Store(Box::new(e.into())))?;
        Ok(())
    }
}
