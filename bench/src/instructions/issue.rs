//! Issues tokens as a request does.

use std::time::Duration;

use crate::program::Failure;
use shared::{
    client::ClaimSelection,
    keys::Keyset,
    tokens::{Grant, TokenIssuer},
};

use super::fixed::{Constant, NOW, environment, refresh_token, session, user};

pub(crate) const AN_HOUR: Duration = Duration::from_secs(3600);

/// The answer with an access token and a refresh token, as JSON.
pub(crate) fn issued(keyset: &Keyset) -> Result<String, Failure> {
    let (token, issuer, user) = (refresh_token()?, TokenIssuer::new(&environment())?, user());
    let session = session(&token)?;
    let grant = Grant {
        session: &session,
        refresh_token: &token,
        user: &user,
        claims: &ClaimSelection::All,
        scope: &session.scope,
        resource: None,
        jkt: None,
        access_ttl: AN_HOUR,
    };
    Ok(serde_json::to_string(&issuer.issue(&grant, keyset, NOW, &Constant)?)?)
}
