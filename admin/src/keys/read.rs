//! Reads the keyset.

use shared::{environment::variable, keys::KeysetDocument};

use super::{file::KeysetFile, secret::KeysetSecret};
use crate::{deployment::Deployment, error::AdminError};

/// Reads the keyset from its secret or file.
pub(crate) async fn read_keyset(deployment: &Deployment) -> Result<KeysetDocument, AdminError> {
    let text = if deployment.environment.optional(variable::KEYSET_SECRET).is_some() {
        KeysetSecret::new(deployment)?.text().await?
    } else {
        KeysetFile::of(deployment)?.read()?
    };
    Ok(KeysetDocument::parse(&text)?)
}
