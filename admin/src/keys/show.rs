//! Shows the keys.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::{
    clock::Timestamp,
    keys::{Jwk, PublishedKeys},
};

use super::read::read_keyset;
use crate::{context::Context, error::AdminError};

/// The public facts about a key.
#[derive(Serialize)]
struct KeyView {
    kid: String,
    /// `access tokens` or `refresh tokens`.
    of: &'static str,
    alg: String,
    /// What the key does at present.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activates_at: Option<Timestamp>,
    /// Absent until another key replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

pub(super) async fn show(context: &Context) -> Result<(), AdminError> {
    let (deployment, now) = (&context.deployment, context.deployment.now());
    let published = PublishedKeys::new(&deployment.environment, &deployment.dynamodb)?.all().await?;
    let keyset = match read_keyset(deployment).await {
        Ok(keyset) => Some(keyset),
        Err(AdminError::NoKeyset) => {
            context.console.note("The keyset itself can't be read, so the HMAC keys are not shown.");
            None
        }
        Err(error) => return Err(error),
    };
    let signing = keyset.as_ref().map(|keyset| keyset.signing_keys.as_slice()).unwrap_or_default();
    let activates_at: BTreeMap<&str, Timestamp> = activations(signing);
    let active = active(signing, now);
    let mut views: Vec<KeyView> = Vec::new();
    for key in published {
        let kid = key.jwk.kid.as_str();
        let activates_at = activates_at.get(kid).copied();
        views.push(KeyView {
            of: "access tokens",
            state: match activates_at {
                _ if key.expires_at <= now => "expired",
                _ if active == Some(kid) => "signs and verifies",
                Some(at) if at > now => "to come",
                None if keyset.is_none() => "published",
                Some(_) | None => "verifies",
            },
            alg: key.jwk.alg.clone(),
            published_at: Some(key.published_at),
            activates_at: activates_at.filter(|at| *at > Timestamp::default()),
            expires_at: (key.expires_at != PublishedKeys::NEVER).then_some(key.expires_at),
            kid: key.jwk.kid,
        });
    }
    if let Some(keyset) = &keyset {
        views.extend(hmac_keys(&keyset.refresh_keys, now));
    }
    let names = ["kid", "of", "alg", "state", "published_at", "activates_at", "expires_at"];
    context.console.print_list(&names, &views)
}

fn hmac_keys(keys: &[Jwk], now: Timestamp) -> Vec<KeyView> {
    let active = active(keys, now);
    let view = |key: &Jwk| KeyView {
        kid: key.kid.clone(),
        of: "refresh tokens",
        alg: key.alg.clone(),
        state: match key.activates_at {
            _ if active == Some(key.kid.as_str()) => "makes and verifies",
            Some(at) if at > now => "to come",
            _ => "verifies",
        },
        published_at: None,
        activates_at: key.activates_at.filter(|at| *at > Timestamp::default()),
        expires_at: None,
    };
    keys.iter().map(view).collect()
}

fn activations(keys: &[Jwk]) -> BTreeMap<&str, Timestamp> {
    keys.iter().map(|key| (key.kid.as_str(), key.activates_at.unwrap_or_default())).collect()
}

/// The key that makes tokens, by the functions' rule: the newest active key, otherwise the oldest.
fn active(keys: &[Jwk], now: Timestamp) -> Option<&str> {
    let active = keys.iter().find(|key| key.activates_at.unwrap_or_default() <= now);
    active.or(keys.last()).map(|key| key.kid.as_str())
}
