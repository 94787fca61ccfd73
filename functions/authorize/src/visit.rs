//! A request to one of the pages, and its browser's cookies.

use std::sync::Arc;

use aws_lc_rs::digest;
use lambda_http::{
    Body, Request, Response,
    http::{StatusCode, header},
};
use passwords::Device;
use shared::{
    clock::Timestamp,
    http::Peer,
    ids::{ClientId, UserId},
    keys::Keyset,
    log::RequestLog,
    network::Network,
    random::Random,
    store::Session,
    tokens::{Form, RefreshToken},
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    cookies::{self, FormCookie},
    pages::{Frame, Language, PageError},
    request::{Pairs, parameter},
};

/// A request to one of the pages.
pub(crate) struct Visit<'a> {
    pub(crate) request: &'a Request,
    pub(crate) log: &'a RequestLog,
    pub(crate) language: Language,
    pub(crate) keyset: Arc<Keyset>,
    pub(crate) shown: Shown,
    pub(crate) now: Timestamp,
    forms: FormCookie,
    random: &'a dyn Random,
}

/// The session cookie of a browser. The session may be over.
#[derive(Debug)]
pub(crate) enum Shown {
    Nothing,
    /// The cookie is not a token of ours.
    Junk,
    Genuine(RefreshToken),
}

impl Shown {
    /// Reads the cookie before any read of tables, so that a forged one costs nothing.
    fn of(request: &Request, keyset: &Keyset) -> Self {
        let Some(text) = cookies::session(request) else { return Self::Nothing };
        // The token in the cookie is never rotated or bound.
        let is_first = |token: &RefreshToken| token.generation() == 0 && token.jkt().is_none();
        match keyset.refresh.verify(text, &ClientId::browser()) {
            Ok(token) if is_first(&token) => Self::Genuine(token),
            Ok(_) | Err(_) => Self::Junk,
        }
    }

    pub(crate) fn token(&self) -> Option<&RefreshToken> {
        match self {
            Self::Genuine(token) => Some(token),
            Self::Nothing | Self::Junk => None,
        }
    }

    /// The device for counting attempts. A browser in which this user was signed in has a separate budget.
    pub(crate) fn device(&self) -> Device {
        match self {
            Self::Nothing => Device::Stranger,
            Self::Junk => Device::Unproven,
            Self::Genuine(token) => Device::Proven(token.clone()),
        }
    }
}

impl Authorize {
    /// Starts the visit of a request. It loads the keyset first, so that nothing is counted or written if no
    /// answer is possible.
    pub(crate) async fn visit_of<'a>(
        &'a self,
        request: &'a Request,
        log: &'a RequestLog,
        ui_locales: Option<&str>,
    ) -> Result<Visit<'a>, AuthorizeError> {
        let now = self.clock.now();
        let keyset = self.keysets.current(now).await?;
        Ok(Visit {
            request,
            log,
            language: Language::chosen(ui_locales, request),
            shown: Shown::of(request, &keyset),
            forms: FormCookie::of(request, &*self.random),
            keyset,
            now,
            random: &*self.random,
        })
    }

    /// Refuses a form that another site's page sent.
    pub(crate) fn own_form(&self, visit: &Visit<'_>) -> Result<(), AuthorizeError> {
        if self.origins.is_own(visit.request) {
            return Ok(());
        }
        Err(self.stopped(visit, AuthorizeReason::ForeignForm, StatusCode::FORBIDDEN, PageError::FormExpired))
    }

    /// A refusal with an error page.
    pub(crate) fn stopped(
        &self,
        visit: &Visit<'_>,
        reason: AuthorizeReason,
        status: StatusCode,
        error: PageError,
    ) -> AuthorizeError {
        Refused::new(reason, self.pages.error(&visit.frame("", None), status, error)).into()
    }

    /// A refusal of a form that lacks a field.
    pub(crate) fn incomplete(&self, visit: &Visit<'_>) -> AuthorizeError {
        let reason = AuthorizeReason::IncompleteForm;
        self.stopped(visit, reason, StatusCode::BAD_REQUEST, PageError::BadRequest)
    }
}

impl Visit<'_> {
    /// The token for a form with this purpose in this browser.
    pub(crate) fn form_token(&self, purpose: &[&str]) -> String {
        let form = Form { browser: self.forms.secret(), purpose };
        self.keyset.refresh.form_token(form, self.random, self.now)
    }

    /// The identifier in `text`, if it is the token of a form with this purpose in this browser.
    pub(crate) fn form_id(&self, text: &str, purpose: &[&str]) -> Option<[u8; 16]> {
        self.keyset.refresh.verify_form_token(text, Form { browser: self.forms.secret(), purpose })
    }

    /// A hash of a form and a user, which depends on the secret of this browser's cookie. `label` separates
    /// the hashes of one use from another's.
    pub(crate) fn form_hash(&self, label: &[u8], id: &[u8; 16], user_id: &UserId) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(label);
        // The parts have fixed lengths, so they can't be confused.
        context.update(self.forms.secret());
        context.update(id);
        context.update(user_id.as_str().as_bytes());
        let mut hash = [0; digest::SHA256_OUTPUT_LEN];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// The network whose requests, guesses and mails are counted. It counts for every client: a page's client
    /// proves nothing.
    pub(crate) fn network(&self) -> Option<Network> {
        Peer::of(self.request).network()
    }

    /// The query that keeps the language for which a request asks.
    pub(crate) fn chosen_language(&self) -> String {
        Pairs::of_query(self.request).to_query(&[parameter::UI_LOCALES])
    }

    /// The values that every page has.
    pub(crate) fn frame<'b>(&self, csrf: &'b str, redirect_uri: Option<&'b str>) -> Frame<'b> {
        Frame { language: self.language, csrf, redirect_uri }
    }

    /// A page with a form, and the cookie that binds the form to the browser.
    pub(crate) fn with_form(&self, mut page: Response<Body>) -> Response<Body> {
        page.headers_mut().extend(self.forms.to_header().map(|cookie| (header::SET_COOKIE, cookie)));
        page
    }

    /// An answer that sets the browser's session cookie.
    pub(crate) fn keeping(
        &self,
        mut answer: Response<Body>,
        token: &RefreshToken,
        session: &Session,
    ) -> Response<Body> {
        let text = self.keyset.refresh.encode(token, &ClientId::browser(), self.now);
        let cookie = cookies::keep_session(&text, session.ends_at().since(self.now));
        answer.headers_mut().append(header::SET_COOKIE, cookie);
        answer
    }
}

/// An answer that deletes the browser's session cookie.
pub(crate) fn forgetting(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().append(header::SET_COOKIE, cookies::forget_session());
    answer
}
