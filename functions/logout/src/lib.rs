//! `POST /logout`: the session ends, and with it its refresh token and its access tokens.
//!
//! Also the revocation endpoint of RFC 7009: it takes either token as `token`, and answers 200 to one that it doesn't
//! know, since what the client wants is already so.

mod error;
mod request;

use std::sync::Arc;

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    audit::{Cause, Event, RequestLog},
    client::Clients,
    clock::{Clock, Timestamp},
    context::{Context, StartError},
    http::{Endpoint, empty},
    keys::{Keyset, Keysets},
    store::{FoundSession, SessionKey, SessionRevoker},
    tokens::{AccessTokenVerifier, RefreshToken},
};

pub use self::error::LogoutError;
use self::request::LogoutRequest;

/// The function.
#[derive(Debug)]
pub struct Logout {
    endpoint: Endpoint,
    keysets: Keysets,
    verifier: AccessTokenVerifier,
    clients: Clients,
    revoker: SessionRevoker,
    clock: Arc<dyn Clock>,
}

impl Logout {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys can't be used.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        Ok(Self {
            endpoint: Endpoint::new("logout", "POST", context)?,
            verifier: AccessTokenVerifier::new(environment)?,
            keysets: Keysets::load(context).await?,
            clients: Clients::new(environment, dynamodb, clock.clone())?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            clock: clock.clone(),
        })
    }

    /// Gets ready what the first request would wait for: connections. Lambda starts a function with a whole
    /// processor, and may give its requests a small part of one.
    pub async fn warm_up(&self) {
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.logout(request, &log))).await
    }

    async fn logout(&self, request: &Request, log: &RequestLog) -> Result<Response<Body>, LogoutError> {
        let now = self.clock.now();
        let logout = LogoutRequest::parse(request)?;
        let keyset = self.keysets.current(now).await?;
        // Before any read: a token that this client can't have been issued costs nothing, and ends nothing.
        let Some(key) = self.session_of(&logout, &keyset, now) else {
            log.outcome(Event::LogoutIgnored);
            return Ok(empty(StatusCode::OK));
        };
        log.session(&key);
        // A disabled client may still end what it has.
        self.clients.identify(&logout.client).await?;
        if logout.everywhere {
            self.revoke_others(&key, now, log).await?;
        }
        self.revoker.revoke(&key, now).await?;
        log.revoked(&key, Cause::Logout);
        log.outcome(Event::LogoutSucceeded);
        Ok(empty(StatusCode::OK))
    }

    /// The session of the token, if it is a genuine one of this client: of any generation, and even expired, since
    /// the session may well live on, and a user who leaves must not be told otherwise.
    fn session_of(&self, logout: &LogoutRequest, keyset: &Keyset, now: Timestamp) -> Option<SessionKey> {
        let (text, client_id) = (logout.token.expose_secret(), &logout.client.client_id);
        if RefreshToken::is_meant_by(text) {
            let token = keyset.refresh.verify(text, client_id).ok()?;
            return Some(token.session_key(client_id));
        }
        let token = self.verifier.verify_even_expired(text, &keyset.public, now).ok()?;
        (token.session.client_id == *client_id).then_some(token.session)
    }

    /// Ends the user's other sessions, if this one lives: a token of a session that is over speaks for nobody any
    /// more, and is told so unless all of them are over, as when a logout is repeated. Those are ended all the same: a
    /// refresh that began while one lived may still be under way. This one comes last, so that a retry after a failure
    /// still finds it.
    async fn revoke_others(
        &self,
        key: &SessionKey,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), LogoutError> {
        let found = self.revoker.sessions.of_user(&key.user_id).await?;
        let is_live = |found: &FoundSession| found.session.as_ref().is_ok_and(|session| session.is_live(now));
        let own_lives = found.iter().any(|found| found.key == *key && is_live(found));
        if !own_lives && found.iter().any(is_live) {
            // What may be left of its own end, after a failure, is completed all the same.
            self.revoker.revoke(key, now).await?;
            return Err(LogoutError::SessionOver);
        }
        let others = found.into_iter().map(|found| found.key).filter(|other| other != key);
        let (ended, result) = self.revoker.revoke_all(others, now).await;
        for other in ended {
            log.revoked(&other, Cause::LogoutEverywhere);
        }
        Ok(result?)
    }
}
