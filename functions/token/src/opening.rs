//! Opens the session of a redeemed code.

use std::time::Duration;

use lambda_http::{Body, Response};
use shared::{
    client::Client,
    clock::Timestamp,
    error::chain,
    http::{IntoErrorResponse, Peer, tokens},
    ids::ClientId,
    keys::Keyset,
    lifetimes::Lifetimes,
    log::{Cause, Event, RequestLog},
    resource::Resource,
    store::{Code, NewSession, Redemption, Session, SessionKey, User},
    thumbprint::Thumbprint,
    tokens::{Grant, IdTokenGrant, OPENID, RefreshToken, TokenResponse, issue_id_token},
};

use crate::{TokenEndpoint, TokenError, TokenReason};

/// The parts of the session.
pub(crate) struct Opening<'a> {
    pub(crate) keyset: &'a Keyset,
    pub(crate) client: &'a Client,
    pub(crate) code: &'a Code,
    pub(crate) refresh_token: RefreshToken,
    /// The resource that the access token is for; `None` means the audience.
    pub(crate) resource: Option<&'a Resource>,
    /// The key to bind its tokens to.
    pub(crate) jkt: Option<Thumbprint>,
    pub(crate) peer: Peer,
    pub(crate) log: &'a RequestLog,
    pub(crate) now: Timestamp,
}

impl TokenEndpoint {
    /// Stores the session, and only then checks whether it may exist. A request that cuts the user off, or
    /// that ends the session at the pages and all others, does that first and looks for sessions afterwards.
    /// So one of the two sees the other (ADR 27). Until all checks are done, the tokens aren't sent.
    pub(crate) async fn open_session(&self, opening: &Opening<'_>) -> Result<Response<Body>, TokenError> {
        let Opening { keyset, client, code, log, now, .. } = opening;
        if code.issued_at < client.not_before {
            return Err(TokenReason::ClientCutOff.into());
        }
        let lifetimes = self.lifetimes_of(opening);
        let session = opening.session(lifetimes);
        match self.sessions.put_new(&session).await? {
            None => {}
            // The SDK repeated a put that had succeeded.
            Some(stored) if stored == session => {}
            // A second use has barred the session.
            Some(_) => return Err(TokenReason::UsedAgain.into()),
        }
        let user = self.admit(code, *now).await?;
        let response = self.tokens_of(opening, &session, &user, lifetimes)?;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::MaxSessions);
        self.session_limit.make_room(&session.key, *now, on_denied).await?;
        log.session(&session.key);
        log.outcome(Event::CodeRedeemed);
        Ok(tokens(&response, &keyset.refresh, *now))
    }

    /// Returns the user of a redeemed code, if the user and the session at the pages still admit its session.
    async fn admit(&self, code: &Code, now: Timestamp) -> Result<User, TokenError> {
        let browser = SessionKey {
            user_id: code.user_id.clone(),
            client_id: ClientId::browser(),
            session_id: code.browser_session.clone(),
        };
        let (user, browser) = tokio::join!(self.users.find(&code.user_id), self.sessions.find(&browser));
        let (user, browser) = (user?, browser?);
        let user = user.filter(|user| user.admits(code.issued_at)).ok_or(TokenReason::UserCutOff)?;
        // A session that was cut off and not yet ended is over too.
        if browser.is_some_and(|browser| browser.is_live(now) && user.admits(browser.created_at)) {
            Ok(user)
        } else {
            Err(TokenReason::BrowserSessionOver.into())
        }
    }

    /// Undoes an opening whose tokens were not sent. After a failure of ours, the code becomes valid again:
    /// otherwise the client's own retry would look like a second use.
    pub(crate) async fn take_back(
        &self,
        opening: &Opening<'_>,
        redemption: &Redemption<'_>,
        error: TokenError,
    ) -> TokenError {
        if let TokenError::Endpoint(TokenReason::ClientCutOff | TokenReason::UsedAgain) = &error {
            // It has stored no session.
            return error;
        }
        let is_failure = is_failure(&error);
        let key = opening.refresh_token.session_key(&opening.client.client_id);
        // Without the denylist, since its tokens were never sent. A second use may be ending the session
        // meanwhile; this doesn't disturb it.
        match self.sessions.delete(&key).await {
            Ok(()) if is_failure => self.give_back(redemption).await,
            Ok(()) => {}
            Err(failed) if is_failure => {
                tracing::warn!(reason = chain(&failed), "a session without tokens could not be deleted");
            }
            Err(failed) => return failed.into(),
        }
        error
    }

    /// Makes a code valid again whose tokens were not sent. If this fails too, the error is only logged,
    /// since the store is failing already.
    pub(crate) async fn give_back(&self, redemption: &Redemption<'_>) {
        if let Err(failed) = self.codes.give_back(redemption).await {
            tracing::warn!(reason = chain(&failed), "a code that brought no tokens could not be given back");
        }
    }

    fn tokens_of(
        &self,
        opening: &Opening<'_>,
        session: &Session,
        user: &User,
        lifetimes: Lifetimes,
    ) -> Result<TokenResponse, TokenError> {
        let Opening { keyset, client, code, now, .. } = opening;
        let grant = Grant {
            session,
            refresh_token: &opening.refresh_token,
            user,
            claims: client.token_claims(),
            scope: &session.scope,
            resource: opening.resource,
            access_ttl: lifetimes.access_ttl,
            jkt: opening.jkt,
        };
        let response = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        let response = if code.is_refreshable { response } else { response.without_refresh_token() };
        if !session.scope.contains(OPENID) {
            return Ok(response);
        }
        let (access_token, expires_in) = response.access_token();
        let grant = IdTokenGrant {
            session,
            client_id: client.own_id(),
            scope: &session.scope,
            claims: &user.claims,
            nonce: code.nonce.as_deref(),
            access_token,
            expires_at: *now + Duration::from_secs(expires_in),
        };
        let id_token = issue_id_token(self.issuer.issuer(), &grant, keyset, *now)?;
        Ok(response.with_id_token(Some(id_token)))
    }

    fn lifetimes_of(&self, opening: &Opening<'_>) -> Lifetimes {
        let lifetimes = opening.client.lifetimes(self.lifetimes);
        if opening.code.is_refreshable { lifetimes } else { lifetimes.without_refresh() }
    }
}

impl Opening<'_> {
    fn session(&self, lifetimes: Lifetimes) -> Session {
        let Self { client, code, peer, .. } = self;
        let new = NewSession {
            key: self.refresh_token.session_key(&client.client_id),
            created_at: code.issued_at,
            auth_time: code.auth_time,
            // The client's current scope limits the granted one.
            scope: code.scope.intersection(&client.scope),
            resources: code.resources.clone(),
            // Only public clients' sessions are bound, since only a key tells their devices apart.
            jkt: self.jkt.filter(|_| client.is_public()),
            is_refreshable: code.is_refreshable,
            device_name: None,
            user_agent: peer.user_agent.clone(),
            address: peer.address.clone(),
        };
        Session::begin(new, lifetimes, self.now)
    }
}

/// Whether an error is a failure of ours, so that the client is not at fault.
fn is_failure(error: &TokenError) -> bool {
    error.response().status.is_server_error()
}
