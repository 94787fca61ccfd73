//! `users consents`: lists and withdraws a user's consents.

use clap::Args;
use passwords::Username;
use serde::Serialize;
use shared::{clock::Timestamp, ids::ClientId};

use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::{client_id, username},
    sessions::end,
    tables::{
        clients::ClientTable,
        consents::{ConsentTable, FoundConsent},
        sessions::Whose,
        users::{Named, UserTables},
    },
};

pub(super) const HELP: &str = "\
Examples:
  latchgate users consents ada@example.com
  latchgate users consents ada@example.com --revoke blog
  latchgate users consents ada@example.com --revoke blog --end-sessions
  latchgate users consents ada@example.com --revoke-all

At /authorize a user agrees to what a client may have, unless the client is registered with --first-party. After
--revoke the user is asked again at the next sign-in. Existing sessions continue until you end them, with
--end-sessions or `latchgate sessions revoke`.";

/// `users consents`
#[derive(Debug, Args)]
pub(crate) struct ConsentsOf {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Withdraw the user's consent to this client
    #[arg(long, value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    revoke: Option<ClientId>,
    /// Withdraw all of the user's consents
    #[arg(long, conflicts_with = "revoke")]
    revoke_all: bool,
    /// Also end the user's sessions on that client
    #[arg(long, requires = "revoke", conflicts_with = "revoke_all")]
    end_sessions: bool,
    /// Don't search again for sessions of sign-ins that were under way
    #[arg(long, requires = "end_sessions")]
    no_wait: bool,
}

/// A user's consent to a client.
#[derive(Debug, Serialize)]
struct ConsentView {
    client_id: String,
    /// The URL at which the client describes itself, if it isn't registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    document_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_at: Option<Timestamp>,
    /// Why the row is malformed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The numbers of withdrawn consents and ended sessions.
#[derive(Debug, Serialize)]
struct Revoked {
    consents_revoked: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_ended: Option<u64>,
}

impl ConsentView {
    fn of(found: FoundConsent, document_url: Option<String>) -> Self {
        let FoundConsent { client_id, consent } = found;
        match consent {
            Ok(consent) => Self {
                client_id,
                document_url,
                scope: Some(consent.scope.tokens().map(str::to_owned).collect()),
                resources: consent.resources.identifiers().map(str::to_owned).collect(),
                granted_at: Some(consent.granted_at),
                problem: None,
            },
            Err(error) => Self {
                client_id,
                document_url,
                scope: None,
                resources: Vec::new(),
                granted_at: None,
                problem: Some(error.to_string()),
            },
        }
    }
}

pub(super) async fn consents(context: &Context, command: &ConsentsOf) -> Result<(), AdminError> {
    let named = UserTables::of(&context.deployment)?.named(&command.username).await?;
    match &command.revoke {
        Some(client_id) => revoke(context, command, &named, client_id).await,
        None if command.revoke_all => revoke_all(context, &named).await,
        None => list(context, &named).await,
    }
}

async fn list(context: &Context, named: &Named) -> Result<(), AdminError> {
    let found = ConsentTable::required(&context.deployment)?.of_user(&named.user_id).await?;
    let mut views = Vec::new();
    for found in found {
        let url = document_url(context, &found.client_id).await?;
        views.push(ConsentView::of(found, url));
    }
    let mut columns = vec!["client_id", "scope", "granted_at"];
    if views.iter().any(|view| !view.resources.is_empty()) {
        columns.insert(2, "resources");
    }
    if views.iter().any(|view| view.document_url.is_some()) {
        columns.insert(1, "document_url");
    }
    if views.iter().any(|view| view.problem.is_some()) {
        columns.push("problem");
    }
    context.console.print_list(&columns, &views)
}

/// The URL at which an unregistered client describes itself, if its row exists.
async fn document_url(context: &Context, client_id: &str) -> Result<Option<String>, AdminError> {
    let Some(client_id) = ClientId::parse(client_id).filter(ClientId::is_of_document) else {
        return Ok(None);
    };
    let client = ClientTable::of(&context.deployment)?.find(&client_id).await?;
    Ok(client.and_then(|client| client.url).map(|url| url.as_str().to_owned()))
}

/// Deletes the consent first, so that a sign-in after the sessions ended asks for it again.
async fn revoke(
    context: &Context,
    command: &ConsentsOf,
    named: &Named,
    client_id: &ClientId,
) -> Result<(), AdminError> {
    let ConsentsOf { end_sessions, no_wait, .. } = command;
    let name = named.username.as_str();
    if *end_sessions {
        context.console.confirm(&format!("This ends the sessions of {name} on {client_id}."))?;
    }
    let table = ConsentTable::required(&context.deployment)?;
    let audit = context.audit_log().await?;
    let was_there = table.delete(&named.user_id, client_id.as_str()).await?;
    if was_there {
        record(&audit, named, Some(client_id.clone()))?;
    } else if !end_sessions {
        return Err(AdminError::NotFound { kind: "consent of this user for", name: client_id.to_string() });
    }
    let mut revoked = Revoked { consents_revoked: u64::from(was_there), sessions_ended: None };
    if *end_sessions {
        let whose = Whose::UserOn(named.user_id.clone(), client_id.clone());
        revoked.sessions_ended = Some(end(context, &audit, whose, *no_wait).await?.sessions_ended);
    } else {
        context.console.note(&format!(
            "Existing sessions continue until you end them: `latchgate sessions revoke --user {name} \
             --client {client_id}`"
        ));
    }
    revoked.print(context)
}

async fn revoke_all(context: &Context, named: &Named) -> Result<(), AdminError> {
    let table = ConsentTable::required(&context.deployment)?;
    let found = table.of_user(&named.user_id).await?;
    let audit = context.audit_log().await?;
    let mut revoked = Revoked { consents_revoked: 0, sessions_ended: None };
    for FoundConsent { client_id, .. } in found {
        if table.delete(&named.user_id, &client_id).await? {
            record(&audit, named, ClientId::parse(&client_id))?;
            revoked.consents_revoked += 1;
        }
    }
    if revoked.consents_revoked > 0 {
        let name = named.username.as_str();
        context.console.note(&format!(
            "Existing sessions continue until you end them: `latchgate sessions revoke --user {name}`"
        ));
    }
    revoked.print(context)
}

fn record(audit: &AuditLog, named: &Named, client_id: Option<ClientId>) -> Result<(), AdminError> {
    let subject = Subject::user(&named.user_id, Some(named.username.as_str()));
    audit.record(OperatorEvent::ConsentRevoked, &Subject { client_id, ..subject })
}

impl Revoked {
    fn print(&self, context: &Context) -> Result<(), AdminError> {
        context.console.print_one(&["consents_revoked", "sessions_ended"], self)
    }
}
