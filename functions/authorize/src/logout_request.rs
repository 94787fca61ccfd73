//! A client's request to sign its user out (OpenID Connect RP-Initiated Logout 1.0 section 2).

use lambda_http::http::StatusCode;
use shared::{
    client::stored_client_id,
    http::{RequestError, parameter as shared_parameter},
    store::SessionKey,
    tokens::{unverified_audience, verify_id_token_hint},
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason,
    pages::PageError,
    request::{Pairs, parameter, query},
    target::registered,
    visit::Visit,
};

/// A client's request to sign its user out.
#[derive(Debug)]
pub(crate) struct LogoutRequest {
    /// The client's session, from its ID token, even if it is over.
    pub(crate) session: Option<SessionKey>,
    /// The page to which the browser goes afterwards.
    pub(crate) destination: Option<Destination>,
}

/// A URI that is registered for the requesting client.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) uri: String,
    pub(crate) state: Option<String>,
    client_id: String,
}

impl Destination {
    /// The query without the ID token, which our URLs must not contain.
    pub(crate) fn to_query(&self) -> String {
        let state = self.state.as_deref().unwrap_or_default();
        let pairs = [
            (shared_parameter::CLIENT_ID, &*self.client_id),
            (parameter::POST_LOGOUT_REDIRECT_URI, &self.uri),
            (parameter::STATE, state),
        ];
        query(pairs.into_iter())
    }
}

impl Authorize {
    /// Reads a request. A URI that isn't registered for the client makes the whole request invalid, so
    /// nothing redirects there.
    pub(crate) async fn logout_request(
        &self,
        visit: &Visit<'_>,
        pairs: &Pairs,
    ) -> Result<LogoutRequest, AuthorizeError> {
        let one = |name| pairs.one(name).map_err(|_| RequestError::Repeated);
        let stopped = |reason, error| self.stopped(visit, reason, StatusCode::BAD_REQUEST, error);
        let hint = one(parameter::ID_TOKEN_HINT)?;
        let session =
            hint.and_then(|text| verify_id_token_hint(text, &self.issuer, &visit.keyset.public, visit.now));
        let named = one(shared_parameter::CLIENT_ID)?;
        if let (Some(session), Some(named)) = (&session, named)
            && stored_client_id(named).as_ref() != Some(&session.client_id)
        {
            return Err(stopped(AuthorizeReason::OtherClient, PageError::BadRequest));
        }
        let (uri, state) = (one(parameter::POST_LOGOUT_REDIRECT_URI)?, one(parameter::STATE)?);
        let Some(uri) = uri else { return Ok(LogoutRequest { session, destination: None }) };
        let claimed = hint.filter(|_| session.is_none()).and_then(unverified_audience);
        let hinted = session.as_ref().map(|session| session.client_id.clone()).or(claimed);
        let client_id = match named {
            Some(named) => stored_client_id(named),
            None => hinted,
        };
        let client = self.client(visit, client_id).await?;
        if !registered(&client.post_logout_redirect_uris).any(|registered| registered.is_match(uri)) {
            return Err(stopped(AuthorizeReason::RedirectUri, PageError::RedirectUri));
        }
        let destination = Destination {
            uri: uri.to_owned(),
            state: state.map(str::to_owned),
            client_id: client.own_id().to_owned(),
        };
        Ok(LogoutRequest { session, destination: Some(destination) })
    }
}
