//! Client secrets: made here, shown once, and stored as a hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::{Client, ClientKind, SecretHash},
    ids::ClientId,
    random::{self, Random},
    store::attribute,
};

use super::view::ClientView;
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::client_id,
    tables::clients::ClientTable,
    update::Change,
};

/// The prefix of secrets, which secret scanners recognise.
const PREFIX: &str = "lgs1_";

/// The note about a new secret.
pub(super) const SHOWN_ONCE: &str =
    "The client_secret is stored as a hash, and is not shown again: save it now.";

pub(super) const ROTATE_HELP: &str = "\
Examples:
  latchgate clients rotate-secret billing              a new secret; the newest old one stays valid
  latchgate clients rotate-secret billing --drop-old   once the new one is in use everywhere
  latchgate clients rotate-secret billing --at-once    the old one leaked: only the new one is valid";

/// `clients rotate-secret`
#[derive(Debug, Args)]
pub(crate) struct RotateSecret {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// Make no new secret; only the newest stays valid
    #[arg(long, conflicts_with = "at_once")]
    drop_old: bool,
    /// Make a new secret; all others become invalid
    #[arg(long)]
    at_once: bool,
}

/// A new secret of 256 bits.
pub(super) fn new_secret(random: &dyn Random) -> SecretString {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>(random))).into()
}

/// Prints a client with its new secret.
pub(super) fn print(
    context: &Context,
    client: &Client,
    secret: Option<&SecretString>,
) -> Result<(), AdminError> {
    let mut view = ClientView::of(client);
    view.client_secret = secret.map(|secret| secret.expose_secret().to_owned());
    context.console.print_one(ClientView::LINES, &view)?;
    if secret.is_some() {
        context.console.note(SHOWN_ONCE);
    }
    Ok(())
}

pub(super) async fn rotate(context: &Context, command: &RotateSecret) -> Result<(), AdminError> {
    let (deployment, client_id) = (&context.deployment, &command.client_id);
    let table = ClientTable::of(deployment)?;
    let mut client = table.required(client_id).await?;
    let read = client.to_item().get(attribute::SECRET_HASHES).cloned();
    let ClientKind::Confidential(old) = &client.kind else {
        return Err(AdminError::Refused("a public client has no secret: only a confidential one has"));
    };
    let secret = (!command.drop_old).then(|| new_secret(&*deployment.random));
    let kept = usize::from(!command.at_once);
    let hashes: Vec<_> = secret.iter().map(SecretHash::of).chain(old.iter().take(kept).cloned()).collect();
    if hashes == *old {
        context.console.note("There is no older secret.");
        return print(context, &client, None);
    }
    if old.iter().any(|hash| !hashes.contains(hash)) {
        context.console.confirm(&format!("This makes an older secret of {client_id} invalid."))?;
    }
    let audit = context.audit_log().await?;
    client.kind = ClientKind::Confidential(hashes);
    let change = Change::default()
        .set_as_in(&client.to_item(), &[attribute::SECRET_HASHES])
        .if_still(attribute::SECRET_HASHES, read.as_ref());
    if !table.change(client_id, &change).await? {
        return Err(AdminError::Refused("another command changed the client at the same time: try again"));
    }
    let recorded = audit.record(OperatorEvent::ClientSecretRotated, &Subject::client(client_id));
    // Even if the audit log failed: the secret is valid, and shown nowhere else.
    print(context, &client, secret.as_ref())?;
    recorded
}
