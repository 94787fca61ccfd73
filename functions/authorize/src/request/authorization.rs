//! An authorization request of a known client (RFC 6749 section 4.1.1, OpenID Connect Core 1.0 section
//! 3.1.2.1).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::{
    client::{Client, ResourceIndicators},
    clock::Timestamp,
    http::parameter::SCOPE,
    ids::UserId,
    keys::PublicKeys,
    resource::GrantedResources,
    scope::Scope,
    store::Consent,
    thumbprint::Thumbprint,
    tokens::verify_id_token_hint,
};

use super::{Pairs, Prompts, parameter};
use crate::RequestRefusal;

/// The scope that asks for a refresh token (OpenID Connect Core 1.0 section 11).
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";
/// The longest nonce, in bytes: rows and tokens contain it.
const MAX_NONCE_LEN: usize = 512;
/// The longest initial user name, in bytes. Longer ones are ignored.
const MAX_LOGIN_HINT_LEN: usize = 256;
/// The length of a SHA-256, in bytes.
const CHALLENGE_LEN: usize = 32;

/// A client's authorization request.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    /// The scope that the client gets if the user consents.
    pub(crate) scope: Scope,
    /// The resources that its access tokens can be for.
    pub(crate) resources: GrantedResources,
    pub(crate) code_challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) prompts: Prompts,
    pub(crate) max_age: Option<Duration>,
    pub(crate) login_hint: Option<String>,
    pub(crate) hint: Hint,
    pub(crate) jkt: Option<Thumbprint>,
    /// Whether it gets a refresh token.
    pub(crate) is_refreshable: bool,
}

/// The user in the request's `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// There is no hint, so any user may sign in.
    Nobody,
    User(UserId),
    /// The hint is not our ID token, or its key is gone, so its user is unknown.
    Unknown,
}

impl AuthorizationRequest {
    /// Parses this client's request.
    pub(crate) fn parse(
        pairs: &Pairs,
        client: &Client,
        indicators: &ResourceIndicators,
    ) -> Result<Self, RequestRefusal> {
        if pairs.has_repeated() {
            return Err(RequestRefusal::Repeated);
        }
        let value = |name| pairs.one(name).map_err(|_| RequestRefusal::Repeated);
        if value(parameter::REQUEST)?.is_some() {
            return Err(RequestRefusal::RequestObject);
        }
        if value(parameter::REQUEST_URI)?.is_some() {
            return Err(RequestRefusal::RequestUri);
        }
        match value(parameter::RESPONSE_TYPE)? {
            Some("code") => {}
            Some(_) => return Err(RequestRefusal::ResponseType),
            None => return Err(RequestRefusal::Missing(parameter::RESPONSE_TYPE)),
        }
        if value(parameter::RESPONSE_MODE)?.is_some_and(|mode| mode != "query") {
            return Err(RequestRefusal::ResponseMode);
        }
        let code_challenge = challenge(value(parameter::CODE_CHALLENGE)?)?;
        // A missing method means `plain` (RFC 7636 section 4.3), which RFC 9700 section 2.1.1 advises
        // against.
        if value(parameter::CODE_CHALLENGE_METHOD)? != Some("S256") {
            return Err(RequestRefusal::ChallengeMethod);
        }
        let scope = granted(value(SCOPE)?, client)?;
        let resources = indicators.asked(pairs.resources(), client).map_err(RequestRefusal::Target)?;
        let is_refreshable = client.is_first_party || scope.tokens().any(|token| token == OFFLINE_ACCESS);
        let malformed = RequestRefusal::Malformed;
        let nonce = value(parameter::NONCE)?;
        if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE_LEN) {
            return Err(malformed(parameter::NONCE));
        }
        let prompts = value(parameter::PROMPT)?.map_or(Some(Prompts::default()), Prompts::parse);
        let max_age =
            value(parameter::MAX_AGE)?.map(|text| seconds(text).ok_or(malformed(parameter::MAX_AGE)));
        let jkt = value(parameter::DPOP_JKT)?;
        let jkt = jkt.map(|text| Thumbprint::parse(text).ok_or(malformed(parameter::DPOP_JKT)));
        let login_hint = value(parameter::LOGIN_HINT)?.filter(|hint| hint.len() <= MAX_LOGIN_HINT_LEN);
        let has_hint = value(parameter::ID_TOKEN_HINT)?.is_some();
        Ok(Self {
            scope,
            resources,
            code_challenge,
            nonce: nonce.map(str::to_owned),
            prompts: prompts.ok_or(malformed(parameter::PROMPT))?,
            max_age: max_age.transpose()?,
            login_hint: login_hint.map(str::to_owned),
            hint: if has_hint { Hint::Unknown } else { Hint::Nobody },
            jkt: jkt.transpose()?,
            is_refreshable,
        })
    }

    /// The same request, with a refresh token if `is_refreshable`.
    pub(crate) fn refreshable_if(self, is_refreshable: bool) -> Self {
        Self { is_refreshable: self.is_refreshable || is_refreshable, ..self }
    }

    /// Whether this consent covers the request. `audience` stands for a request without a resource.
    pub(crate) fn is_within(&self, consent: &Consent, audience: &str) -> bool {
        self.scope.is_within(&consent.scope) && self.resources.is_within(&consent.resources, audience)
    }

    /// The same request with the user of its `id_token_hint`, which may be for any client of this issuer.
    pub(crate) fn with_hint(self, pairs: &Pairs, issuer: &str, keys: &PublicKeys, now: Timestamp) -> Self {
        let Ok(Some(text)) = pairs.one(parameter::ID_TOKEN_HINT) else { return self };
        match verify_id_token_hint(text, issuer, keys, now) {
            Some(session) => Self { hint: Hint::User(session.user_id), ..self },
            None => self,
        }
    }
}

/// Parses the S256 challenge (RFC 7636 section 4.2): a SHA-256 in base64url.
fn challenge(text: Option<&str>) -> Result<String, RequestRefusal> {
    let text = text.ok_or(RequestRefusal::Missing(parameter::CODE_CHALLENGE))?;
    let is_hash = URL_SAFE_NO_PAD.decode(text).is_ok_and(|hash| hash.len() == CHALLENGE_LEN);
    is_hash.then(|| text.to_owned()).ok_or(RequestRefusal::Malformed(parameter::CODE_CHALLENGE))
}

/// The scope that the client may have of the requested one. Other scopes are ignored (OpenID Connect Core 1.0
/// section 3.1.2.1), and the token response has the rest. Without a scope, the client gets its default scope,
/// except `offline_access`, which it has to ask for.
fn granted(asked: Option<&str>, client: &Client) -> Result<Scope, RequestRefusal> {
    let Some(asked) = asked else { return Ok(client.default_scope().without(&[OFFLINE_ACCESS])) };
    let asked = Scope::requested(asked).ok_or(RequestRefusal::Scope)?;
    let granted = asked.intersection(&client.scope);
    if granted.is_empty() { Err(RequestRefusal::Scope) } else { Ok(granted) }
}

/// Parses a number of seconds, which has only digits.
fn seconds(text: &str) -> Option<Duration> {
    let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    // A number that is too large means forever.
    Some(Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
