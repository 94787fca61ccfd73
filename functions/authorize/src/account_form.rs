//! Handles the account's forms.

use lambda_http::{Body, Response};
use shared::{
    log::{Cause, Event},
    store::{FoundSession, Notice, SessionKey},
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    account::{self, entrance},
    browser_session::BrowserSession,
    entrance::Entered,
    form::{Action, Form},
    pages::{AccountNotice, ChangeProblem},
    redirect,
    visit::{Visit, forgetting},
};

impl Authorize {
    /// Handles a form: the account's, if it was shown for the browser's session, or that of a sign-in.
    pub(crate) async fn changed(
        &self,
        visit: &Visit<'_>,
        form: &Form,
        browser: Option<BrowserSession>,
    ) -> Result<Response<Body>, AuthorizeError> {
        self.own_form(visit)?;
        let purpose = visit.shown.token().map(|token| token.session_id().to_string());
        let id = purpose.and_then(|session| visit.form_id(&form.csrf, &["account", &session]));
        match (form.action, id, browser) {
            // The session may have ended half-way through the change. This form completes the change.
            (Some(Action::ChangePassword), Some(id), browser) => {
                self.change_of_account(visit, form, &id, browser).await
            }
            (Some(Action::SignIn | Action::ChangePassword | Action::Cancel), _, _) => {
                self.enter_account(visit, form).await
            }
            (
                Some(Action::End | Action::EndAll | Action::SignOut | Action::NewDeviceMails { .. }),
                _,
                None,
            ) => Ok(self.sign_in_page(entrance(visit), "", None)),
            (
                Some(Action::End | Action::EndAll | Action::SignOut | Action::NewDeviceMails { .. }),
                None,
                Some(browser),
            ) => {
                let problem = Some(ChangeProblem::Expired);
                let page = self.account_page(visit, &browser, None, problem).await?;
                Err(Refused::new(AuthorizeReason::StaleForm, page).into())
            }
            (Some(Action::NewDeviceMails { is_wanted }), Some(_), Some(browser)) => {
                self.wished(visit, browser, is_wanted).await
            }
            (Some(action @ (Action::End | Action::EndAll | Action::SignOut)), Some(_), Some(browser)) => {
                self.ended(visit, form, action, &browser).await
            }
            (Some(Action::Allow | Action::Deny | Action::Continue | Action::Delete) | None, _, _) => {
                Err(self.incomplete(visit))
            }
        }
    }

    async fn enter_account(&self, visit: &Visit<'_>, form: &Form) -> Result<Response<Body>, AuthorizeError> {
        match self.enter(entrance(visit), form).await? {
            Entered::In(browser) => {
                self.end_replaced(visit).await?;
                Ok(visit.keeping(redirect::to_page(account::REFERENCE), &browser.token, &browser.session))
            }
            Entered::MustChange(page) => Ok(page),
            Entered::GivenUp => Ok(redirect::to_page(account::REFERENCE)),
        }
    }

    async fn change_of_account(
        &self,
        visit: &Visit<'_>,
        form: &Form,
        id: &[u8; 16],
        browser: Option<BrowserSession>,
    ) -> Result<Response<Body>, AuthorizeError> {
        let owner = visit.shown.token().map(|token| token.user_id().clone());
        let refusal = match self.change_password(visit, form, id, owner.as_ref()).await? {
            Ok(browser) => {
                visit.log.outcome(Event::PasswordChanged);
                let notice = Some(AccountNotice::PasswordChanged);
                let page = self.account_page(visit, &browser, notice, None).await?;
                return Ok(visit.keeping(page, &browser.token, &browser.session));
            }
            Err(refusal) => refusal,
        };
        let page = match browser {
            Some(browser) => self.account_page(visit, &browser, None, Some(refusal.problem)).await?,
            None => self.sign_in_page(entrance(visit), form.typed_username(), None),
        };
        Err(Refused::new(refusal.reason, page).into())
    }

    async fn ended(
        &self,
        visit: &Visit<'_>,
        form: &Form,
        action: Action,
        browser: &BrowserSession,
    ) -> Result<Response<Body>, AuthorizeError> {
        let own = &browser.session.key;
        let notice = match (action, &form.session) {
            (Action::EndAll, _) => {
                let is_other = |found: &FoundSession| found.key != *own;
                let on_denied = |key: &SessionKey| visit.log.revoked(key, Cause::User);
                let (user_id, now) = (browser.user_id(), visit.now);
                let notice = Notice::SessionsEnded;
                self.revoker.revoke_of_user_with_notice(user_id, notice, now, is_other, on_denied).await?;
                // Again: an ended session at the pages can still turn a code into a session until it is gone
                // (ADR 27).
                self.revoker.revoke_of_user(user_id, now, is_other, on_denied).await?;
                AccountNotice::OthersSignedOut
            }
            (Action::End, None) => return Err(self.incomplete(visit)),
            (Action::End, Some(session)) if *session != own.session_id => {
                // A missing session is over already.
                if let Some(key) = self.sessions.key_of(browser.user_id(), session).await? {
                    self.revoker.revoke(&key, visit.now, |key| visit.log.revoked(key, Cause::User)).await?;
                }
                AccountNotice::DeviceSignedOut
            }
            _ => {
                self.sign_out(visit, browser).await?;
                return Ok(forgetting(self.pages.signed_out(&visit.frame("", None))));
            }
        };
        self.account_page(visit, browser, Some(notice), None).await
    }
}
