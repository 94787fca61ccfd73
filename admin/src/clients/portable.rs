//! `latchgate clients export` and `clients import`: all clients, as JSON lines.

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use clap::Args;
use serde::Serialize;
use shared::{
    client::Client,
    store::{Item, StoreError, attribute},
};
use tokio::{select, sync::mpsc::Receiver};

use super::{
    line::{self, ClientLine},
    register::note_unserved,
};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    doctor::is_throwaway,
    error::AdminError,
    import::{
        EMPTY, ImportOptions,
        fields::OF_A_CLIENT,
        lines::{self, Line, Piece},
        output::ExportOptions,
        progress::Progress,
        rejects::Rejects,
        seen::Seen,
    },
    interrupt::Interrupts,
    tables::clients::{ClientTable, Registration},
    update::Change,
};

pub(super) const EXPORT_HELP: &str = "\
Examples:
  latchgate clients export --file clients.jsonl
  latchgate clients export | gpg --encrypt --recipient ops > clients.jsonl.gpg

--file creates a new file that only you can read. The export has the SHA-256 of each client secret, so the
command doesn't write it to standard output if that is a file that others can read.";

pub(super) const IMPORT_HELP: &str = "\
Examples:
  latchgate clients import clients.jsonl --dry-run
  latchgate --stack standby clients import clients.jsonl
  latchgate --stack standby --yes clients import clients.jsonl --update --disable-missing

Each line is an object, as `clients export` writes it: client_id and kind are required, and so is
secret_hashes for a confidential client. Existing clients are left alone. With --update, an existing client
gets what the line says and keeps the rest; null resets a setting to its default. An import never lowers
not_before.";

/// `clients export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    output: ExportOptions,
}

/// `clients import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    options: ImportOptions,
}

/// The results of the lines.
#[derive(Debug, Default, Serialize)]
struct Counts {
    imported: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<u64>,
    there_already: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<u64>,
}

const LINES: &[&str] = &["imported", "updated", "there_already", "rejected", "disabled"];

/// How often a line is retried if other writes change the same client.
const ATTEMPTS: usize = 4;

/// Exports all clients but those that describe themselves, whose rows come from their documents. A malformed
/// client is left out, and is an error after the others are written.
pub(super) async fn export(context: &Context, command: &Export) -> Result<(), AdminError> {
    let table = ClientTable::of(&context.deployment)?;
    let mut output = command.output.open(true)?;
    let audit = context.audit_log().await?;
    audit.record(OperatorEvent::ClientsExported, &Subject::default())?;
    let mut left_out = None;
    let mut clients = Vec::new();
    for (_, client) in table.all().await?.into_iter().filter(|(name, _)| !is_throwaway(name)) {
        match client {
            Ok(client) if client.url.is_some() => {}
            Ok(client) => clients.push(client),
            Err(error) => left_out = Some(error),
        }
    }
    clients.sort_by(|a, b| a.client_id.as_str().cmp(b.client_id.as_str()));
    for client in &clients {
        output.line(&line::of_client(client))?;
    }
    output.finish()?;
    left_out.map_or(Ok(()), |error| Err(error.into()))
}

pub(super) async fn import(context: &Context, command: Import) -> Result<(), AdminError> {
    let Import { options } = command;
    let (source, rejects) = options.open()?;
    if options.disable_missing && !options.dry_run {
        context.console.confirm("This disables every client that is not in the file.")?;
    }
    let audit = if options.dry_run { None } else { Some(context.audit_log().await?) };
    let counts = Counts { updated: options.update.then_some(0), ..Counts::default() };
    let mut run = Run {
        table: ClientTable::of(&context.deployment)?,
        update: options.update,
        audit,
        progress: Progress::new(source.len()),
        rejects,
        seen: Seen::default(),
        counts,
        bound: Vec::new(),
    };
    let mut result = run.all(lines::read(source, options.from_line), options.from_line).await;
    if result.is_ok() && options.disable_missing {
        result = run.disable_missing(context).await;
    } else if result.is_ok() && run.seen.is_empty() && run.counts.rejected == 0 {
        options.note_empty(&context.console);
    }
    run.progress.finish();
    context.console.print_one(LINES, &run.counts)?;
    for client in &run.bound {
        note_unserved(context, client);
    }
    let name = run.rejects.finish()?;
    result?;
    options.result(run.counts.rejected, name)
}

/// The outcome of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The client had these values already.
    Nothing,
    /// The client was changed, or would be without the dry run.
    Yes,
    /// Another write has changed the client since it was read.
    Overtaken,
}

/// Changes the stored client to this one. Without an audit log, as in a dry run, it writes nothing.
pub(crate) async fn change(
    table: &ClientTable,
    audit: Option<&AuditLog>,
    client: &Client,
    there: &Item,
) -> Result<Changed, AdminError> {
    let next = client.to_item();
    // Read and written again, so that the order within its sets doesn't matter.
    let before = Client::from_item(there).map_or_else(|_| there.clone(), |client| client.to_item());
    let differs = |name: &&&'static str| before.get(**name) != next.get(**name);
    let changed: Vec<&'static str> = OF_A_CLIENT.iter().filter(differs).copied().collect();
    if changed.is_empty() {
        return Ok(Changed::Nothing);
    }
    let Some(audit) = audit else { return Ok(Changed::Yes) };
    let change = Change::default().set_as_in(&next, &changed);
    let change = changed.iter().fold(change, |change, name| change.if_still(name, there.get(*name)));
    if !table.change(&client.client_id, &change).await? {
        return Ok(Changed::Overtaken);
    }
    if changed.contains(&attribute::DISABLED) {
        let event =
            if client.disabled { OperatorEvent::ClientDisabled } else { OperatorEvent::ClientEnabled };
        audit.record(event, &Subject::client(&client.client_id))?;
    }
    let subject = Subject { changed: Some(changed), ..Subject::client(&client.client_id) };
    audit.record(OperatorEvent::ClientUpdated, &subject)?;
    Ok(Changed::Yes)
}

