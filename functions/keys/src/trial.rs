//! Tokens made on trial: signed by the newest keys, verified by the code that verifies everybody's.

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

/// Of nobody: no deployment has it as its issuer, so the token is good for nothing.
const NOBODY: &str = "key-rotation-trial";

/// Whether the newest keys of a keyset, active or not yet, make tokens that verify with the published keys, and, for
/// refresh tokens, with the keyset itself.
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
    // At the end of time every key is active: the newest is taken.
    let text = keyset.refresh.encode(&token, &client_id, Timestamp::END);
    let verified = keyset.refresh.verify(text.expose_secret(), &client_id).ok()?;
    (verified == token).then_some(())
}

fn verifier() -> Result<AccessTokenVerifier, EnvironmentError> {
    let variables = [variable::ISSUER, variable::AUDIENCE];
    let variables = variables.map(|name| (name.to_owned(), NOBODY.to_owned()));
    AccessTokenVerifier::new(&Environment::from_variables(variables))
}
