//! The flow of a login, top to bottom.

use std::sync::Arc;

use lambda_http::{Body, Request, Response, http::StatusCode};
use passwords::{Attempted, Credential, Device, SignedIn};
use secrecy::ExposeSecret;
use shared::{
    client::{Client, ClientError},
    clock::Timestamp,
    http::{Peer, json, tokens},
    keys::Keyset,
    lifetimes::Lifetimes,
    log::{Cause, Event, RequestLog},
    resource::GrantedResources,
    route,
    scope::Scope,
    store::{NewSession, Session, SessionKey},
    thumbprint::Thumbprint,
    tokens::{Grant, RefreshToken},
};

use crate::{
    Login, LoginError, LoginReason,
    expired::{PASSWORD_CHANGE_TTL, PasswordExpired},
    request::LoginRequest,
};

/// A login on a client that may log in.
struct Admitted<'a> {
    login: &'a LoginRequest,
    keyset: Arc<Keyset>,
    peer: Peer,
    client: Arc<Client>,
    scope: Scope,
    /// The key to bind its tokens to.
    jkt: Option<Thumbprint>,
    log: &'a RequestLog,
    now: Timestamp,
}

impl Login {
    pub(crate) async fn login(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, LoginError> {
        let now = self.clock.now();
        let login = LoginRequest::parse(request)?;
        // Before counting: a request that can't be answered uses up no attempt.
        let keyset = self.keysets.current(now).await?;
        let proven = self.proofs.offered_key(request, route::LOGIN, &keyset.refresh, now)?;
        // Before writing: an unknown client causes one read, and no write.
        let client = self.clients.authenticate(&login.client).await;
        if matches!(client, Ok(_) | Err(ClientError::Unproven | ClientError::Disabled)) {
            // The client exists, even if the request isn't from it.
            log.client(&login.client.client_id);
        }
        let (client, scope) = grantable(client?, &login)?;
        let jkt = self.proofs.binding(&client, proven)?;
        let peer = Peer::of(request);
        let attempted = Attempted {
            username: &login.username,
            password: &login.password,
            device: device(&login, proven, &keyset),
            network: peer.network_at(&client),
            not_before: client.not_before,
        };
        let signed_in = self.sign_in.check(&attempted, now, log).await.map_err(LoginReason::SignIn)?;
        let admitted = Admitted { login: &login, keyset, peer, client, scope, jkt, log, now };
        let (response, ()) =
            tokio::join!(self.open_session(&admitted, &signed_in), self.sign_in.follow_up(&signed_in, log));
        response
    }

    async fn open_session(
        &self,
        admitted: &Admitted<'_>,
        signed_in: &SignedIn<'_>,
    ) -> Result<Response<Body>, LoginError> {
        let Admitted { keyset, client, log, now, .. } = admitted;
        let SignedIn { credential, user, begins_at, .. } = signed_in;
        let lifetimes = self.lifetimes_of(client, credential);
        let refresh_token = RefreshToken::first(credential.user_id.clone(), &*self.random);
        let new = NewSession {
            key: refresh_token.session_key(&client.client_id),
            created_at: *begins_at,
            auth_time: *now,
            scope: admitted.scope.clone(),
            resources: GrantedResources::default(),
            jkt: admitted.jkt.filter(|_| client.is_public()),
            is_refreshable: true,
            device_name: admitted.login.device_name.clone(),
            user_agent: admitted.peer.user_agent.clone(),
            address: admitted.peer.address.clone(),
        };
        let session = Session::begin(new, lifetimes, *now);
        let grant = Grant {
            session: &session,
            refresh_token: &refresh_token,
            user,
            claims: client.token_claims(),
            scope: &session.scope,
            resource: None,
            access_ttl: lifetimes.access_ttl,
            jkt: admitted.jkt,
        };
        // Signed before storing: a session whose tokens can't be issued must not exist.
        let (response, event) = if credential.must_change {
            let token =
                self.issuer.issue_for_password(&session, admitted.jkt, keyset, *now, &*self.random)?;
            let response =
                json(StatusCode::FORBIDDEN, &PasswordExpired::new(&token, admitted.jkt, &session, *now));
            (response, Event::LoginPasswordExpired)
        } else {
            let response = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
            (tokens(&response, &keyset.refresh, *now), Event::LoginSucceeded)
        };
        if !credential.must_change {
            let on_denied = |key: &SessionKey| log.revoked(key, Cause::MaxSessions);
            self.session_limit.make_room(&session.key, *now, on_denied).await?;
        }
        self.sessions.put(&session).await?;
        log.session(&session.key);
        log.outcome(event);
        Ok(response)
    }

    /// The lifetimes of the session. A session that only allows a change of password ends when the time for
    /// that is over, and its refresh token is never sent.
    fn lifetimes_of(&self, client: &Client, credential: &Credential) -> Lifetimes {
        let lifetimes = client.lifetimes(self.lifetimes);
        if credential.must_change {
            Lifetimes { idle_ttl: PASSWORD_CHANGE_TTL, absolute_ttl: PASSWORD_CHANGE_TTL, ..lifetimes }
        } else {
            lifetimes
        }
    }
}

/// The device that an earlier session's refresh token of this client proves.
fn device(login: &LoginRequest, proven: Option<Thumbprint>, keyset: &Keyset) -> Device {
    let Some(text) = &login.refresh_token else { return Device::Stranger };
    let token = keyset.refresh.verify(text.expose_secret(), &login.client.client_id).ok();
    // A stolen bound token doesn't prove that another device is the user's.
    let token = token.filter(|token| token.jkt().is_none_or(|jkt| proven == Some(jkt)));
    token.map_or(Device::Unproven, Device::Proven)
}

/// Returns the scope to grant: the requested one, or the client's default. A client that isn't registered
/// can't log in here: its users consent at the pages, so that it sees no password.
fn grantable(client: Arc<Client>, login: &LoginRequest) -> Result<(Arc<Client>, Scope), LoginError> {
    if client.url.is_some() {
        return Err(ClientError::Unknown.into());
    }
    let scope = login.scope.clone().unwrap_or_else(|| client.default_scope());
    if scope.is_within(&client.scope) { Ok((client, scope)) } else { Err(LoginReason::Scope.into()) }
}
