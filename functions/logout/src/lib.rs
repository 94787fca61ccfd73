//! `POST /logout`: the session ends, and with it its refresh token and its access tokens.
//!
//! Also the revocation endpoint of RFC 7009: it takes either token as `token`, and answers 200 to one that it doesn't
//! know, since what the client wants is already so.

mod error;
mod request;

use std::{collections::HashMap, sync::Arc, time::Duration};

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    client::Clients,
    clock::{Clock, Timestamp},
    environment::variable,
    http::{Endpoint, empty},
    ids::SessionId,
    keys::Keyset,
    lifetimes::Lifetimes,
    store::{SessionKey, SessionRevoker, StoreError},
    surroundings::{StartError, Surroundings},
    tokens::{AccessTokenVerifier, RefreshToken},
};
use tokio::task::JoinSet;

pub use self::error::LogoutError;
use self::request::LogoutRequest;

/// How many sessions are ended at the same time when a user leaves everywhere.
const BATCH: usize = 16;

/// The function.
#[derive(Debug)]
pub struct Logout {
    endpoint: Endpoint,
    keyset: Keyset,
    verifier: AccessTokenVerifier,
    clients: Clients,
    revoker: SessionRevoker,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
}

impl Logout {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn new(surroundings: &Surroundings) -> Result<Self, StartError> {
        let Surroundings { environment, dynamodb, clock, .. } = surroundings;
        let keyset = Keyset::from_environment(environment)?;
        let issuer = environment.required(variable::ISSUER)?;
        let audience = environment.required(variable::AUDIENCE)?;
        Ok(Self {
            endpoint: Endpoint::new("logout", "POST", environment),
            verifier: AccessTokenVerifier::new(keyset.public.clone(), issuer, audience),
            keyset,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            clock: clock.clone(),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        self.endpoint.respond(request, self.logout(request).await)
    }

    async fn logout(&self, request: &Request) -> Result<Response<Body>, LogoutError> {
        let now = self.clock.now();
        let logout = LogoutRequest::parse(request)?;
        // Before any read: a token that this client can't have been issued costs nothing, and ends nothing.
        let Some(key) = self.session_of(&logout, now) else { return Ok(empty(StatusCode::OK)) };
        // A disabled client may still end what it has.
        let client = self.clients.identify(&logout.client).await?;
        let access_ttl = client.lifetimes(self.lifetimes).access_ttl;
        if logout.everywhere {
            self.revoke_everywhere(key, access_ttl, now).await?;
        } else {
            self.revoker.revoke(&key, access_ttl, now).await?;
        }
        Ok(empty(StatusCode::OK))
    }

    /// The session of the token, if it is a genuine one of this client: of any generation, and even expired, since
    /// the session may well live on, and a user who leaves must not be told otherwise.
    fn session_of(&self, logout: &LogoutRequest, now: Timestamp) -> Option<SessionKey> {
        let (text, client_id) = (logout.token.expose_secret(), &logout.client.client_id);
        if RefreshToken::is_meant_by(text) {
            let token = self.keyset.refresh.verify(text, client_id).ok()?;
            return Some(SessionKey {
                user_id: token.user_id().clone(),
                client_id: client_id.clone(),
                session_id: token.session_id(),
            });
        }
        let token = self.verifier.verify_even_expired(text, now).ok()?;
        (token.client_id == *client_id).then_some(SessionKey {
            user_id: token.user_id,
            client_id: token.client_id,
            session_id: token.session_id,
        })
    }

    /// Ends all sessions of the user, this one included whether or not it is still there.
    async fn revoke_everywhere(
        &self,
        key: SessionKey,
        access_ttl: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sessions = self.revoker.sessions.of_user(&key.user_id).await?;
        let mut ending: HashMap<SessionId, (SessionKey, Duration)> = sessions
            .into_iter()
            .map(|session| (session.key.session_id.clone(), (session.key, session.access_ttl)))
            .collect();
        ending.entry(key.session_id.clone()).or_insert((key, access_ttl));

        let mut ending = ending.into_values();
        let (mut running, mut result) = (JoinSet::new(), Ok(()));
        loop {
            for (key, access_ttl) in ending.by_ref().take(BATCH - running.len()) {
                let revoker = self.revoker.clone();
                running.spawn(async move { revoker.revoke(&key, access_ttl, now).await });
            }
            let Some(ended) = running.join_next().await else { return result };
            // Unwrap safety: a task that panicked panics here, as it would have without a task.
            result = result.and(ended.expect("ending a session doesn't panic"));
        }
    }
}
