//! Rows of users and sessions as login leaves them, made with login's own types.

use crate::program::Failure;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use serde_json::json;
use shared::{
    clock::Timestamp,
    ids::{ClientId, UserId},
    lifetimes::Lifetimes,
    random::{SystemRandom, identifier},
    resource::GrantedResources,
    scope::Scope,
    store::{Item, Session, User},
    tokens::RefreshToken,
};

/// Each user's devices.
pub(crate) const DEVICES: [&str; 2] = ["Telephone", "Laptop"];
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

/// The parts that all sessions share.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) client_id: ClientId,
    pub(crate) scope: Scope,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) now: Timestamp,
    pub(crate) random: SystemRandom,
}

/// A user's row, and the user's session rows with their refresh tokens.
#[derive(Debug)]
pub(crate) struct UserRows {
    pub(crate) user: Item,
    pub(crate) sessions: Vec<(RefreshToken, Item)>,
}

impl Rows {
    /// The rows of another user, at a random place in the table.
    pub(crate) fn next(&self) -> Result<UserRows, Failure> {
        let id = identifier(&self.random);
        let user_id = UserId::parse(&id).ok_or("no user id")?;
        let claims = json!({ "email": format!("{id}@example.com"), "name": "Demo User", "roles": ["user"] });
        let claims = claims.as_object().cloned().unwrap_or_default();
        let user = User { username: Some(format!("{id}@example.com")), claims, ..User::default() };
        let sessions = DEVICES.map(|device| {
            let token = RefreshToken::first(user_id.clone(), &self.random);
            let session = self.session(&token, device).to_item();
            (token, session)
        });
        Ok(UserRows { user: user.to_item(&user_id), sessions: sessions.into() })
    }

    fn session(&self, token: &RefreshToken, device: &str) -> Session {
        Session {
            key: token.session_key(&self.client_id),
            generation: token.generation(),
            rotated_at: self.now,
            retry_key: None,
            undelivered: false,
            created_at: self.now,
            auth_time: self.now,
            scope: self.scope.clone(),
            resources: GrantedResources::default(),
            jkt: None,
            is_refreshable: true,
            device_name: Some(device.to_owned()),
            user_agent: Some(USER_AGENT.to_owned()),
            address: Some("203.0.113.9".to_owned()),
            expires_at: self.now + self.lifetimes.idle_ttl,
            absolute_expires_at: self.now + self.lifetimes.absolute_ttl,
        }
    }
}

/// A request to put a row.
pub(crate) fn put(item: Item) -> Result<WriteRequest, Failure> {
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}
