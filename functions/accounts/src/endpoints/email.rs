//! `POST /email`, `/email/confirm` and `/email/undo`: another mail address for an account.

use lambda_http::{Body, Request, Response};
use mails::Purpose;
use passwords::{Owner, Reauthentication};
use shared::{
    http::{caller, caller_jkt},
    log::RequestLog,
};

use super::{done, mail::accepted, network, not_of_third_party};
use crate::{
    AccountsApi, AccountsError, AddressAsked,
    request::{AddressRequest, EmailRequest, UndoRequest},
};

impl AccountsApi {
    /// A signed-in user asks for another address.
    pub(super) async fn ask_for_address(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let caller = caller(request)?;
        log.session(&caller);
        let asked = EmailRequest::parse(request)?;
        let found = self.callers.find(&caller, caller_jkt(request)?, now).await?;
        let Owner { client, user, username, session, .. } = found.owner()?;
        not_of_third_party(&client)?;
        let network = network(request, &client);
        let asked = AddressAsked {
            current: Reauthentication {
                username: &username,
                user: &user,
                session: &session.key,
                created_at: session.created_at,
                current: &asked.current,
            },
            client: Some(&client),
            email: &asked.email,
            language: asked.language,
            network: network.as_ref(),
            now,
        };
        Ok(accepted(&self.accounts.ask_for_address(&asked, log).await?))
    }

    /// The reader of the new address confirms it. There may be no session here: the mail may be read on
    /// another device.
    pub(super) async fn change_address(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let confirmed = AddressRequest::parse(request)?;
        // Before any read: junk costs nothing.
        let ticket = self.accounts.ticket(&confirmed.means, &[Purpose::Email], now).await?;
        let client = self.first_party(&confirmed.client, log).await?;
        let network = network(request, &client);
        let guess = confirmed.means.guess(network.as_ref());
        self.accounts.change_address_by(&ticket, guess, now, log).await?;
        Ok(done())
    }

    /// The reader of the old address takes the account back.
    pub(super) async fn undo_address(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let undo = UndoRequest::parse(request)?;
        // Before any read: junk costs nothing.
        let ticket = self.accounts.verify_link(&undo.token, &[Purpose::Undo], now).await?;
        self.first_party(&undo.client, log).await?;
        self.accounts.undo_address_change(&ticket, &undo.password, now, log).await?;
        Ok(done())
    }
}
