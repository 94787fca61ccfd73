//! `latchgate clients export` and `clients import`: all clients, a line of JSON each.

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use clap::Args;
use serde::Serialize;
use shared::{
    client::Client,
    store::{Item, StoreError, attribute},
};
use tokio::{select, sync::mpsc::Receiver};

use super::line::{self, ClientLine, FIELDS};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    import::{
        ImportOptions,
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

--file makes a new file that only you can read. It has the SHA-256 of each client secret, so it is not
written to standard output where that is a file that others can read.";

pub(super) const IMPORT_HELP: &str = "\
Examples:
  latchgate clients import clients.jsonl --dry-run
  latchgate --stack standby clients import clients.jsonl
  latchgate --stack standby --yes clients import clients.jsonl --update --disable-missing

Each line is an object, as `clients export` writes it: client_id and kind, and of a confidential client
secret_hashes, are required. A client who is there already is left alone. With --update it becomes what the
line says: what the line doesn't name stays, null is the default. not_before is never taken back.";

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

/// What became of the lines.
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

/// How often a line is begun again that met other writes to the same client.
const ATTEMPTS: usize = 4;

/// One that can't be read is left out, and is an error once the others are written.
pub(super) async fn export(context: &Context, command: &Export) -> Result<(), AdminError> {
    let table = ClientTable::of(&context.deployment)?;
    let mut output = command.output.open(true)?;
    let audit = context.audit_log().await?;
    audit.record(OperatorEvent::ClientsExported, &Subject::default())?;
    let mut left_out = None;
    let mut clients = Vec::new();
    for (_, client) in table.all().await? {
        match client {
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
    };
    let mut result = run.all(lines::read(source, options.from_line), options.from_line).await;
    if result.is_ok() && options.disable_missing {
        result = run.disable_missing(context).await;
    }
    run.progress.finish();
    context.console.print_one(LINES, &run.counts)?;
    let name = run.rejects.finish()?;
    result?;
    options.result(run.counts.rejected, name)
}

/// An import under way. There are few clients, so one line after the other.
struct Run {
    table: ClientTable,
    update: bool,
    /// Nobody's, where nothing is written.
    audit: Option<AuditLog>,
    progress: Progress,
    rejects: Rejects,
    seen: Seen,
    counts: Counts,
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
            self.progress.say(&format!("line {}: {reason}", line.number));
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

    /// Imports a client; or the reason why it can't be.
    async fn client(&mut self, line: &ClientLine) -> Result<Result<(), String>, AdminError> {
        for _ in 0..ATTEMPTS {
            let there = self.table.item(&line.client_id).await?;
            if !self.update && there.is_some() {
                // Looked at all the same, so that a bad line is one whatever is there.
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
                return Ok(Ok(()));
            }
        }
        let reason = "the client was changed again and again meanwhile".to_owned();
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
        let next = client.to_item();
        // As it would be written: the order within a set means nothing.
        let before = Client::from_item(there).map_or_else(|_| there.clone(), |client| client.to_item());
        let differs = |name: &&&'static str| before.get(**name) != next.get(**name);
        let changed: Vec<&'static str> = FIELDS.iter().filter(differs).copied().collect();
        if changed.is_empty() {
            self.counts.there_already += 1;
            return Ok(true);
        }
        if let Some(audit) = &self.audit {
            let change = Change::default().set_as_in(&next, &changed);
            let change = changed.iter().fold(change, |change, name| change.if_still(name, there.get(*name)));
            if !self.table.change(&client.client_id, &change).await? {
                return Ok(false);
            }
            if changed.contains(&attribute::DISABLED) {
                let event = if client.disabled {
                    OperatorEvent::ClientDisabled
                } else {
                    OperatorEvent::ClientEnabled
                };
                audit.record(event, &Subject::client(&client.client_id))?;
            }
            let subject = Subject { changed: Some(changed), ..Subject::client(&client.client_id) };
            audit.record(OperatorEvent::ClientUpdated, &subject)?;
        }
        *self.counts.updated.get_or_insert_default() += 1;
        Ok(true)
    }

    async fn disable_missing(&mut self, context: &Context) -> Result<(), AdminError> {
        if self.counts.rejected > 0 {
            context
                .console
                .note("No client was disabled for not being in the file, since lines were rejected.");
            return Ok(());
        }
        let mut count = 0;
        for client_id in self.table.ids().await? {
            let there = self.table.item(&client_id).await?;
            let is_disabled = there.is_none_or(|there| there.get(attribute::DISABLED) == Some(&Bool(true)));
            if is_disabled || self.seen.line_of(client_id.as_str()).is_some() {
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
