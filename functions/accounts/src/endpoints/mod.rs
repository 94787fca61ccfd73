//! The endpoints, by their paths.

mod account;
mod confirm;
mod email;
mod mail;
mod reset;

use std::sync::Arc;

use lambda_http::{Body, Request, Response, http::StatusCode};
use mails::Purpose;
use serde::Serialize;
use shared::{
    client::{Client, ClientCredentials, ClientError},
    http::{Peer, json},
    log::RequestLog,
    network::Network,
    route,
};

use crate::{AccountsApi, AccountsError, AccountsReason, Asker, Solution};

/// An endpoint of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `/signup` or `/forgot`.
    Ask(Purpose),
    Resend,
    Confirm,
    Reset,
    AskForAddress,
    ChangeAddress,
    UndoAddress,
    Delete,
}

impl Place {
    const ALL: [(&str, Self); 9] = [
        (route::SIGNUP, Self::Ask(Purpose::SignUp)),
        (route::FORGOT, Self::Ask(Purpose::Reset)),
        (route::RESEND, Self::Resend),
        (route::SIGNUP_CONFIRM, Self::Confirm),
        (route::RESET, Self::Reset),
        (route::EMAIL, Self::AskForAddress),
        (route::EMAIL_CONFIRM, Self::ChangeAddress),
        (route::EMAIL_UNDO, Self::UndoAddress),
        // GET and POST of this path are a page of another function.
        (route::ACCOUNT, Self::Delete),
    ];

    /// The endpoint at a path, which may begin with the API's stage or a domain's base path.
    fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(suffix, _)| path.ends_with(suffix)).map(|(_, place)| place)
    }
}

impl AccountsApi {
    pub(crate) async fn visit(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        match Place::of_path(request.uri().path()) {
            Some(Place::Ask(purpose)) => self.ask(purpose, request, log).await,
            Some(Place::Resend) => self.resend(request, log).await,
            Some(Place::Confirm) => self.confirm(request, log).await,
            Some(Place::Reset) => self.reset(request, log).await,
            Some(Place::AskForAddress) => self.ask_for_address(request, log).await,
            Some(Place::ChangeAddress) => self.change_address(request, log).await,
            Some(Place::UndoAddress) => self.undo_address(request, log).await,
            Some(Place::Delete) => self.delete_account(request, log).await,
            None => Err(AccountsReason::NoEndpoint.into()),
        }
    }

    /// Authenticates the client, which must be the operator's own: a third party must see no password.
    async fn first_party(
        &self,
        credentials: &ClientCredentials,
        log: &RequestLog,
    ) -> Result<Arc<Client>, AccountsError> {
        let client = self.clients.authenticate(credentials).await;
        if matches!(client, Ok(_) | Err(ClientError::Unproven | ClientError::Disabled)) {
            // The client exists, even if the request isn't from it.
            log.client(&credentials.client_id);
        }
        let client = client?;
        // A client that isn't registered. Its users sign up at the pages.
        if client.url.is_some() {
            return Err(ClientError::Unknown.into());
        }
        not_of_third_party(&client)?;
        Ok(client)
    }
}

/// Refuses a third party's client, which must see no password.
fn not_of_third_party(client: &Client) -> Result<(), AccountsReason> {
    if client.is_third_party() { Err(AccountsReason::ThirdParty) } else { Ok(()) }
}

/// An answer without a result: an empty object.
#[derive(Serialize)]
struct Done {}

fn done() -> Response<Body> {
    json(StatusCode::OK, &Done {})
}

/// The network whose requests and guesses are counted.
fn network(request: &Request, client: &Client) -> Option<Network> {
    Peer::of(request).network_at(client)
}

/// Who asks, for the captcha. A confidential client has proved that it is the operator's.
fn asker<'a>(client: &Client, solution: Option<&'a Solution>, address: Option<&'a str>) -> Asker<'a> {
    if client.is_public() { Asker::Stranger { solution, address } } else { Asker::Known }
}

/// The caller's IP address, if API Gateway names it.
fn address(request: &Request) -> Option<String> {
    Peer::of(request).address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_and_a_base_path_may_stand_before_an_endpoint() {
        for before in ["", "/prod", "/base/path"] {
            for (path, place) in Place::ALL {
                assert_eq!(Place::of_path(&format!("{before}{path}")), Some(place), "{before}{path}");
            }
        }
        for path in
            ["", "/", "/signup/", "/xsignup", "/confirm", "/signup/x", "/resets", "/email/x", "/accounts"]
        {
            assert_eq!(Place::of_path(path), None, "{path}");
        }
    }
}
