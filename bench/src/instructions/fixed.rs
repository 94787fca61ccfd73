//! Inputs that are the same in every run: the time, the randomness, and one session with its client, user and refresh
//! token.

use crate::program::Failure;
use serde_json::json;
use shared::{
    clock::Timestamp,
    environment::{Environment, variable},
    ids::{ClientId, UserId},
    random::Random,
    resource::GrantedResources,
    scope::Scope,
    store::{Session, User},
    tokens::RefreshToken,
};

/// The time of everything here.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const A_DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Randomness with the same bytes in every run.
#[derive(Debug)]
pub(crate) struct Constant;

impl Random for Constant {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }
}

pub(crate) fn environment() -> Environment {
    let variables =
        [(variable::ISSUER, "https://issuer.example.com"), (variable::AUDIENCE, "https://api.example.com")];
    Environment::from_variables(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

pub(crate) fn client_id() -> Result<ClientId, Failure> {
    Ok(ClientId::parse("demo-app").ok_or("no client id")?)
}

pub(crate) fn refresh_token() -> Result<RefreshToken, Failure> {
    let user_id = UserId::parse("7b1c9e4ad21f4d0b").ok_or("no user id")?;
    Ok(RefreshToken::first(user_id, &Constant))
}

/// The session of this token, as login leaves it.
pub(crate) fn session(token: &RefreshToken) -> Result<Session, Failure> {
    Ok(Session {
        key: token.session_key(&client_id()?),
        generation: token.generation(),
        rotated_at: NOW,
        retry_key: None,
        undelivered: false,
        created_at: NOW,
        auth_time: NOW,
        scope: Scope::parse("read write").ok_or("no scope")?,
        resources: GrantedResources::default(),
        jkt: None,
        is_refreshable: true,
        device_name: None,
        user_agent: Some("curl/8.5.0".to_owned()),
        address: Some("203.0.113.9".to_owned()),
        expires_at: NOW + 30 * A_DAY,
        absolute_expires_at: NOW + 365 * A_DAY,
    })
}

pub(crate) fn user() -> User {
    let claims = json!({ "email": "demo@example.com", "name": "Demo User", "roles": ["user"] });
    User { claims: claims.as_object().cloned().unwrap_or_default(), ..User::default() }
}
