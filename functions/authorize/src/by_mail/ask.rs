//! Asks for an address and has a mail sent there.

use std::sync::Arc;

use accounts::{AccountsReason, Again, Asked, Asker};
use lambda_http::{Body, Response};
use mails::EmailAddress;
use shared::{
    client::Client,
    http::{EndpointError, Peer, parameter as shared_parameter},
};

use super::{MailForm, Step, is_spent, is_unsolved, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    pages::{AskProblem, AskView, AskedMail, CodeProblem, MailTask},
    request::parameter,
};

impl Authorize {
    /// The page that asks for an address. It begins with that of the client's request, if there is one.
    pub(super) async fn first_page(
        &self,
        step: &Step<'_>,
        mail: AskedMail<'_>,
    ) -> Result<Response<Body>, AuthorizeError> {
        let client = self.asking_client(step).await?;
        self.check_offer(step, client.as_deref())?;
        let hint = step.query.one(parameter::LOGIN_HINT).ok().flatten().and_then(EmailAddress::parse);
        Ok(self.ask_page(step, mail, hint.as_ref().map_or("", EmailAddress::as_str), None))
    }

    pub(super) async fn ask(
        &self,
        step: &Step<'_>,
        form: &MailForm,
        mail: AskedMail<'_>,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let again =
            |reason, problem| shown_again(reason, self.ask_page(step, mail, &form.email, Some(problem)));
        if !step.is_own(form) {
            return Err(again(AuthorizeReason::StaleForm, AskProblem::Expired).into());
        }
        let Some(email) = EmailAddress::parse(&form.email) else {
            return Err(again(AuthorizeReason::MalformedEmail, AskProblem::Malformed).into());
        };
        let client = self.asking_client(step).await?;
        let (peer, network) = (Peer::of(visit.request), visit.network());
        let asked = Asked {
            purpose: step.page.purpose(),
            client: client.as_deref(),
            email: &email,
            language: visit.language,
            asker: asker(form, &peer),
            network: network.as_ref(),
            now: visit.now,
        };
        match self.accounts.ask(&asked, visit.log).await {
            Ok(requested) => Ok(self.sent_page(step, email.as_str(), &requested.request, false)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                AccountsReason::Domain => again(AuthorizeReason::Accounts(reason), AskProblem::NotAllowed),
                reason if is_spent(&reason) => again(AuthorizeReason::Accounts(reason), AskProblem::TooMany),
                reason if is_unsolved(&reason) => {
                    again(AuthorizeReason::Accounts(reason), AskProblem::Captcha)
                }
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
            let (peer, network) = (Peer::of(visit.request), visit.network());
            let (client, asker, network) = (client.as_deref(), asker(form, &peer), network.as_ref());
            let again = Again { ticket: &ticket, client, asker, network, now: visit.now };
            self.accounts.ask_again(&again, visit.log).await
        };
        match sent.await {
            Ok(requested) => Ok(self.sent_page(step, &form.email, &requested.request, true)),
            Err(EndpointError::Endpoint(reason)) if opens_nothing(&reason) => {
                let page = self.ask_page_again(step, &form.email, AskProblem::MailExpired).await?;
                Err(Refused::new(AuthorizeReason::Accounts(reason), page).into())
            }
            Err(error) => Err(error.map_reason(|reason| match reason {
                reason if is_spent(&reason) => shown(AuthorizeReason::Accounts(reason), CodeProblem::TooMany),
                reason if is_unsolved(&reason) => {
                    shown(AuthorizeReason::Accounts(reason), CodeProblem::Captcha)
                }
                reason => self.not_explained(visit, reason),
            })),
        }
    }

    /// The page on which the user asked for a mail.
    async fn ask_page_again(
        &self,
        step: &Step<'_>,
        email: &str,
        problem: AskProblem,
    ) -> Result<Response<Body>, AuthorizeError> {
        let mail = match step.page.task() {
            MailTask::ChangeEmail => return self.address_page_again(step, email, problem).await,
            MailTask::SignUp => AskedMail::SignUp,
            MailTask::Reset | MailTask::UndoChange => AskedMail::Reset,
        };
        Ok(self.ask_page(step, mail, email, Some(problem)))
    }

    /// The client whose sign-in page led here. Only a sign-up depends on it.
    async fn asking_client(&self, step: &Step<'_>) -> Result<Option<Arc<Client>>, AuthorizeError> {
        match (step.page.task(), step.query.one(shared_parameter::CLIENT_ID)) {
            (MailTask::Reset | MailTask::ChangeEmail | MailTask::UndoChange, _)
            | (MailTask::SignUp, Ok(None)) => Ok(None),
            (MailTask::SignUp, named) => {
                let client = self.named(step.visit, named.ok().flatten()).await?.client;
                step.visit.log.client(&client.client_id);
                Ok(Some(client))
            }
        }
    }

    /// Refuses where the form would be refused for every address.
    pub(super) fn check_offer(&self, step: &Step<'_>, client: Option<&Client>) -> Result<(), AuthorizeError> {
        let is_offered = match step.page.task() {
            _ if !self.accounts.sends_mail() => Err(AccountsReason::NoMail),
            MailTask::SignUp if !self.accounts.takes_sign_ups(client) => Err(AccountsReason::Closed),
            MailTask::SignUp | MailTask::Reset | MailTask::ChangeEmail | MailTask::UndoChange => Ok(()),
        };
        is_offered.map_err(|reason| self.not_explained(step.visit, reason).into())
    }

    fn ask_page(
        &self,
        step: &Step<'_>,
        mail: AskedMail<'_>,
        email: &str,
        problem: Option<AskProblem>,
    ) -> Response<Body> {
        let Step { visit, way, .. } = step;
        let (csrf, back) = (step.form_token(), way.sign_in());
        let view = AskView { mail, email, back: &back, problem };
        visit.with_form(self.pages.ask_for_mail(&visit.frame(&csrf, None), &view))
    }
}

/// Who asks, for the captcha: anyone, since a page's client proves nothing.
fn asker<'a>(form: &'a MailForm, peer: &'a Peer) -> Asker<'a> {
    Asker::Stranger { solution: form.captcha.as_ref(), address: peer.address.as_deref() }
}
