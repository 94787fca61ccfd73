//! The flow of a login, top to bottom.

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Request, Response, http::StatusCode};
use passwords::{Attempt, Budget, Counter, Credential, Username, Verdict};
use secrecy::ExposeSecret;
use shared::{
    client::{Client, ClientError},
    clock::Timestamp,
    error::chain,
    http::{Peer, json},
    ids::UserId,
    keys::Keyset,
    lifetimes::Lifetimes,
    log::{Event, RequestLog},
    scope::Scope,
    store::{NewSession, Session, User},
    tokens::{Grant, RefreshToken},
};
use tokio::time;

use crate::{
    Login, LoginError, LoginReason,
    expired::{PASSWORD_CHANGE_TTL, PasswordExpired},
    request::LoginRequest,
};

/// A login on a client that may have it.
struct Admitted<'a> {
    login: LoginRequest,
    keyset: Arc<Keyset>,
    peer: Peer,
    client: Arc<Client>,
    scope: Scope,
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
        let mut login = LoginRequest::parse(request)?;
        // Before anything is counted: what can't be answered costs nobody an attempt.
        let keyset = self.keysets.current(now).await?;
        // Before anything is written: an unknown client costs a read, and leaves nothing.
        let client = self.clients.authenticate(&login.client).await;
        if matches!(client, Ok(_) | Err(ClientError::Unproven | ClientError::Disabled)) {
            // There is such a client, whether or not this is it.
            log.client(&login.client.client_id);
        }
        let (client, scope) = grantable(client?, &login)?;
        login.username = self.credentials.stored_name(&login.username).await?;
        let budget = self.budget(&login, &keyset).await?;
        let attempt = self.credentials.take_attempt(&login.username, &budget, now).await?;
        if let Attempt::Known(credential, _) | Attempt::Refused(Some(credential)) = &attempt {
            log.user(&credential.user_id);
        }
        let admitted = Admitted { login, keyset, peer: Peer::of(request), client, scope, log, now };
        match attempt {
            Attempt::Known(credential, counter) => self.evaluate(&admitted, credential, &counter).await,
            Attempt::Unknown(counter) => {
                tokio::join!(self.pretend(&admitted), self.tidy(&admitted.login, &counter)).0?;
                Err(LoginReason::UnknownUsername.into())
            }
            // At once: known and unknown names are counted alike, so that this tells nobody which it is.
            Attempt::Refused(_) => Err(LoginReason::BudgetSpent.into()),
        }
    }

    /// A device that shows a refresh token of this very user, live or over, has a budget that nobody spends by knowing the
    /// name. Whatever the token is, there is one read: how long it takes tells nothing about the token or the name.
    async fn budget(&self, login: &LoginRequest, keyset: &Keyset) -> Result<Budget, LoginError> {
        let Some(text) = &login.refresh_token else { return Ok(Budget::Strangers) };
        let token = keyset.refresh.verify(text.expose_secret(), &login.client.client_id).ok();
        let nobody = UserId::nobody();
        let user = self.users.find(token.as_ref().map_or(&nobody, RefreshToken::user_id)).await?;
        let is_own = user
            .and_then(|user| Username::stored(user.username.as_deref()?))
            .is_some_and(|username| username == login.username);
        Ok(match token {
            Some(token) if is_own => Budget::of_device(token.user_id().clone(), &token.session_id()),
            _ => Budget::Strangers,
        })
    }

    /// Hashes the password, and meanwhile reads the user and tidies the counters.
    async fn evaluate(
        &self,
        admitted: &Admitted<'_>,
        credential: Credential,
        counter: &Counter,
    ) -> Result<Response<Body>, LoginError> {
        let login = &admitted.login;
        let (verdict, user, ()) = tokio::join!(
            self.passwords.verify(&login.password, Some(&credential.password_hash)),
            self.users.find(&credential.user_id),
            self.tidy(login, counter)
        );
        let verdict = verdict.map_err(LoginReason::Password)?;
        if verdict == Verdict::Wrong {
            return Err(LoginReason::WrongPassword.into());
        }
        // Until here a right password is the same work as a wrong one, and where the user may not sign in it ends here: what
        // follows would tell by its time that the password was right.
        let created_at = begins_at(&credential, admitted.now);
        let user = match user {
            Ok(user) => {
                user.filter(|user| user.admits(created_at) && created_at >= admitted.client.not_before)
            }
            // A failure of ours costs nobody an attempt.
            Err(error) => {
                in_time(self.forgive(login, counter)).await;
                return Err(error.into());
            }
        };
        let user = user.ok_or(LoginReason::CutOff)?;
        let (response, (), ()) = tokio::join!(
            self.open_session(admitted, &credential, &user),
            in_time(self.forgive(login, counter)),
            in_time(self.strengthen(admitted, &credential, verdict))
        );
        response
    }

    /// The same work as for a wrong password, so that the time taken doesn't tell an unknown name apart.
    async fn pretend(&self, admitted: &Admitted<'_>) -> Result<(), LoginError> {
        let nobody = UserId::nobody();
        let (verdict, _) =
            tokio::join!(self.passwords.verify(&admitted.login.password, None), self.users.find(&nobody));
        verdict.map_err(LoginReason::Password)?;
        Ok(())
    }

    async fn open_session(
        &self,
        admitted: &Admitted<'_>,
        credential: &Credential,
        user: &User,
    ) -> Result<Response<Body>, LoginError> {
        let Admitted { keyset, client, log, now, .. } = admitted;
        let lifetimes = self.lifetimes_of(client, credential);
        let refresh_token = RefreshToken::first(credential.user_id.clone(), &*self.random);
        let new = NewSession {
            key: refresh_token.session_key(&client.client_id),
            created_at: begins_at(credential, *now),
            scope: admitted.scope.clone(),
            device_name: admitted.login.device_name.clone(),
            user_agent: admitted.peer.user_agent.clone(),
            address: admitted.peer.address.clone(),
        };
        let session = Session::begin(new, lifetimes, *now);
        let grant = Grant {
            session: &session,
            refresh_token: &refresh_token,
            user,
            claims: &client.claims,
            scope: &session.scope,
            access_ttl: lifetimes.access_ttl,
        };
        // Signed before anything is stored: a session whose tokens can't be issued must not come to be.
        let (response, event) = if credential.must_change {
            let token = self.issuer.issue_for_password(&session, keyset, *now, &*self.random)?;
            let response = json(StatusCode::FORBIDDEN, &PasswordExpired::new(&token, &session, *now));
            (response, Event::LoginPasswordExpired)
        } else {
            let tokens = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
            (json(StatusCode::OK, &tokens), Event::LoginSucceeded)
        };
        if !credential.must_change {
            self.make_room(&credential.user_id, *now, log).await?;
        }
        self.sessions.put(&session).await?;
        log.session(&session.key);
        log.outcome(event);
        Ok(response)
    }

    /// Of a session that can do nothing but change the password: it ends when the time for that has passed, and no
    /// refresh token of it is ever given to anybody.
    fn lifetimes_of(&self, client: &Client, credential: &Credential) -> Lifetimes {
        let lifetimes = client.lifetimes(self.lifetimes);
        if credential.must_change {
            Lifetimes { idle_ttl: PASSWORD_CHANGE_TTL, absolute_ttl: PASSWORD_CHANGE_TTL, ..lifetimes }
        } else {
            lifetimes
        }
    }

    /// What follows a decision never changes it: a failure here costs one attempt of the budget, and is logged.
    async fn forgive(&self, login: &LoginRequest, counter: &Counter) {
        if let Err(error) = self.credentials.forgive(&login.username, counter).await {
            tracing::warn!(reason = chain(&error), "an attempt could not be forgiven");
        }
    }

    /// A failure here leaves a few bytes for the next login to tidy.
    async fn tidy(&self, login: &LoginRequest, counter: &Counter) {
        if let Err(error) = self.credentials.tidy(&login.username, counter).await {
            tracing::warn!(reason = chain(&error), "stale counters could not be removed");
        }
    }

    /// Replaces a hash made with weaker parameters than today's. A failure here leaves it for the next login.
    async fn strengthen(&self, admitted: &Admitted<'_>, credential: &Credential, verdict: Verdict) {
        if verdict != Verdict::RightButWeak {
            return;
        }
        let Admitted { login, log, .. } = admitted;
        let replaced = async {
            let hash = self.passwords.hash(&login.password).await.map_err(LoginReason::Password)?;
            let hash = AttributeValue::S(hash);
            Ok::<_, LoginError>(self.credentials.replace_hash(&login.username, credential, hash).await?)
        };
        match replaced.await {
            Ok(()) => log.happened(Event::PasswordRehashed),
            Err(error) => {
                tracing::warn!(reason = chain(&error), "a weak password hash could not be replaced");
            }
        }
    }
}

/// What follows a decision holds its answer up for no longer than this.
const FOLLOW_UP: Duration = Duration::from_secs(2);

async fn in_time(follow_up: impl Future<Output = ()>) {
    if time::timeout(FOLLOW_UP, follow_up).await.is_err() {
        tracing::warn!("what follows a login was given up");
    }
}

/// Sessions of a password begin no earlier than it does: which of two passwords it was can be told from that.
fn begins_at(credential: &Credential, now: Timestamp) -> Timestamp {
    credential.valid_from.max(now)
}

/// The scope that is granted: what was asked for, or all that the client may have.
fn grantable(client: Arc<Client>, login: &LoginRequest) -> Result<(Arc<Client>, Scope), LoginError> {
    let scope = login.scope.clone().unwrap_or_else(|| client.scope.clone());
    if scope.is_within(&client.scope) { Ok((client, scope)) } else { Err(LoginReason::Scope.into()) }
}
