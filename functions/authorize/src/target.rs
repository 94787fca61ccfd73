//! The target of an authorization response: a known client, and one of its registered URIs.

use std::sync::Arc;

use lambda_http::{Body, Response, http::StatusCode};
use shared::{
    client::{Client, ClientError, ClientIdUrl, RedirectUri},
    http::{IntoErrorResponse, parameter as shared_parameter},
    ids::ClientId,
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, ClientReason, Refused,
    documented::Documented,
    pages::PageError,
    redirect,
    request::{Pairs, parameter},
    visit::Visit,
};

/// The target of an authorization response.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) client: Arc<Client>,
    /// Whether the client gets a refresh token without asking for one.
    pub(crate) uses_refresh_tokens: bool,
    /// The redirect URI, as in the request.
    pub(crate) redirect_uri: String,
    /// The `state` to return (RFC 6749 section 4.1.2). If it is repeated, none is returned.
    state: Option<String>,
}

impl Target {
    pub(crate) fn new(client: Arc<Client>, redirect_uri: String, state: Option<String>) -> Self {
        Self { client, uses_refresh_tokens: false, redirect_uri, state }
    }

    /// The client's name for people.
    pub(crate) fn client_name(&self) -> &str {
        name_of(&self.client)
    }

    /// Whether any program on the user's device can impersonate the client: it has no secret, and its
    /// redirect URI is a loopback address or an app's scheme, which any program can claim (RFC 8252 section
    /// 8.6).
    pub(crate) fn may_be_anyone(&self) -> bool {
        self.client.is_public() && !self.redirect_uri.starts_with("https:")
    }

    /// A response with these parameters, the client's state, and the issuer (RFC 9207 section 2).
    pub(crate) fn answer(&self, parameters: &[(&str, &str)], issuer: &str) -> Response<Body> {
        let state = self.state.as_deref().unwrap_or_default();
        let all = [parameters, &[("state", state), ("iss", issuer)]].concat();
        redirect::to_client(&self.redirect_uri, &all)
    }
}

/// The client's name for people. An unregistered client is called by its host, since any client can claim any
/// name.
pub(crate) fn name_of(client: &Client) -> &str {
    match &client.url {
        Some(url) => url.host(),
        None => client.name.as_deref().unwrap_or(client.client_id.as_str()),
    }
}

impl Authorize {
    /// Returns the target of a request. Before this succeeds, nothing redirects (RFC 6749 section 4.1.2.1).
    pub(crate) async fn target(&self, visit: &Visit<'_>, pairs: &Pairs) -> Result<Target, AuthorizeError> {
        let stopped = |reason, error| self.stopped(visit, reason, StatusCode::BAD_REQUEST, error);
        let one =
            |name| pairs.one(name).map_err(|_| stopped(AuthorizeReason::TwoTargets, PageError::BadRequest));
        let client_id = one(shared_parameter::CLIENT_ID)?;
        let redirect_uri = one(shared_parameter::REDIRECT_URI)?;
        let Documented { client, uses_refresh_tokens } = self.named(visit, client_id).await?;
        visit.log.client(&client.client_id);
        let is_match = |requested: &str| registered(&client.redirect_uris).any(|uri| uri.is_match(requested));
        let redirect_uri = redirect_uri.filter(|requested| is_match(requested));
        let redirect_uri =
            redirect_uri.ok_or_else(|| stopped(AuthorizeReason::RedirectUri, PageError::RedirectUri))?;
        let state = pairs.one(parameter::STATE).ok().flatten().map(str::to_owned);
        Ok(Target { uses_refresh_tokens, ..Target::new(client, redirect_uri.to_owned(), state) })
    }

    /// Returns the client that a request names by its identifier or the URL of its document.
    pub(crate) async fn named(
        &self,
        visit: &Visit<'_>,
        named: Option<&str>,
    ) -> Result<Documented, AuthorizeError> {
        if let (Some(clients), Some(url)) = (&self.documented, named.and_then(ClientIdUrl::parse)) {
            return self.documented(visit, clients, &url).await;
        }
        // A document's hash isn't a valid `client_id`: using it would skip the document.
        let client_id = named.and_then(ClientId::parse).filter(|client_id| !client_id.is_of_document());
        let client = self.client(visit, client_id).await?;
        Ok(Documented { client, uses_refresh_tokens: false })
    }

    /// Returns the client with this identifier, if its users may sign in here.
    pub(crate) async fn client(
        &self,
        visit: &Visit<'_>,
        client_id: Option<ClientId>,
    ) -> Result<Arc<Client>, AuthorizeError> {
        let stopped = |reason| {
            let reason = AuthorizeReason::Client(reason);
            self.stopped(visit, reason, StatusCode::BAD_REQUEST, PageError::UnknownClient)
        };
        let client_id = client_id.ok_or_else(|| stopped(ClientReason::Missing))?;
        if client_id.is_reserved() {
            return Err(stopped(ClientReason::Unknown));
        }
        self.clients.enabled(&client_id).await.map_err(|error| match error {
            ClientError::Unknown | ClientError::Unproven => stopped(ClientReason::Unknown),
            ClientError::Disabled => stopped(ClientReason::Disabled),
            ClientError::Store(error) => error.into(),
        })
    }

    /// A refusal that the client gets as an error response.
    pub(crate) fn told(&self, target: &Target, reason: AuthorizeReason) -> AuthorizeError {
        self.refused(target, reason).into()
    }

    pub(crate) fn refused(&self, target: &Target, reason: AuthorizeReason) -> Refused {
        let error = reason.response();
        let parameters = [("error", error.error.name()), ("error_description", &*error.error_description)];
        Refused::new(reason, target.answer(&parameters, &self.issuer))
    }
}

/// The client's URIs that may be registered. Nothing redirects to other stored URIs.
pub(crate) fn registered(uris: &[String]) -> impl Iterator<Item = RedirectUri> {
    uris.iter().filter_map(|uri| RedirectUri::parse(uri))
}