/// A running import. It handles one line at a time, since there are few clients.
struct Run {
    table: ClientTable,
    update: bool,
    /// `None`, if nothing is written.
    audit: Option<AuditLog>,
    progress: Progress,
    rejects: Rejects,
    seen: Seen,
    counts: Counts,
    /// Clients that get tokens only if the stack binds tokens.
    bound: Vec<Client>,
}

impl Run {
    async fn all(&mut self, mut pieces: Receiver<Piece>, from_line: u64) -> Result<(), AdminError> {
        let mut interrupts = Interrupts::listen()?;
        let mut next = from_line;
        loop {
            let piece = select! {
                biased;
                () = interrupts.next() => return Err(AdminError::Stopped { line: next, cause: None }),
                piece = pieces.recv() => piece,
            };
            let stopped = |line| move |cause| AdminError::Stopped { line, cause: Some(Box::new(cause)) };
            match piece {
                None => return Ok(()),
                Some(Piece::Line(line)) => {
                    next = line.number;
                    self.line(&line).await.map_err(stopped(next))?;
                    next += 1;
                }
                Some(Piece::Rest(bytes)) => self.rejects.write(&bytes).map_err(stopped(next - 1))?,
                Some(Piece::Failed(error)) => return Err(stopped(next)(AdminError::io("the file")(error))),
            }
        }
    }

    async fn line(&mut self, line: &Line) -> Result<(), AdminError> {
        let result = match ClientLine::parse(&line.bytes) {
            Ok(None) => Ok(()),
            Err(reason) => Err(reason),
            Ok(Some(client)) => self.unless_repeated(&client, line.number).await?,
        };
        if let Err(reason) = result {
            self.counts.rejected += 1;
            self.progress.rejected(line.number, &reason);
            self.rejects.add(&line.bytes)?;
        }
        self.progress.line(line.bytes.len());
        Ok(())
    }

    async fn unless_repeated(
        &mut self,
        client: &ClientLine,
        number: u64,
    ) -> Result<Result<(), String>, AdminError> {
        if let Some(earlier) = self.seen.line_of(client.client_id.as_str()) {
            return Ok(Err(format!("it has the client_id of line {earlier}")));
        }
        self.seen.note(client.client_id.as_str(), number);
        self.client(client).await
    }

    /// Imports a client, or returns why it can't.
    async fn client(&mut self, line: &ClientLine) -> Result<Result<(), String>, AdminError> {
        for _ in 0..ATTEMPTS {
            let there = self.table.item(&line.client_id).await?;
            if !self.update && there.is_some() {
                // Checked anyway, so that a bad line is rejected whether or not the client exists.
                let checked = line.applied_to(None).map(drop);
                self.counts.there_already += u64::from(checked.is_ok());
                return Ok(checked);
            }
            let client = match line.applied_to(there.as_ref()) {
                Ok(client) => client,
                Err(reason) => return Ok(Err(reason)),
            };
            let is_done = match &there {
                None => self.register(&client).await?,
                Some(there) => self.change(&client, there).await?,
            };
            if is_done {
                self.bound.extend(Some(client).filter(|client| client.requires_dpop));
                return Ok(Ok(()));
            }
        }
        let reason = "other writes kept changing the client".to_owned();
        Err(StoreError::Unavailable { operation: "the import of a line", reason }.into())
    }

    async fn register(&mut self, client: &Client) -> Result<bool, AdminError> {
        if let Some(audit) = &self.audit {
            if self.table.register(client).await? == Registration::Exists {
                return Ok(false);
            }
            audit.record(OperatorEvent::ClientImported, &Subject::client(&client.client_id))?;
        }
        self.counts.imported += 1;
        Ok(true)
    }

    async fn change(&mut self, client: &Client, there: &Item) -> Result<bool, AdminError> {
        match change(&self.table, self.audit.as_ref(), client, there).await? {
            Changed::Nothing => self.counts.there_already += 1,
            Changed::Yes => *self.counts.updated.get_or_insert_default() += 1,
            Changed::Overtaken => return Ok(false),
        }
        Ok(true)
    }

    async fn disable_missing(&mut self, context: &Context) -> Result<(), AdminError> {
        if self.counts.rejected > 0 {
            context
                .console
                .note("No client was disabled for not being in the file, because lines were rejected.");
            return Ok(());
        }
        if self.seen.is_empty() {
            return Err(AdminError::Refused(EMPTY));
        }
        let mut count = 0;
        for client_id in self.table.ids().await? {
            let there = self.table.item(&client_id).await?;
            let is_disabled = there.is_none_or(|there| there.get(attribute::DISABLED) == Some(&Bool(true)));
            // Exports don't contain clients that describe themselves.
            if is_disabled || client_id.is_of_document() || self.seen.line_of(client_id.as_str()).is_some() {
                continue;
            }
            if let Some(audit) = &self.audit {
                let change = Change::default().set(attribute::DISABLED, Some(Bool(true)));
                if self.table.change(&client_id, &change).await? {
                    audit.record(OperatorEvent::ClientDisabled, &Subject::client(&client_id))?;
                }
            }
            count += 1;
        }
        self.counts.disabled = Some(count);
        Ok(())
    }
}
