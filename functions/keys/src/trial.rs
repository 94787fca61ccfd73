//! Trial tokens: the newest keys sign them, and the usual code verifies them.

use std::time::Duration;

use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{ClientId, UserId},
    keys::{Keyset, PublicKeys},
    random::{self, Random},
    store::SessionKey,
    tokens::{AccessClaims, AccessTokenVerifier, Issuance, RefreshToken},
};

/// The issuer of trial tokens. No deployment has it, so the tokens are useless.
const NOBODY: &str = "key-rotation-trial";

/// Whether the newest keys of a keyset, even if not active yet, make tokens that verify: access tokens with
/// the published keys, refresh tokens with the keyset itself.
pub(crate) fn passes(keyset: &Keyset, published: &PublicKeys, now: Timestamp, random: &dyn Random) -> bool {
    let access = access_token(keyset, published, now, random);
    access.is_some() && refresh_token(keyset, random).is_some()
}

fn access_token(keyset: &Keyset, published: &PublicKeys, now: Timestamp, random: &dyn Random) -> Option<()> {
    let (user_id, client_id) = (UserId::nobody(), ClientId::parse(NOBODY)?);
    let session_id = RefreshToken::first(user_id.clone(), random).session_id();
    let session = SessionKey { user_id, client_id, session_id };
    let issuance = Issuance {
        issuer: NOBODY,
        audience: NOBODY,
        issued_at: now,
        expires_at: now + Duration::from_secs(1),
        jti: random::identifier(random),
    };
    let claims = AccessClaims::new(issuance, &session, now);
    let token = keyset.signing.newest().issue(&claims).ok()?;
    let verified = verifier().ok()?.verify(token.expose_secret(), published, now).ok()?;
    (verified.session == session).then_some(())
}

fn refresh_token(keyset: &Keyset, random: &dyn Random) -> Option<()> {
    let client_id = ClientId::parse(NOBODY)?;
    let token = RefreshToken::first(UserId::nobody(), random);
    // At the end of time every key is active, so this takes the newest.
    let text = keyset.refresh.encode(&token, &client_id, Timestamp::END);
    let verified = keyset.refresh.verify(text.expose_secret(), &client_id).ok()?;
    (verified == token).then_some(())
}

fn verifier() -> Result<AccessTokenVerifier, EnvironmentError> {
    let variables = [variable::ISSUER, variable::AUDIENCE];
    let variables = variables.map(|name| (name.to_owned(), NOBODY.to_owned()));
    AccessTokenVerifier::new(&Environment::from_variables(variables))
}
