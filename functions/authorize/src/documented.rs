//! Clients that describe themselves, built from their documents.

use std::{sync::Arc, time::Duration};

use shared::{
    client::{Client, ClientIdUrl, ClientKind},
    clock::Timestamp,
    context::Context,
    environment::{Environment, EnvironmentError, variable},
    lifetimes::{LifetimeOverrides, Lifetimes},
    scope::Scope,
};

use crate::document::{ClientMetadata, DocumentError, Documents, Web};
use crate::request::OFFLINE_ACCESS;

/// The scopes that such a client may ask for without `CLIENT_METADATA_SCOPES`: the user's identity, and a
/// refresh token.
const SCOPES: &str = "openid profile email offline_access";
/// How much longer than its sessions a client is stored, since a code is redeemed a little after it is
/// issued.
const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Finds clients that describe themselves, if the deployment allows them.
#[derive(Debug)]
pub(crate) struct DocumentedClients {
    documents: Documents,
    /// The scopes that any of them may ask for.
    scope: Scope,
    lifetimes: Lifetimes,
}

/// A client from its document, with metadata that isn't stored.
pub(crate) struct Documented {
    pub(crate) client: Arc<Client>,
    /// Whether it gets a refresh token without asking for `offline_access`.
    pub(crate) uses_refresh_tokens: bool,
}

impl DocumentedClients {
    /// Returns `None`, unless `CLIENT_METADATA_DOCUMENTS` is `on`.
    pub(crate) fn from_context(
        context: &Context,
        web: Arc<dyn Web>,
    ) -> Result<Option<Self>, EnvironmentError> {
        let Context { environment, .. } = context;
        if !environment.choice(variable::CLIENT_METADATA_DOCUMENTS, [("off", false), ("on", true)])? {
            return Ok(None);
        }
        Ok(Some(Self {
            documents: Documents::new(web),
            scope: scope(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
        }))
    }

    /// Builds the client from its document and the operator's settings in `stored`.
    fn client(&self, url: &ClientIdUrl, metadata: &ClientMetadata, stored: Option<&Client>) -> Client {
        let scope = metadata.scope.as_ref().map(|scope| scope.intersection(&self.scope));
        Client {
            client_id: url.client_id(),
            name: metadata.name.clone(),
            kind: ClientKind::Public,
            scope: scope.unwrap_or_else(|| self.scope.clone()),
            claims: stored.map(|stored| stored.claims.clone()).unwrap_or_default(),
            not_before: stored.map(|stored| stored.not_before).unwrap_or_default(),
            disabled: stored.is_some_and(|stored| stored.disabled),
            requires_dpop: metadata.requires_dpop,
            redirect_uris: metadata.redirect_uris.clone(),
            post_logout_redirect_uris: metadata.post_logout_redirect_uris.clone(),
            is_first_party: false,
            sign_up: stored.and_then(|stored| stored.sign_up),
            resources: stored.map(|stored| stored.resources.clone()).unwrap_or_default(),
            url: Some(url.clone()),
            overrides: stored.map_or_else(LifetimeOverrides::default, |stored| stored.overrides),
        }
    }

    /// Returns the client with its current document.
    pub(crate) async fn find(
        &self,
        url: &ClientIdUrl,
        stored: Option<&Client>,
        now: Timestamp,
    ) -> Result<Documented, DocumentError> {
        let metadata = self.documents.find(url, now).await?;
        // If no client may have a refresh token, a document can't ask for one.
        let uses_refresh_tokens = metadata.uses_refresh_tokens && self.scope.contains(OFFLINE_ACCESS);
        Ok(Documented { client: Arc::new(self.client(url, &metadata, stored)), uses_refresh_tokens })
    }

    /// The instant at which even a session that begins now will have ended, with a margin.
    pub(crate) fn outlives(&self, client: &Client, now: Timestamp) -> Timestamp {
        now + client.lifetimes(self.lifetimes).absolute_ttl + MARGIN
    }
}

fn scope(environment: &Environment) -> Result<Scope, EnvironmentError> {
    let name = variable::CLIENT_METADATA_SCOPES;
    Scope::parse(environment.optional(name).unwrap_or(SCOPES)).ok_or(EnvironmentError::Malformed(name))
}
