//! Registers and changes clients.

use std::collections::BTreeSet;

use clap::Args;
use shared::{
    client::{ClaimSelection, Client, ClientKind, SecretHash},
    ids::ClientId,
    lifetimes::LifetimeOverrides,
    scope::Scope,
    store::CLOCK_TOLERANCE,
};

use super::{
    options::{KindOption, Setting, Settings},
    secrets, uris,
    view::ClientView,
};
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::{client_id, new_client_id},
    tables::clients::{ClientTable, Registration, not_found},
    update::Change,
};

pub(super) const CREATE_HELP: &str = "\
Examples:
  latchgate clients create shop-web --public --scope 'read write'
  latchgate clients create shop-app --public --first-party --redirect-uri com.example.shop:/callback
  latchgate clients create assistant --public --redirect-uri http://127.0.0.1/cb --resource https://notes.example.com/mcp
  latchgate clients create game --public --first-party --sign-up open
  latchgate clients create billing --confidential --name 'Billing' --access-ttl 5m --claims email,roles

A public client is a browser or a mobile app: it has no secret. A confidential client is a server: the
command generates its secret and shows it once. With --redirect-uri its users can sign in at /authorize.";

pub(super) const UPDATE_HELP: &str = "\
Examples:
  latchgate clients update shop-web --scope 'read' --idle-ttl 1d
  latchgate clients update shop-web --reset idle-ttl,claims
  latchgate clients update shop-web --dpop required     once all of its devices send proofs
  latchgate clients update shop-web --redirect-uri https://shop.example.com/callback
  latchgate clients update shop-web --reset redirect-uri,first-party
  latchgate clients update shop-web --sign-up closed

Settings that you don't name stay as they are. Warm functions apply a change within ten seconds.";

/// `clients create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The client's identifier: 1 to 64 printable characters, without `#` and `:`
    #[arg(value_name = "ID", value_parser = new_client_id, allow_hyphen_values = true)]
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
    /// Reset to the deployment's default; for claims and resources, to all of them; for dpop, to optional;
    /// for URIs, to none
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
        resources: BTreeSet::new(),
        claims: ClaimSelection::All,
        // A client of this name may have been deleted. Consents to that one must not count for this one.
        not_before: context.deployment.now() - CLOCK_TOLERANCE,
        disabled: false,
        requires_dpop: false,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        is_first_party: false,
        sign_up: None,
        url: None,
        overrides: LifetimeOverrides::default(),
    };
    settings.apply(&mut client);
    refuse_too_many(&client)?;
    let audit = context.audit_log().await?;
    match ClientTable::of(&context.deployment)?.register(&client).await? {
        Registration::Exists => {
            Err(AdminError::Exists { kind: "client", name: client.client_id.to_string() })
        }
        Registration::Done => {
            let recorded = audit.record(OperatorEvent::ClientCreated, &Subject::client(&client.client_id));
            secrets::print(context, &client, secret.as_ref())?;
            note_unserved(context, &client);
            note_unregistered(context, &client);
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
                "a setting is both changed and in --reset, or given twice: give it once",
            ));
        }
        changed.push(attribute);
    }
    if changed.is_empty() {
        return Err(AdminError::Usage("nothing to change: see `latchgate clients update --help`"));
    }
    refuse_too_many(&client)?;
    let audit = context.audit_log().await?;
    if !table.change(client_id, &Change::default().set_as_in(&client.to_item(), &changed)).await? {
        return Err(not_found(client_id));
    }
    let subject = Subject { changed: Some(changed), ..Subject::client(client_id) };
    audit.record(OperatorEvent::ClientUpdated, &subject)?;
    context.console.print_one(ClientView::LINES, &ClientView::of(&client))?;
    note_unserved(context, &client);
    note_unregistered(context, &client);
    Ok(())
}

fn refuse_too_many(client: &Client) -> Result<(), AdminError> {
    if uris::are_too_many(client) { Err(AdminError::Usage(uris::TOO_MANY)) } else { Ok(()) }
}

/// Notes the client's resources that the stack doesn't register, since the client gets no tokens for them.
fn note_unregistered(context: &Context, client: &Client) {
    let Some(registered) = context.deployment.resources() else { return };
    for resource in client.resources.iter().filter(|resource| registered.find(resource).is_none()) {
        context.console.note(&format!(
            "{resource} is not one of the stack's ProtectedResources: the client gets no tokens for it."
        ));
    }
}

/// Notes that the client gets no new sessions if it has to send proofs, but the stack binds no tokens.
pub(super) fn note_unserved(context: &Context, client: &Client) {
    if client.requires_dpop && context.deployment.binds_tokens() == Some(false) {
        context.console.note(&format!(
            "{} gets no new sessions: it must send DPoP proofs, and the stack binds no tokens. Deploy it with Dpop=on.",
            client.client_id
        ));
    }
}
