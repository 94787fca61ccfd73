//! Asks for an address and has a mail sent there.

use std::sync::Arc;

use accounts::{AccountsReason, Again, Asked};
use lambda_http::{Body, Response};
use mails::{EmailAddress, Network, Purpose};
use shared::{
    client::Client,
    http::{Peer, parameter as shared_parameter},
};

use super::{MailForm, Step, is_spent, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    pages::{AskProblem, AskView, CodeProblem},
    request::parameter,
};

impl Authorize {
    /// The page that asks for an address. It begins with that of the client's request, if there is one.
    pub(super) async fn first_page(&self, step: &Step<'_>) -> Result<Response<Body>, AuthorizeError> {
        let client = self.asking_client(step).await?;
        self.check_offer(step, client.as_deref())?;
        let hint = step.query.one(parameter::LOGIN_HINT).ok().flatten().and_then(EmailAddress::parse);
        Ok(self.ask_page(step, hint.as_ref().map_or("", EmailAddress::as_str), None))
    }

    pub(super) async fn ask(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let again = |reason, problem| shown_again(reason, self.ask_page(step, &form.email, Some(problem)));
        if !step.is_own(form) {
            return Err(again(AuthorizeReason::StaleForm, AskProblem::Expired).into());
        }
        let Some(email) = EmailAddress::parse(&form.email) else {
            return Err(again(AuthorizeReason::MalformedEmail, AskProblem::Malformed).into());
        };
        let client = self.asking_client(step).await?;
        let network = network(step);
        let asked = Asked {
            purpose: step.page.purpose(),
            client: client.as_deref(),
            email: &email,
            language: visit.language,
            network: network.as_ref(),
            now: visit.now,
        };
        match self.accounts.ask(&asked, visit.log).await {
            Ok(requested) => Ok(self.sent_page(step, email.as_str(), &requested.request, false)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                AccountsReason::Domain => again(AuthorizeReason::Accounts(reason), AskProblem::NotAllowed),
                reason if is_spent(&reason) => again(AuthorizeReason::Accounts(reason), AskProblem::TooMany),
                reason => self.not_explained(visit, reason),
            })),
        }
    }

    /// Sends a new mail to the address of an earlier request.
    pub(super) async fn ask_again(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let Some(request) = &form.request else { return Err(self.incomplete(visit)) };
        let shown = |reason, problem| shown_again(reason, self.code_page_again(step, form, request, problem));
        if !step.is_own(form) {
            return Err(shown(AuthorizeReason::StaleForm, CodeProblem::Expired).into());
        }
        let client = self.asking_client(step).await?;
        let sent = async {
            let ticket = self.accounts.verify_request(request, step.page.purpose(), visit.now).await?;
            let (client, network) = (client.as_deref(), network(step));
            let again = Again { ticket: &ticket, client, network: network.as_ref(), now: visit.now };
            self.accounts.ask_again(&again, visit.log).await
        };
        match sent.await {
            Ok(requested) => Ok(self.sent_page(step, &form.email, &requested.request, true)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                reason if is_spent(&reason) => shown(AuthorizeReason::Accounts(reason), CodeProblem::TooMany),
                reason if opens_nothing(&reason) => {
                    let page = self.ask_page(step, &form.email, Some(AskProblem::MailExpired));
                    Refused::new(AuthorizeReason::Accounts(reason), page)
                }
                reason => self.not_explained(visit, reason),
            })),
        }
    }

    /// The client whose sign-in page led here. A forgotten password needs none.
    async fn asking_client(&self, step: &Step<'_>) -> Result<Option<Arc<Client>>, AuthorizeError> {
        match (step.page.purpose(), step.query.one(shared_parameter::CLIENT_ID)) {
            (Purpose::Reset, _) | (Purpose::SignUp, Ok(None)) => Ok(None),
            (Purpose::SignUp, named) => {
                let client = self.named(step.visit, named.ok().flatten()).await?.client;
                step.visit.log.client(&client.client_id);
                Ok(Some(client))
            }
        }
    }

    /// Refuses where the form would be refused for every address.
    fn check_offer(&self, step: &Step<'_>, client: Option<&Client>) -> Result<(), AuthorizeError> {
        let is_offered = match step.page.purpose() {
            _ if !self.accounts.sends_mail() => Err(AccountsReason::NoMail),
            Purpose::SignUp if !self.accounts.takes_sign_ups(client) => Err(AccountsReason::Closed),
            Purpose::SignUp | Purpose::Reset => Ok(()),
        };
        is_offered.map_err(|reason| self.not_explained(step.visit, reason).into())
    }

    fn ask_page(&self, step: &Step<'_>, email: &str, problem: Option<AskProblem>) -> Response<Body> {
        let Step { visit, page, way, .. } = step;
        let (csrf, sign_in) = (step.form_token(), way.sign_in());
        let view = AskView { purpose: page.purpose(), email, sign_in: &sign_in, problem };
        visit.with_form(self.pages.ask_for_mail(&visit.frame(&csrf, None), &view))
    }
}

/// The network that asks, for counting its requests and guesses. It counts for every client: a page's client
/// proves nothing.
pub(super) fn network(step: &Step<'_>) -> Option<Network> {
    Network::of(Peer::of(step.visit.request).address.as_deref())
}
