//! The client that a request names by the URL of its document.

use lambda_http::http::StatusCode;
use shared::{
    client::{ClientError, ClientIdUrl},
    http::IntoErrorResponse,
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, ClientReason,
    documented::{Documented, DocumentedClients},
    pages::PageError,
    visit::Visit,
};

impl Authorize {
    /// Returns the client of this URL, unless an operator has disabled it. Its document takes precedence over
    /// its older row.
    pub(crate) async fn documented(
        &self,
        visit: &Visit<'_>,
        clients: &DocumentedClients,
        url: &ClientIdUrl,
    ) -> Result<Documented, AuthorizeError> {
        let stopped = |reason: AuthorizeReason, error| {
            let status = reason.response().status;
            self.stopped(visit, reason, status, error)
        };
        let stored = match self.clients.enabled(&url.client_id()).await {
            Ok(stored) => Some(stored),
            Err(ClientError::Unknown | ClientError::Unproven) => None,
            Err(ClientError::Disabled) => {
                return Err(stopped(
                    AuthorizeReason::Client(ClientReason::Disabled),
                    PageError::UnknownClient,
                ));
            }
            Err(ClientError::Store(error)) => return Err(error.into()),
        };
        clients.find(url, stored.as_deref(), visit.now).await.map_err(|error| {
            let reason = AuthorizeReason::Document(error);
            let is_busy = reason.response().status == StatusCode::SERVICE_UNAVAILABLE;
            stopped(reason, if is_busy { PageError::Unavailable } else { PageError::Document })
        })
    }
}
