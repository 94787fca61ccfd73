//! Imports all lines, several in parallel.

use std::collections::{HashMap, HashSet};

use passwords::Username;
use serde::Serialize;
use shared::{ids::UserId, store::attribute};
use tokio::{
    select,
    sync::mpsc::Receiver,
    task::{JoinError, JoinSet},
};

use super::{
    plan::NAME_TAKEN,
    record::Record,
    waiting::Taken,
    worker::{Outcome, Updated, Worker},
};
use crate::{
    audit::{OperatorEvent, Subject},
    error::AdminError,
    import::{
        ImportOptions,
        lines::{Line, Piece},
        progress::Progress,
        rejects::Rejects,
        seen::Seen,
    },
    interrupt::Interrupts,
};

/// How many lines are imported in parallel.
const AT_ONCE: usize = 16;

/// The number of lines with each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) imported: u64,
    /// Absent unless the import updates users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<u64>,
    pub(super) there_already: u64,
    pub(super) rejected: u64,
    /// The number of users that were disabled because the file lacks them; absent if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disabled: Option<u64>,
}

/// The result of an import.
pub(super) struct Summary {
    pub(super) counts: Counts,
    /// The names in the file.
    pub(super) names: Seen,
    /// The identifiers in the file. If two lines share a name or an identifier, the first in the file wins,
    /// whichever is written first.
    pub(super) ids: Seen,
    /// The users whom the lines disabled.
    pub(super) disabled: Vec<UserId>,
}

/// A running import.
pub(super) struct Run {
    pub(super) worker: Worker,
    rejects: Rejects,
    progress: Progress,
    running: JoinSet<Finished>,
    /// Whether the file is a complete copy of another deployment's users.
    is_copy: bool,
    /// Lines that wait until the whole file was read.
    pub(super) taken: Vec<Taken>,
    /// The users whom a dry run would have renamed.
    pub(super) moved: HashSet<UserId>,
    /// The temporary names of users in a circle.
    pub(super) aside: HashMap<UserId, Username>,
    pub(super) summary: Summary,
    /// The first line that failed, with its error.
    failed: Option<(u64, AdminError)>,
}

/// A finished line, with its result.
struct Finished {
    line: Line,
    record: Record,
    result: Result<Outcome, AdminError>,
}

impl Run {
    pub(super) fn new(worker: Worker, rejects: Rejects, progress: Progress, options: &ImportOptions) -> Self {
        let counts = Counts { updated: options.update.then_some(0), ..Counts::default() };
        Self {
            worker,
            rejects,
            progress,
            running: JoinSet::new(),
            is_copy: options.disable_missing,
            taken: Vec::new(),
            moved: HashSet::new(),
            aside: HashMap::new(),
            summary: Summary { counts, names: Seen::default(), ids: Seen::default(), disabled: Vec::new() },
            failed: None,
        }
    }

    /// Imports all lines, until the end, a failure or a signal. Lines that have started are finished in any
    /// case.
    pub(super) async fn all(
        &mut self,
        mut pieces: Receiver<Piece>,
        from_line: u64,
    ) -> Result<(), AdminError> {
        let mut interrupts = Interrupts::listen()?;
        let (mut next, mut is_stopped) = (from_line, false);
        while self.failed.is_none() && !is_stopped {
            let piece = select! {
                biased;
                () = interrupts.next() => { is_stopped = true; continue }
                // Recorded when it finishes, not when the next line comes, but never in the middle of a bad
                // line that comes in pieces.
                Some(finished) = self.running.join_next(), if self.rejects.ends_line() => {
                    self.done(finished);
                    continue;
                }
                piece = pieces.recv() => piece,
            };
            match piece {
                None => break,
                Some(Piece::Line(line)) => {
                    let number = line.number;
                    if let Err(error) = self.begin(line).await {
                        self.fail(number, error);
                    }
                    next = number + 1;
                }
                Some(Piece::Rest(bytes)) => {
                    if let Err(error) = self.rejects.write(&bytes) {
                        self.fail(next - 1, error);
                    }
                }
                Some(Piece::Failed(error)) => self.fail(next, AdminError::io("the file")(error)),
            }
        }
        while !self.running.is_empty() {
            self.finish_one().await;
        }
        if self.failed.is_none() && !is_stopped {
            // A copy can't use `from_line`, so after a signal it starts again from the first line.
            if let Some(number) = self.settle(&mut interrupts).await {
                (next, is_stopped) = (number, true);
            }
        }
        match self.failed.take() {
            Some((line, cause)) => Err(AdminError::Stopped { line, cause: Some(Box::new(cause)) }),
            None if is_stopped => Err(AdminError::Stopped { line: next, cause: None }),
            None => Ok(()),
        }
    }

    /// The results, and the file with the rejected lines.
    pub(super) fn finish(self) -> Result<(Summary, String), AdminError> {
        self.progress.finish();
        Ok((self.summary, self.rejects.finish()?))
    }

