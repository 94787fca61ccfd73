//! The endpoints, by their paths.

mod confirm;
mod mail;
mod reset;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
use mails::{Network, Purpose};
use shared::{
    client::{Client, ClientCredentials, ClientError},
    http::Peer,
    log::RequestLog,
    route,
};

use crate::{AccountsApi, AccountsError, AccountsReason};

/// An endpoint of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `/signup` or `/forgot`.
    Ask(Purpose),
    Resend,
    Confirm,
    Reset,
}

impl Place {
    const ALL: [(&str, Self); 5] = [
        (route::SIGNUP, Self::Ask(Purpose::SignUp)),
        (route::FORGOT, Self::Ask(Purpose::Reset)),
        (route::RESEND, Self::Resend),
        (route::SIGNUP_CONFIRM, Self::Confirm),
        (route::RESET, Self::Reset),
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
        if client.is_third_party() { Err(AccountsReason::ThirdParty.into()) } else { Ok(client) }
    }
}

/// The network whose requests and guesses are counted. A confidential client has proved that it is a server
/// of the operator: all its users would be one network.
fn network(request: &Request, client: &Client) -> Option<Network> {
    if client.is_public() { Network::of(Peer::of(request).address.as_deref()) } else { None }
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
        for path in ["", "/", "/signup/", "/xsignup", "/confirm", "/signup/x", "/resets", "/account"] {
            assert_eq!(Place::of_path(path), None, "{path}");
        }
    }
}
