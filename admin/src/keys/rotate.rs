//! Replaces keys.

use aws_sdk_dynamodb::types::AttributeValue::S;
use clap::Args;
use keys::{Fence, KeyPlan};
use shared::{
    environment::variable,
    keys::{Jwk, KeysetDocument, PublishedKeys, SigningAlgorithm},
    store::{StoreError, attribute},
};

use super::{file::KeysetFile, secret::KeysetSecret};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
};

/// How keys are replaced.
#[derive(Debug, Args)]
pub struct RotateOptions {
    /// The keys have leaked: discard all of them at once. Every token becomes invalid, and all users have to
    /// log in again
    #[arg(long)]
    pub leaked: bool,
    /// The algorithm of a new signing key in a file: ES256, EdDSA or RS256. A stack has a parameter for it
    #[arg(long, value_name = "NAME")]
    pub algorithm: Option<SigningAlgorithm>,
}

pub(super) async fn rotate(context: &Context, options: &RotateOptions) -> Result<(), AdminError> {
    let is_secret = context.deployment.environment.optional(variable::KEYSET_SECRET).is_some();
    if is_secret && options.algorithm.is_some() {
        return Err(AdminError::Usage(
            "--algorithm works only for a keyset in a file: for a stack, set its parameter SigningAlgorithm",
        ));
    }
    if options.leaked {
        let warning =
            "This discards all keys: every token becomes invalid, and all users have to log in again.";
        context.console.confirm(warning)?;
    }
    let audit = context.audit_log().await?;
    if is_secret {
        rotate_secret(context, options, &audit).await?;
        audit.record(OperatorEvent::KeysetRotated, &Subject::default())?;
        context.console.note("The new keyset is in use.");
    } else {
        let activates_at = rotate_file(context, options, &audit).await?;
        audit.record(OperatorEvent::KeysetRotated, &Subject::default())?;
        context.console.note(&activates_at);
    }
    Ok(())
}

async fn rotate_secret(
    context: &Context,
    options: &RotateOptions,
    audit: &AuditLog,
) -> Result<(), AdminError> {
    let secret = KeysetSecret::new(&context.deployment)?;
    if !options.leaked {
        return secret.rotate().await;
    }
    let published = PublishedKeys::new(&context.deployment.environment, &context.deployment.dynamodb)?;
    // The order matters: a step of a rotation may have checked the keyset before it is discarded here. Once
    // the fence is raised, that step publishes nothing more. The keys that it has published are removed then.
    secret.discard().await?;
    Fence::raise(&published, &*context.deployment.random).await?;
    unpublish(&published, &[]).await?;
    audit.record(OperatorEvent::KeysetDiscarded, &Subject::default())?;
    secret.rotate_afresh().await
}

/// Replaces the keys in a file, in the order of the secret's rotation: publish, make current, let expire. The
/// file is locked meanwhile, so of two simultaneous rotations the second replaces the keys of the first.
async fn rotate_file(
    context: &Context,
    options: &RotateOptions,
    audit: &AuditLog,
) -> Result<String, AdminError> {
    let (deployment, now) = (&context.deployment, context.deployment.now());
    let file = KeysetFile::of(deployment)?;
    let _lock = file.lock().await?;
    let current = KeysetDocument::parse(&file.read()?)?;
    let algorithm = options.algorithm.or_else(|| current.signing_keys.first()?.alg.parse().ok());
    let plan = KeyPlan { algorithm: algorithm.unwrap_or_default(), ..KeyPlan::default() };
    let next = if options.leaked {
        plan.first(now, &*deployment.random)
    } else {
        plan.next(&current, now, &*deployment.random)
    };
    let next = next?;
    let published = PublishedKeys::new(&deployment.environment, &deployment.dynamodb)?;
    let fence = Fence::read(&published, &*deployment.random).await?;
    keys::publish(&published, &next, &fence, now).await?;
    file.replace(&next.to_json())?;
    let fence = Fence::raise(&published, &*deployment.random).await?;
    if options.leaked {
        unpublish(&published, &next.signing_keys).await?;
        audit.record(OperatorEvent::KeysetDiscarded, &Subject::default())?;
        return Ok(
            "The new keys are in use within five minutes, or after a restart of the server.".to_owned()
        );
    }
    keys::retire(&published, &next, &fence, now).await?;
    let lead = plan.lead.as_secs() / 3600;
    Ok(format!("The new signing key is published, and signs in {lead} hours."))
}

/// Removes all published keys but these.
async fn unpublish(published: &PublishedKeys, but: &[Jwk]) -> Result<(), AdminError> {
    let leaked = published.all().await?.into_iter().map(|key| key.jwk.kid);
    for kid in leaked.filter(|kid| !but.iter().any(|key| key.kid == *kid)) {
        let table = &published.table;
        let delete = table.delete_item();
        delete
            .key(attribute::KEY_USE, S(PublishedKeys::KEY_USE.to_owned()))
            .key(attribute::KID, S(kid))
            .send()
            .await
            .map_err(|e| StoreError::unavailable("DeleteItem on Keys", e))?;
    }
    Ok(())
}
