//! The account page, where users see and end their sessions, change their password, and ask for mails about new
//! devices.

use lambda_http::{Body, Request, Response};
use shared::{
    log::{Cause, Event, RequestLog},
    route,
};

use crate::{
    Authorize, AuthorizeError,
    browser_session::BrowserSession,
    by_mail::MailPage,
    entrance::Entrance,
    pages::{AccountNotice, AccountView, ChangeProblem},
    redirect,
    visit::Visit,
};

/// The relative URL of this page, from itself and the other pages.
pub(crate) const REFERENCE: &str = "account";

impl Authorize {
    pub(crate) async fn account(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AuthorizeError> {
        let (form, visit) = self.opened(request, log).await?;
        let browser = self.browsers.find(visit.shown.token(), visit.now).await?;
        if let Some(browser) = &browser {
            log.session(&browser.session.key);
        }
        match (form, browser) {
            (None, None) => Ok(self.sign_in_page(entrance(&visit), "", None)),
            (None, Some(browser)) => self.account_page(&visit, &browser, None, None).await,
            (Some(form), browser) => self.changed(&visit, &form, browser).await,
        }
    }

    /// Ends the browser's session.
    pub(crate) async fn sign_out(
        &self,
        visit: &Visit<'_>,
        browser: &BrowserSession,
    ) -> Result<(), AuthorizeError> {
        let key = &browser.session.key;
        self.revoker.revoke(key, visit.now, |key| visit.log.revoked(key, Cause::Logout)).await?;
        visit.log.outcome(Event::SignOutSucceeded);
        Ok(())
    }

    /// The page, with the current sessions.
    pub(crate) async fn account_page(
        &self,
        visit: &Visit<'_>,
        browser: &BrowserSession,
        notice: Option<AccountNotice>,
        problem: Option<ChangeProblem>,
    ) -> Result<Response<Body>, AuthorizeError> {
        let devices = self.devices(browser, visit.now).await?;
        let session_id = &browser.session.key.session_id;
        let csrf = visit.form_token(&["account", session_id.as_str()]);
        let (has_more, devices) = (devices.has_more, devices.views(session_id));
        let query = visit.chosen_language();
        let can_change = self.accounts.sends_mail() && browser.has_address();
        let change_email = can_change.then(|| MailPage::Email.url_at_sign_in(&query));
        let view = AccountView {
            username: browser.username(),
            devices: &devices,
            has_more,
            notice,
            problem,
            new_device_mails: self.wish_of(&browser.user),
            change_email: change_email.as_deref(),
            delete_account: &redirect::reference(route::ACCOUNT, route::ACCOUNT_DELETE, &query),
        };
        Ok(visit.with_form(self.pages.account(&visit.frame(&csrf, None), &view)))
    }
}

/// The account's own sign-in form.
pub(crate) fn entrance<'a>(visit: &'a Visit<'a>) -> Entrance<'a> {
    Entrance { visit, client: None, redirect_uri: None }
}
