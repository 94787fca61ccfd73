//! Audit events: what happened to whom, and from where. Each is one line of the log; docs/events.md lists them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lambda_http::{Request, RequestExt, request::RequestContext};

use crate::{
    http::{Origin, Refuse, chain},
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

/// What happened. A request that was refused, or failed, is named after its function:
/// `FUNCTION_refused`, `FUNCTION_failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A session began.
    LoginSucceeded,
    /// The password was right, and has to be changed before anything else.
    LoginPasswordExpired,
    /// A refresh token was replaced.
    RefreshSucceeded,
    /// A refresh was repeated, and got the same successor.
    RefreshRetryServed,
    /// A refresh token was used again: theft, as far as can be known.
    RefreshTokenReused,
    /// A session was ended by one of its tokens.
    LogoutSucceeded,
    /// The token at logout is none of ours, or not this client's: nothing happened.
    LogoutIgnored,
    /// A session ended, for whatever cause.
    SessionRevoked,
    /// A user chose another password.
    PasswordChanged,
    /// A password hash that was weak, or brought along, was replaced at login.
    PasswordRehashed,
    /// The authorizer let a request pass.
    AccessAllowed,
    /// The authorizer refused one.
    AccessRefused,
    /// The authorizer could not decide.
    AccessFailed,
    /// A keyset became the current one.
    KeysetRotated,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::LoginSucceeded,
        Self::LoginPasswordExpired,
        Self::RefreshSucceeded,
        Self::RefreshRetryServed,
        Self::RefreshTokenReused,
        Self::LogoutSucceeded,
        Self::LogoutIgnored,
        Self::SessionRevoked,
        Self::PasswordChanged,
        Self::PasswordRehashed,
        Self::AccessAllowed,
        Self::AccessRefused,
        Self::AccessFailed,
        Self::KeysetRotated,
    ];

    /// Its name in the field `event`, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginPasswordExpired => "login_password_expired",
            Self::RefreshSucceeded => "refresh_succeeded",
            Self::RefreshRetryServed => "refresh_retry_served",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::LogoutSucceeded => "logout_succeeded",
            Self::LogoutIgnored => "logout_ignored",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRehashed => "password_rehashed",
            Self::AccessAllowed => "access_allowed",
            Self::AccessRefused => "access_refused",
            Self::AccessFailed => "access_failed",
            Self::KeysetRotated => "keyset_rotated",
        }
    }
}

/// Why a session was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its own token, at logout.
    Logout,
    /// Another session's token, at a logout everywhere.
    LogoutEverywhere,
    /// Its user, from another device.
    User,
    /// Its refresh token was used again.
    Theft,
    /// Its user is gone, disabled or cut off.
    CutOff,
    /// Its user chose another password.
    PasswordChange,
}

impl Cause {
    /// Its name in the field `cause`, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutEverywhere => "logout_everywhere",
            Self::User => "user",
            Self::Theft => "theft",
            Self::CutOff => "cut_off",
            Self::PasswordChange => "password_change",
        }
    }
}

/// What is known of a request so far: where it is from, and whom it turned out to be about. Only what has been found
/// or verified is kept here, since what a caller merely says may be a secret in the wrong place.
#[derive(Debug, Default)]
pub struct Trail {
    address: Option<String>,
    request_id: Option<String>,
    subject: Mutex<Subject>,
}

#[derive(Clone, Debug, Default)]
struct Subject {
    user_id: Option<UserId>,
    client_id: Option<ClientId>,
    session_id: Option<SessionId>,
    outcome: Option<Event>,
}

impl Trail {
    /// Of this request.
    pub fn of(request: &Request) -> Self {
        let request_id = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
            _ => None,
        };
        Self { address: Origin::of(request).address, request_id, subject: Mutex::default() }
    }

    /// The client was found.
    pub fn client(&self, client_id: &ClientId) {
        self.subject().client_id = Some(client_id.clone());
    }

    /// The user was found.
    pub fn user(&self, user_id: &UserId) {
        self.subject().user_id = Some(user_id.clone());
    }

    /// A genuine token named the session, or it was put.
    pub fn session(&self, key: &SessionKey) {
        let mut subject = self.subject();
        subject.user_id = Some(key.user_id.clone());
        subject.client_id = Some(key.client_id.clone());
        subject.session_id = Some(key.session_id.clone());
    }

    /// What the request came to, for when it is answered.
    pub fn outcome(&self, event: Event) {
        self.subject().outcome = Some(event);
    }

    /// A session was revoked, this request's or another.
    pub fn revoked(&self, key: &SessionKey, cause: Cause) {
        tracing::info!(
            event = Event::SessionRevoked.name(),
            cause = cause.name(),
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address = self.address,
            request_id = self.request_id,
            "a session was revoked"
        );
    }

    /// A refresh token was used again.
    pub fn reused(&self, key: &SessionKey, subtype: &'static str) {
        tracing::warn!(
            event = Event::RefreshTokenReused.name(),
            subtype,
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address = self.address,
            request_id = self.request_id,
            "a refresh token was used a second time; its session ends"
        );
    }

    /// Something happened beside what was asked for.
    pub fn happened(&self, event: Event) {
        let Subject { user_id, client_id, session_id, .. } = self.subject().clone();
        tracing::info!(
            event = event.name(),
            user_id = user_id.as_ref().map(UserId::as_str),
            client_id = client_id.as_ref().map(ClientId::as_str),
            session_id = session_id.as_ref().map(SessionId::as_str),
            address = self.address,
            request_id = self.request_id,
        );
    }

    /// The function answered.
    pub(crate) fn answered(&self, function: &'static str, status: u16) {
        let Subject { user_id, client_id, session_id, outcome } = self.subject().clone();
        tracing::info!(
            event = outcome.map(Event::name),
            function,
            status,
            user_id = user_id.as_ref().map(UserId::as_str),
            client_id = client_id.as_ref().map(ClientId::as_str),
            session_id = session_id.as_ref().map(SessionId::as_str),
            address = self.address,
            request_id = self.request_id,
            "answered"
        );
    }

    /// The function refused (`FUNCTION_refused`), or failed (`FUNCTION_failed`).
    pub(crate) fn refused(&self, function: &'static str, status: u16, error: &impl Refuse) {
        let Subject { user_id, client_id, session_id, .. } = self.subject().clone();
        let (reason, detail) = (error.reason(), chain(error));
        let user_id = user_id.as_ref().map(UserId::as_str);
        let client_id = client_id.as_ref().map(ClientId::as_str);
        let session_id = session_id.as_ref().map(SessionId::as_str);
        let Self { address, request_id, .. } = self;
        if status >= 500 {
            let event = format!("{function}_failed");
            tracing::error!(
                event, function, status, reason, detail, user_id, client_id, session_id, address, request_id,
                "failed"
            );
        } else {
            let event = format!("{function}_refused");
            tracing::info!(
                event, function, status, reason, detail, user_id, client_id, session_id, address, request_id,
                "refused"
            );
        }
    }

    fn subject(&self) -> MutexGuard<'_, Subject> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
