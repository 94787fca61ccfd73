//! Inspects an access token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use shared::{
    cached::Cached,
    environment::{Environment, variable},
    keys::{PublicKeysError, PublishedKeys},
    route,
    tokens::{Access, AccessToken, AccessTokenError, AccessTokenVerifier},
};

use super::{stored::Stored, view::TokenView};
use crate::{deployment::Deployment, error::AdminError};

pub(super) async fn inspect(deployment: &Deployment, text: &str) -> Result<TokenView, AdminError> {
    let now = deployment.now();
    let view = TokenView { kind: "access token", kid: header(text, "kid"), ..TokenView::default() };
    let keys = Cached::new(PublishedKeys::new(&deployment.environment, &deployment.dynamodb)?);
    let keys = keys.current(now).await.map_err(|error| match error {
        PublicKeysError::Store(error) => AdminError::Store(error),
        PublicKeysError::Keys(error) => AdminError::Keyset(error),
    })?;
    let resource = resource(deployment, text);
    let (verifier, is_issuer_known) = verifier(deployment, text, resource.clone())?;
    let token = match verifier.verify_even_expired(text, &keys, now) {
        Ok(token) => token,
        Err(error) => return Ok(TokenView { why: Some(explanation(error).to_owned()), ..view }),
    };
    let stored = Stored::find(deployment, &token.session).await?;
    let is_expired = token.expires_at <= now;
    let why = match (is_expired, stored.is_live(now)) {
        (true, _) => Some("It has expired."),
        (false, false) => Some("Its session is over. With REVOCATION_CHECK=none it works until it expires."),
        (false, true) if !is_issuer_known => {
            Some("The deployment's issuer and audience are not known here, so the token's were not checked.")
        }
        (false, true) => None,
    };
    Ok(TokenView {
        kind: kind(&token),
        resource,
        valid: !is_expired && stored.is_live(now),
        why: why.map(str::to_owned),
        session: Some(stored.state(now)),
        username: stored.username(),
        user_id: Some(token.session.user_id),
        client_id: Some(token.session.client_id),
        session_id: Some(token.session.session_id),
        scope: token.scope.to_text(),
        dpop_bound: Some(token.jkt.is_some()),
        jkt: token.jkt,
        expires_at: Some(token.expires_at),
        ..view
    })
}

fn kind(token: &AccessToken) -> &'static str {
    match token.access {
        Access::Api => "access token",
        Access::PasswordChange => "access token that only changes the password",
    }
}

/// The resource that a token is for, if the deployment has it.
fn resource(deployment: &Deployment, text: &str) -> Option<String> {
    let audience = claim(text, "aud")?;
    let resources = deployment.resources()?;
    resources.iter().any(|resource| resource.identifier == audience).then_some(audience)
}

/// A verifier for this deployment's issuer, and for this resource or the deployment's audience. If these
/// aren't known, it uses the token's own.
fn verifier(
    deployment: &Deployment,
    text: &str,
    resource: Option<String>,
) -> Result<(AccessTokenVerifier, bool), AdminError> {
    let (issuer, audience) = (deployment.parameter("Issuer"), deployment.parameter("Audience"));
    let is_known = issuer.is_some() && audience.is_some();
    let issuer = issuer.map(str::to_owned).or_else(|| claim(text, "iss")).unwrap_or_default();
    let of_token = claim(text, "aud").filter(|aud| *aud != format!("{issuer}{}", route::PASSWORD));
    let audience = resource.or(audience.map(str::to_owned)).or(of_token);
    let variables = [
        (variable::ISSUER.to_owned(), if issuer.is_empty() { "unknown".to_owned() } else { issuer }),
        (variable::AUDIENCE.to_owned(), audience.unwrap_or_else(|| "unknown".to_owned())),
    ];
    Ok((AccessTokenVerifier::new(&Environment::from_variables(variables))?, is_known))
}

fn explanation(error: AccessTokenError) -> &'static str {
    match error {
        AccessTokenError::Malformed => "It is malformed, or longer than any token.",
        AccessTokenError::Header => "Its header is not one of Latchgate's access tokens.",
        AccessTokenError::UnknownKey => {
            "No published key has its `kid`: it was issued elsewhere, or its key was retired."
        }
        AccessTokenError::Signature => "Its signature doesn't fit that key: it was altered or forged.",
        AccessTokenError::Claim(_) => "A claim is missing or malformed.",
        AccessTokenError::Foreign => "It is of another issuer.",
        AccessTokenError::OtherResource => "It is for another audience.",
        AccessTokenError::Future => {
            "It is from the future: the clock of this machine, or of the issuer, is wrong."
        }
        AccessTokenError::Expired => "It has expired.",
    }
}

fn header(text: &str, name: &str) -> Option<String> {
    let kid = part(text, 0)?.get(name)?.as_str()?.to_owned();
    // A forger may write anything here.
    (kid.len() <= 64 && kid.bytes().all(|b| b.is_ascii_graphic())).then_some(kid)
}

/// A claim of a JWT, unverified.
fn claim(text: &str, name: &str) -> Option<String> {
    Some(part(text, 1)?.get(name)?.as_str()?.to_owned())
}

/// A part of a JWT, unverified.
fn part(text: &str, index: usize) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.split('.').nth(index)?).ok()?).ok()
}
