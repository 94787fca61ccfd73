//! Inspects a refresh token.

use shared::{
    ids::ClientId,
    keys::Keyset,
    store::Sessions,
    tokens::{RefreshTokenError, UnverifiedRefreshToken},
};

use super::{stored::Stored, view::TokenView};
use crate::{deployment::Deployment, error::AdminError, keys, tables::clients::ClientTable};

pub(super) async fn inspect(deployment: &Deployment, text: &str) -> Result<TokenView, AdminError> {
    let now = deployment.now();
    let view = TokenView { kind: "refresh token", ..TokenView::default() };
    let Some(token) = UnverifiedRefreshToken::parse(text) else {
        return Ok(TokenView { why: Some("It is malformed.".to_owned()), ..view });
    };
    let view = TokenView {
        kid: Some(token.kid.clone()),
        user_id: Some(token.user_id.clone()),
        session_id: Some(token.session_id.clone()),
        generation: Some(token.generation),
        dpop_bound: Some(token.jkt.is_some()),
        jkt: token.jkt,
        ..view
    };
    let sessions =
        Sessions::new(&deployment.environment, &deployment.dynamodb)?.of_user(&token.user_id).await?;
    let found = sessions.into_iter().find(|found| found.key.session_id == token.session_id);
    let authenticity = authenticity(deployment, text).await?;
    if let Authenticity::Forged(why) = authenticity {
        return Ok(TokenView { why: Some(why.to_owned()), ..view });
    }
    let Some(found) = found else {
        let why = Some("Its session is over: logged out, revoked, or swept after it expired.".to_owned());
        return Ok(TokenView { why, ..view });
    };
    let stored = Stored::find(deployment, &found.key).await?;
    let view = TokenView {
        session: Some(stored.state(now)),
        username: stored.username(),
        client_id: Some(found.key.client_id.clone()),
        ..view
    };
    let Some(session) = &stored.session else { return Ok(view) };
    let why = match token.generation.cmp(&session.generation) {
        _ if !stored.is_live(now) => Some("Its session is over."),
        std::cmp::Ordering::Less => {
            Some("It was used before: using it again ends the session, unless it is a retry.")
        }
        std::cmp::Ordering::Greater => Some("It is ahead of its session, as after a restored backup."),
        std::cmp::Ordering::Equal => match authenticity {
            Authenticity::Unknown => Some("It can't be verified without the keyset."),
            Authenticity::Genuine | Authenticity::Forged(_) => None,
        },
    };
    Ok(TokenView {
        valid: token.generation == session.generation && stored.is_live(now),
        why: why.map(str::to_owned),
        scope: session.scope.to_text(),
        expires_at: Some(session.ends_at()),
        ..view
    })
}

enum Authenticity {
    Genuine,
    /// The token is not genuine, for this reason.
    Forged(&'static str),
    /// The keyset isn't available.
    Unknown,
}

/// Checks a token's HMAC with every client, since it covers the client, which the token doesn't name.
async fn authenticity(deployment: &Deployment, text: &str) -> Result<Authenticity, AdminError> {
    let document = match keys::read_keyset(deployment).await {
        Ok(document) => document,
        Err(AdminError::NoKeyset | AdminError::Service { .. }) => return Ok(Authenticity::Unknown),
        Err(error) => return Err(error),
    };
    let keyset = Keyset::parse(&document.to_json())?;
    let mut of_known_key = false;
    // The cookie of a session at the pages is such a token too, under a reserved client.
    for client_id in ClientTable::of(deployment)?.ids().await?.into_iter().chain([ClientId::browser()]) {
        match keyset.refresh.verify(text, &client_id) {
            Ok(_) => return Ok(Authenticity::Genuine),
            Err(RefreshTokenError::UnknownKey) => {}
            Err(_) => of_known_key = true,
        }
    }
    Ok(Authenticity::Forged(if of_known_key {
        "It was altered or forged, or issued to a client that is gone."
    } else {
        "Its key is not in the keyset: it was issued elsewhere, or the key was retired."
    }))
}
