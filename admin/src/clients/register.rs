//! Clients come to be, and are changed.

use clap::Args;
use shared::{
    client::{ClaimSelection, Client, ClientKind, SecretHash},
    clock::Timestamp,
    ids::ClientId,
    lifetimes::LifetimeOverrides,
    scope::Scope,
};

use super::{
    options::{KindOption, Setting, Settings},
    secrets,
    view::ClientView,
};
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::client_id,
    tables::clients::{ClientTable, Registration, not_found},
    update::Change,
};

pub(super) const CREATE_HELP: &str = "\
Examples:
  latchgate clients create shop-web --public --scope 'read write'
  latchgate clients create billing --confidential --name 'Billing' --access-ttl 5m --claims email,roles

A public client is a browser or a mobile app: it has no secret. A confidential client is a server: its
secret is made here and shown once.";

pub(super) const UPDATE_HELP: &str = "\
Examples:
  latchgate clients update shop-web --scope 'read' --idle-ttl 1d
  latchgate clients update shop-web --reset idle-ttl,claims

What isn't named stays as it is. Functions that are warm take a change up within ten seconds.";

/// `clients create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The client's identifier: 1 to 64 printable characters, without `#` and `:`
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    #[command(flatten)]
    kind: KindOption,
    #[command(flatten)]
    settings: Settings,
}

/// `clients update`
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    #[command(flatten)]
    settings: Settings,
    /// Go back to the deployment's default; for the claims, to all of them
    #[arg(long, value_name = "SETTING", value_enum, value_delimiter = ',')]
    reset: Vec<Setting>,
}

pub(super) async fn create(context: &Context, command: Create) -> Result<(), AdminError> {
    let Create { client_id, kind, settings } = command;
    let secret = kind.confidential.then(|| secrets::new_secret(&*context.deployment.random));
    let mut client = Client {
        client_id,
        name: None,
        kind: match &secret {
            None => ClientKind::Public,
            Some(secret) => ClientKind::Confidential(vec![SecretHash::of(secret)]),
        },
        scope: Scope::default(),
        claims: ClaimSelection::All,
        not_before: Timestamp::default(),
        disabled: false,
        overrides: LifetimeOverrides::default(),
    };
    settings.apply(&mut client);
    let audit = context.audit_log().await?;
    match ClientTable::of(&context.deployment)?.register(&client).await? {
        Registration::Exists => {
            Err(AdminError::Exists { kind: "client", name: client.client_id.to_string() })
        }
        Registration::Done => {
            let recorded = audit.record(OperatorEvent::ClientCreated, &Subject::client(&client.client_id));
            secrets::print(context, &client, secret.as_ref())?;
            recorded
        }
    }
}

pub(super) async fn update(context: &Context, command: &Update) -> Result<(), AdminError> {
    let Update { client_id, settings, reset } = command;
    let table = ClientTable::of(&context.deployment)?;
    let mut client = table.required(client_id).await?;
    let mut changed = settings.apply(&mut client);
    for setting in reset {
        let attribute = setting.reset(&mut client);
        if changed.contains(&attribute) {
            return Err(AdminError::Usage(
                "a setting is both changed and in --reset, or there twice: say it once",
            ));
        }
        changed.push(attribute);
    }
    if changed.is_empty() {
        return Err(AdminError::Usage("nothing to change: see `latchgate clients update --help`"));
    }
    let audit = context.audit_log().await?;
    if !table.change(client_id, &Change::default().set_as_in(&client.to_item(), &changed)).await? {
        return Err(not_found(client_id));
    }
    let subject = Subject { changed: Some(changed), ..Subject::client(client_id) };
    audit.record(OperatorEvent::ClientUpdated, &subject)?;
    context.console.print_one(ClientView::LINES, &ClientView::of(&client))
}
