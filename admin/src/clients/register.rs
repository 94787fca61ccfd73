//! Clients come to be, and are changed.

use shared::{
    client::{ClaimSelection, Client, ClientKind, SecretHash},
    clock::Timestamp,
    lifetimes::LifetimeOverrides,
    scope::Scope,
};

use super::{ClientTable, ClientView, Create, Registration, Update, secrets, table::not_found};
use crate::{
    audit::{OperatorEvent, Subject},
    error::AdminError,
    run::Context,
    update::Change,
};

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
            return Err(AdminError::Usage("a setting is changed, or reset, and once"));
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
    context.console.single(ClientView::LINES, &ClientView::of(&client))
}
