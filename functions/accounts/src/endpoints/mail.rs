//! `POST /signup`, `/forgot` and `/resend`: a client asks for a mail.

use lambda_http::{Body, Request, Response, http::StatusCode};
use mails::Purpose;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::{http::json, log::RequestLog};

use super::{address, asker, network};
use crate::{
    AccountsApi, AccountsError, Again, Asked, Requested,
    request::{AskRequest, ResendRequest},
};

/// The answer to every accepted request for a mail.
#[derive(Serialize)]
struct Accepted<'a> {
    /// The request token.
    request: &'a str,
    /// In seconds.
    expires_in: u64,
}

impl AccountsApi {
    pub(super) async fn ask(
        &self,
        purpose: Purpose,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let ask = AskRequest::parse(request)?;
        // Before counting: an unknown client causes one read, and no write.
        let client = self.first_party(&ask.client, log).await?;
        let (address, network) = (address(request), network(request, &client));
        let asked = Asked {
            purpose,
            client: Some(&client),
            email: &ask.email,
            language: ask.language,
            asker: asker(&client, ask.captcha.as_ref(), address.as_deref()),
            network: network.as_ref(),
            now,
        };
        Ok(accepted(&self.accounts.ask(&asked, log).await?))
    }

    pub(super) async fn resend(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let resend = ResendRequest::parse(request)?;
        // Before any read: junk costs nothing.
        let ticket = self.accounts.verify_any_request(&resend.request, now).await?;
        let client = self.first_party(&resend.client, log).await?;
        let (address, network) = (address(request), network(request, &client));
        let again = Again {
            ticket: &ticket,
            client: Some(&client),
            asker: asker(&client, resend.captcha.as_ref(), address.as_deref()),
            network: network.as_ref(),
            now,
        };
        Ok(accepted(&self.accounts.ask_again(&again, log).await?))
    }
}

pub(super) fn accepted(requested: &Requested) -> Response<Body> {
    let (request, expires_in) = (requested.request.expose_secret(), requested.expires_in.as_secs());
    json(StatusCode::ACCEPTED, &Accepted { request, expires_in })
}
