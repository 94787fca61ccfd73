//! The form by which users ask for mails about new devices, or stop them.

use lambda_http::{Body, Response};
use shared::{log::Event, store::User};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    account::entrance,
    browser_session::BrowserSession,
    pages::{AccountNotice, ChangeProblem},
    visit::Visit,
};

impl Authorize {
    /// Whether the user wants mails about new devices. `None`, if the account page doesn't ask.
    pub(crate) fn wish_of(&self, user: &User) -> Option<bool> {
        self.wishes.of(user).filter(|_| self.accounts.sends_mail())
    }

    /// Stores the wish of a genuine form. The page no longer asks if the operator decides for all users by now,
    /// or the address is gone.
    pub(crate) async fn wished(
        &self,
        visit: &Visit<'_>,
        mut browser: BrowserSession,
        is_wanted: bool,
    ) -> Result<Response<Body>, AuthorizeError> {
        if self.wish_of(&browser.user).is_none() {
            let page = self.account_page(visit, &browser, None, Some(ChangeProblem::Expired)).await?;
            return Err(Refused::new(AuthorizeReason::StaleForm, page).into());
        }
        if !self.wishes.store(browser.user_id(), is_wanted).await? {
            return Ok(self.sign_in_page(entrance(visit), "", None));
        }
        browser.user.new_device_mails = is_wanted;
        let (event, notice) = if is_wanted {
            (Event::NewDeviceMailsWanted, AccountNotice::NewDeviceMailsOn)
        } else {
            (Event::NewDeviceMailsStopped, AccountNotice::NewDeviceMailsOff)
        };
        visit.log.outcome(event);
        self.account_page(visit, &browser, Some(notice), None).await
    }
}
