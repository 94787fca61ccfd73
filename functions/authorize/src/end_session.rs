//! Ends a session at the pages, for a client or a user (OpenID Connect RP-Initiated Logout 1.0).

use lambda_http::{Body, Request, Response};
use shared::{
    ids::ClientId,
    log::{Cause, Event, RequestLog},
};

use crate::{
    Authorize, AuthorizeError, account,
    browser_session::BrowserSession,
    form::{Action, Form},
    logout_request::{Destination, LogoutRequest},
    received::Received,
    redirect,
    request::parameter,
    visit::{Visit, forgetting},
};

impl Authorize {
    pub(crate) async fn end_session(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Received { form, pairs, is_posted } = Received::of(request)?;
        let visit = self.visit_of(request, log, pairs.one(parameter::UI_LOCALES).ok().flatten()).await?;
        let asked = self.logout_request(&visit, &pairs).await?;
        let browser = self.browsers.find(visit.shown.token(), visit.now).await?;
        match (&browser, visit.shown.token()) {
            (Some(browser), _) => log.session(&browser.session.key),
            // The session is over or malformed: ends the rest of it without asking the user.
            (None, Some(token)) => {
                let key = token.session_key(&ClientId::browser());
                self.revoker.revoke(&key, visit.now, |key| log.revoked(key, Cause::Logout)).await?;
            }
            (None, None) => {}
        }
        match form {
            Some(form) => self.confirmed(&visit, &asked, &form, browser).await,
            None => self.leave(&visit, &asked, browser, is_posted).await,
        }
    }

    /// Signs the user out, after asking unless the request has an ID token of the user. Only the user's
    /// clients have such a token; without asking, any page could sign its visitors out.
    async fn leave(
        &self,
        visit: &Visit<'_>,
        asked: &LogoutRequest,
        browser: Option<BrowserSession>,
        is_posted: bool,
    ) -> Result<Response<Body>, AuthorizeError> {
        let is_of_another = |browser: &BrowserSession| {
            asked.session.as_ref().is_none_or(|session| session.user_id != *browser.user_id())
        };
        let is_asked = browser.as_ref().is_some_and(is_of_another);
        if let Some(session) = asked.session.as_ref().filter(|_| !is_asked) {
            self.revoker.revoke(session, visit.now, |key| visit.log.revoked(key, Cause::Logout)).await?;
            visit.log.outcome(Event::SignOutSucceeded);
        }
        match browser {
            // A browser sends no cookies with another site's POST. Only the GET that follows shows the user.
            None if is_posted => Ok(redirect::to_page(&reference(asked))),
            Some(_) if is_asked && is_posted => Ok(redirect::to_page(&reference(asked))),
            Some(browser) if is_asked => Ok(self.sign_out_page(visit, asked, &browser)),
            Some(browser) => {
                self.sign_out(visit, &browser).await?;
                Ok(self.gone(visit, asked))
            }
            None => Ok(self.gone(visit, asked)),
        }
    }

    /// Handles the user's answer.
    async fn confirmed(
        &self,
        visit: &Visit<'_>,
        asked: &LogoutRequest,
        form: &Form,
        browser: Option<BrowserSession>,
    ) -> Result<Response<Body>, AuthorizeError> {
        self.own_form(visit)?;
        let Some(browser) = browser else { return Ok(self.gone(visit, asked)) };
        match form.action {
            Some(Action::Cancel) => Ok(redirect::to_page(account::REFERENCE)),
            Some(Action::SignOut) => {
                if visit.form_id(&form.csrf, &purpose(&browser)).is_none() {
                    return Ok(self.sign_out_page(visit, asked, &browser));
                }
                self.sign_out(visit, &browser).await?;
                Ok(self.gone(visit, asked))
            }
            _ => Err(self.incomplete(visit)),
        }
    }

    fn sign_out_page(
        &self,
        visit: &Visit<'_>,
        asked: &LogoutRequest,
        browser: &BrowserSession,
    ) -> Response<Body> {
        let csrf = visit.form_token(&purpose(browser));
        let uri = asked.destination.as_ref().map(|destination| destination.uri.as_str());
        visit.with_form(self.pages.sign_out(&visit.frame(&csrf, uri), browser.username()))
    }

    /// The answer after the session has ended: a redirect to the client's URI, or a page.
    fn gone(&self, visit: &Visit<'_>, asked: &LogoutRequest) -> Response<Body> {
        forgetting(match &asked.destination {
            Some(destination) => {
                let state = destination.state.as_deref().unwrap_or_default();
                redirect::to_client(&destination.uri, &[("state", state)])
            }
            None => self.pages.signed_out(&visit.frame("", None)),
        })
    }
}

/// The purpose of the form.
fn purpose(browser: &BrowserSession) -> [&str; 2] {
    ["end-session", browser.session.key.session_id.as_str()]
}

/// The relative URL of this page, from itself.
fn reference(asked: &LogoutRequest) -> String {
    let query = asked.destination.as_ref().map(Destination::to_query);
    format!("end-session?{}", query.unwrap_or_default())
}
