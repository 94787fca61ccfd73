//! The flow of an authorization request, top to bottom.

use lambda_http::{Body, Request, Response};
use shared::{http::IntoErrorResponse, log::RequestLog, store::StoreError};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason,
    answer::Answer,
    browser_session::BrowserSession,
    decision::{Decision, SignedIn, decide},
    entrance::{Entered, Entrance},
    form::{Action, Form},
    received::Received,
    redirect,
    request::{AuthorizationRequest, OF_AUTHORIZATION, parameter},
    target::Target,
    visit::Visit,
};

/// An authorization request of a known client.
pub(crate) struct Asked<'a> {
    pub(crate) visit: &'a Visit<'a>,
    pub(crate) target: &'a Target,
    pub(crate) request: AuthorizationRequest,
    /// All parameters of the request.
    pub(crate) query: String,
}

impl Asked<'_> {
    pub(crate) fn entrance(&self) -> Entrance<'_> {
        Entrance {
            visit: self.visit,
            client: Some(&self.target.client),
            redirect_uri: Some(&self.target.redirect_uri),
        }
    }
}

impl Authorize {
    pub(crate) async fn authorize(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Received { form, pairs, is_posted } = Received::of(request)?;
        let visit = self.visit_of(request, log, pairs.one(parameter::UI_LOCALES).ok().flatten()).await?;
        let target = self.target(&visit, &pairs).await?;
        let asked = AuthorizationRequest::parse(&pairs, &target.client, &self.indicators)
            .map(|asked| asked.refreshable_if(target.uses_refresh_tokens))
            .map_err(|refusal| self.told(&target, AuthorizeReason::Request(refusal)))?
            .with_hint(&pairs, &self.issuer, &visit.keyset.public, visit.now);
        let asked = Asked {
            visit: &visit,
            target: &target,
            request: asked,
            query: pairs.to_query(&OF_AUTHORIZATION),
        };
        match form {
            Some(form) => self.answered(&asked, &form).await,
            // A browser sends no cookies with another site's POST.
            None if is_posted => Ok(redirect::to_page(&format!("authorize?{}", asked.query))),
            None => self.show(&asked).await,
        }
    }

    /// Shows the first page that the user has to see, or issues the code.
    pub(crate) async fn show(&self, asked: &Asked<'_>) -> Result<Response<Body>, AuthorizeError> {
        let Asked { visit, .. } = asked;
        let (browser, has_consented) =
            tokio::try_join!(self.browsers.find(visit.shown.token(), visit.now), self.has_consented(asked))?;
        self.go_on(asked, browser, has_consented).await
    }

    /// Handles one of our forms.
    async fn answered(&self, asked: &Asked<'_>, form: &Form) -> Result<Response<Body>, AuthorizeError> {
        match form.action {
            Some(Action::Allow) => return self.consent(asked, form, Answer::Allow).await,
            Some(Action::Continue) => return self.consent(asked, form, Answer::Continue).await,
            Some(Action::Deny) => return self.consent(asked, form, Answer::Deny).await,
            _ => {}
        }
        match self.enter(asked.entrance(), form).await? {
            Entered::In(browser) => {
                let has_consented = self.is_consented_by(asked, browser.user_id()).await?;
                let answer = self.go_on(asked, Some(*browser), has_consented).await;
                if !answer.as_ref().is_err_and(|error| error.response().status.is_server_error()) {
                    self.end_replaced(asked.visit).await?;
                }
                answer
            }
            Entered::MustChange(page) => Ok(page),
            Entered::GivenUp => Err(self.told(asked.target, AuthorizeReason::GivenUp)),
        }
    }

    /// Carries out the decision. After a sign-in, the browser always gets the new session.
    async fn go_on(
        &self,
        asked: &Asked<'_>,
        browser: Option<BrowserSession>,
        has_consented: bool,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Asked { visit, target, request, .. } = asked;
        if let Some(browser) = &browser {
            visit.log.session(&browser.session.key);
            visit.log.client(&target.client.client_id);
        }
        let signed_in = browser.as_ref().map(|browser| SignedIn {
            user_id: browser.user_id(),
            auth_time: browser.session.auth_time,
            is_fresh: browser.is_fresh,
        });
        let told = |reason| self.told(target, reason);
        match (decide(request, target, signed_in, has_consented, visit.now), browser) {
            (Decision::IssueCode, Some(browser)) => self.issue(asked, &browser).await,
            (Decision::ShowConsent, Some(browser)) => Ok(self.consent_page(asked, &browser)),
            (Decision::ShowContinue, Some(browser)) => Ok(self.continue_page(asked, &browser)),
            (
                Decision::ShowSignIn | Decision::IssueCode | Decision::ShowConsent | Decision::ShowContinue,
                _,
            ) => {
                let username = request.login_hint.as_deref().unwrap_or_default();
                Ok(self.sign_in_page(asked.entrance(), username, None))
            }
            (Decision::LoginRequired, Some(browser)) if browser.is_fresh => {
                let refused = self.refused(target, AuthorizeReason::LoginRequired);
                let keeping = |answer| visit.keeping(answer, &browser.token, &browser.session);
                Err(refused.with_answer(keeping).into())
            }
            (Decision::LoginRequired, _) => Err(told(AuthorizeReason::LoginRequired)),
            (Decision::ConsentRequired, _) => Err(told(AuthorizeReason::ConsentRequired)),
            (Decision::InteractionRequired, _) => Err(told(AuthorizeReason::InteractionRequired)),
        }
    }

    /// Whether the browser's user has consented to everything that this client asks for.
    async fn has_consented(&self, asked: &Asked<'_>) -> Result<bool, StoreError> {
        let Some(token) = asked.visit.shown.token() else { return Ok(false) };
        self.is_consented_by(asked, token.user_id()).await
    }
}
