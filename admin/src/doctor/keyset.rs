//! Checks that the keys are published, in use, and rotated.

use aws_sdk_secretsmanager::primitives::DateTime;
use shared::{
    cached::Cached,
    clock::Timestamp,
    environment::variable,
    error::chain,
    keys::{Keyset, KeysetDocument, PublicKeysError, PublishedKeys},
    store::StoreError,
};

use super::Check;
use crate::{
    deployment::Deployment,
    error::AdminError,
    keys::{KeysetSecret, read_keyset},
};

const PUBLISHED: &str = "published keys";
const KEYSET: &str = "keyset";
const ROTATION: &str = "rotation";

pub(super) async fn check(deployment: &Deployment) -> Vec<Check> {
    let mut checks = vec![published(deployment).await, keyset(deployment).await];
    if deployment.environment.optional(variable::KEYSET_SECRET).is_some() {
        checks.push(rotation(deployment).await.unwrap_or_else(|error| unread(ROTATION, &error)));
    }
    checks
}

/// The check for a failed read. A missing secret is wrong, but other failures say nothing about the keys.
fn unread(name: &str, error: &AdminError) -> Check {
    match error {
        AdminError::Service { reason, .. } if reason.starts_with("ResourceNotFoundException") => {
            let remedy = "deploy the stack again, or name an existing secret with KEYSET_SECRET";
            Check::wrong(name, chain(error), remedy)
        }
        _ => Check::failed(name, error),
    }
}

async fn published(deployment: &Deployment) -> Check {
    let now = deployment.now();
    let keys = match PublishedKeys::new(&deployment.environment, &deployment.dynamodb) {
        Ok(keys) => Cached::new(keys).current(now).await,
        Err(error) => return Check::unknown(PUBLISHED, error.to_string()),
    };
    let remedy = "latchgate keys rotate";
    match keys.map(|keys| keys.current(now).count()) {
        Ok(0) => Check::wrong(PUBLISHED, "all have expired: no token can be verified", remedy),
        Ok(count) => Check::ok(PUBLISHED, format!("{count} that can be used")),
        Err(PublicKeysError::Store(error @ StoreError::Unavailable { .. })) => {
            Check::failed(PUBLISHED, &error.into())
        }
        Err(error) => Check::wrong(PUBLISHED, chain(&error), remedy),
    }
}

/// Checks that the whole keyset is usable, and its signing keys are published.
async fn keyset(deployment: &Deployment) -> Check {
    let document = match read_keyset(deployment).await {
        Ok(document) => document,
        Err(AdminError::NoKeyset) => {
            return Check::unknown(KEYSET, "out of reach: a local server without --db keeps it in memory");
        }
        Err(error @ AdminError::Keyset(_)) => {
            return Check::wrong(KEYSET, chain(&error), "latchgate keys rotate");
        }
        Err(error) => return unread(KEYSET, &error),
    };
    if let Err(error) = Keyset::parse(&document.to_json()) {
        return Check::wrong(
            KEYSET,
            chain(&error),
            "put the last good version of the secret back, or rotate",
        );
    }
    match unpublished(deployment, &document).await {
        Ok(kids) if kids.is_empty() => {
            let (signing, refresh) = (document.signing_keys.len(), document.refresh_keys.len());
            Check::ok(KEYSET, format!("{signing} signing and {refresh} HMAC keys"))
        }
        Ok(kids) => Check::wrong(
            KEYSET,
            format!("not published: {}; tokens that these sign are refused", kids.join(" ")),
            "latchgate keys rotate --leaked, unless you know how this happened",
        ),
        Err(error) => Check::failed(KEYSET, &error),
    }
}

async fn unpublished(deployment: &Deployment, document: &KeysetDocument) -> Result<Vec<String>, AdminError> {
    let published = PublishedKeys::new(&deployment.environment, &deployment.dynamodb)?.all().await?;
    let kids = document.signing_keys.iter().map(|key| key.kid.clone());
    Ok(kids.filter(|kid| !published.iter().any(|key| key.jwk.kid == *kid)).collect())
}

async fn rotation(deployment: &Deployment) -> Result<Check, AdminError> {
    let described = KeysetSecret::new(deployment)?.describe().await?;
    if described.rotation_enabled() != Some(true) {
        let remedy = "deploy the stack again: its KeysetRotation turns it on";
        return Ok(Check::wrong(ROTATION, "off: the signing key is never replaced", remedy));
    }
    let instant = |at: Option<i64>| at.and_then(|secs| u64::try_from(secs).ok()).map(Timestamp::from_unix);
    let next = instant(described.next_rotation_date().map(DateTime::secs));
    let last = instant(described.last_rotated_date().map(DateTime::secs));
    Ok(match (last, next) {
        (None, _) => Check::wrong(ROTATION, "on, but it never ran", "see the log of KeysFunction"),
        (Some(_), Some(next)) if next < deployment.now() => {
            Check::wrong(ROTATION, "overdue: the last one failed", "see the log of KeysFunction")
        }
        (Some(_), _) => Check::ok(ROTATION, "on, and not overdue"),
    })
}