    async fn begin(&mut self, line: Line) -> Result<(), AdminError> {
        let mut record = match Record::parse(&line.bytes, self.worker.requires_secret()) {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.progress.line(line.bytes.len());
                return Ok(());
            }
            Err(reason) => return self.reject(&line, &reason),
        };
        let holder = self.worker.resolve(&mut record, self.is_copy).await?;
        let waits = self.is_copy && holder.is_some();
        // The name of a waiting line is compared after the whole file was read.
        let repeats = if waits { None } else { self.repeats_name(&record, line.number) };
        if let Some(reason) = repeats.or_else(|| self.repeats_id(&record)) {
            return self.reject(&line, &reason);
        }
        if let Some(holder) = holder {
            if !waits {
                return self.reject(&line, NAME_TAKEN);
            }
            self.note_id(&record, line.number);
            self.taken.push(Taken { line, record, holder });
            return Ok(());
        }
        self.summary.names.note(record.username.as_str(), line.number);
        self.note_id(&record, line.number);
        while self.running.len() >= AT_ONCE {
            self.finish_one().await;
        }
        let worker = self.worker.clone();
        self.running.spawn(async move {
            let result = worker.import(&record).await;
            Finished { line, record, result }
        });
        Ok(())
    }

    pub(super) fn note_id(&mut self, record: &Record, line: u64) {
        if let Some(user_id) = &record.user_id {
            self.summary.ids.note(user_id.as_str(), line);
        }
    }

    /// The reason to reject this line if another line has the same name.
    pub(super) fn repeats_name(&self, record: &Record, number: u64) -> Option<String> {
        let line = self.summary.names.line_of(record.username.as_str()).filter(|line| *line != number)?;
        Some(format!("it has the username of line {line}"))
    }

    /// The reason to reject this line if an earlier line has the same identifier.
    fn repeats_id(&self, record: &Record) -> Option<String> {
        let line = self.summary.ids.line_of(record.user_id.as_ref()?.as_str())?;
        Some(format!("it has the user_id of line {line}"))
    }

    async fn finish_one(&mut self) {
        if let Some(finished) = self.running.join_next().await {
            self.done(finished);
        }
    }

    fn done(&mut self, finished: Result<Finished, JoinError>) {
        // Unwrap safety: a panic in a task continues here, as it would without a task.
        let Finished { line, record, result } = finished.expect("importing a line doesn't panic");
        let number = line.number;
        let written = result.and_then(|outcome| self.write_down(line, record, outcome));
        if let Err(error) = written {
            self.fail(number, error);
        }
    }

    pub(super) fn write_down(
        &mut self,
        line: Line,
        record: Record,
        outcome: Outcome,
    ) -> Result<(), AdminError> {
        let name = record.username.as_str();
        let counts = &mut self.summary.counts;
        match outcome {
            Outcome::Imported(user_id) => {
                counts.imported += 1;
                self.record(OperatorEvent::UserImported, &Subject::user(&user_id, Some(name)))?;
            }
            Outcome::Updated(updated) => self.write_down_update(&line, name, updated)?,
            Outcome::There => counts.there_already += 1,
            Outcome::Taken(holder) if self.is_copy => {
                self.taken.push(Taken { line, record, holder });
                return Ok(());
            }
            Outcome::Taken(_) => return self.reject(&line, NAME_TAKEN),
            Outcome::Bad(reason) => return self.reject(&line, &reason),
        }
        self.progress.line(line.bytes.len());
        Ok(())
    }

    fn write_down_update(&mut self, line: &Line, name: &str, updated: Updated) -> Result<(), AdminError> {
        let Updated { user_id, changed, is_disabled, keeps_password } = updated;
        if keeps_password {
            let number = line.number;
            self.progress.say(&format!("line {number}: the stored password is newer, and stays"));
        }
        let counts = &mut self.summary.counts;
        if changed.is_empty() {
            counts.there_already += 1;
            return Ok(());
        }
        *counts.updated.get_or_insert_default() += 1;
        if self.worker.audit.is_none() && changed.contains(&attribute::USERNAME) {
            self.moved.insert(user_id.clone());
        }
        let subject = Subject::user(&user_id, Some(name));
        if changed.contains(&attribute::DISABLED) {
            let event = if is_disabled { OperatorEvent::UserDisabled } else { OperatorEvent::UserEnabled };
            self.record(event, &subject)?;
            if is_disabled {
                self.summary.disabled.push(user_id);
            }
        }
        self.record(OperatorEvent::UserUpdated, &Subject { changed: Some(changed), ..subject })
    }

    fn record(&self, event: OperatorEvent, subject: &Subject) -> Result<(), AdminError> {
        match &self.worker.audit {
            Some(audit) => audit.record(event, subject),
            None => Ok(()),
        }
    }

    pub(super) fn reject(&mut self, line: &Line, reason: &str) -> Result<(), AdminError> {
        self.summary.counts.rejected += 1;
        self.progress.rejected(line.number, reason);
        self.progress.line(line.bytes.len());
        self.rejects.add(&line.bytes)
    }

    /// Stops the import. If several lines failed, it continues from the first next time.
    pub(super) fn fail(&mut self, line: u64, error: AdminError) {
        if self.failed.as_ref().is_none_or(|(first, _)| line < *first) {
            self.failed = Some((line, error));
        }
    }
}
