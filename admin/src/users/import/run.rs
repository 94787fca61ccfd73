//! All lines, some at the same time.

use std::{collections::HashSet, future};

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
    waiting::{Taken, in_order, refused},
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

/// How many lines are dealt with at the same time.
const AT_ONCE: usize = 16;

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) imported: u64,
    /// Absent where nobody is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<u64>,
    pub(super) there_already: u64,
    pub(super) rejected: u64,
    /// How many were disabled who are not in the file; absent where nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disabled: Option<u64>,
}

/// What is known once the lines are dealt with.
pub(super) struct Summary {
    pub(super) counts: Counts,
    /// The names in the file.
    pub(super) names: Seen,
    /// The identifiers in the file. The first line with a name or an identifier wins, whichever is written first.
    pub(super) ids: Seen,
    /// The users whom the lines disabled.
    pub(super) disabled: Vec<UserId>,
}

/// An import under way.
pub(super) struct Run {
    worker: Worker,
    rejects: Rejects,
    progress: Progress,
    running: JoinSet<Finished>,
    update: bool,
    /// Whether the file has all users of another deployment.
    is_copy: bool,
    /// Lines that have to wait for the last one.
    taken: Vec<Taken>,
    /// The users who would have another name: in a dry run, which gives nobody one.
    moved: HashSet<UserId>,
    summary: Summary,
    /// The first line that could not be dealt with, and why.
    failed: Option<(u64, AdminError)>,
}

/// A line, and what became of it.
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
            update: options.update,
            is_copy: options.disable_missing,
            taken: Vec::new(),
            moved: HashSet::new(),
            summary: Summary { counts, names: Seen::default(), ids: Seen::default(), disabled: Vec::new() },
            failed: None,
        }
    }

    /// Imports all lines, until the end, a failure or a signal; those that were begun are finished in any case.
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
                // Written down when it is done, not when the next line comes; but not into the midst of a bad line
                // that comes in pieces.
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
            // `from_line` doesn't go with a copy: where a signal comes, all of it is begun again.
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

    /// What became of the lines, and where the bad ones are.
    pub(super) fn finish(self) -> Result<(Summary, String), AdminError> {
        self.progress.finish();
        Ok((self.summary, self.rejects.finish()?))
    }

    async fn begin(&mut self, line: Line) -> Result<(), AdminError> {
        let mut record = match Record::parse(&line.bytes, self.update) {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.progress.line(line.bytes.len());
                return Ok(());
            }
            Err(reason) => return self.reject(&line, &reason),
        };
        let holder = self.worker.resolve(&mut record, self.is_copy).await?;
        let waits = self.is_copy && holder.is_some();
        // One that waits may have another name yet, and the line of the name's holder may be still to come.
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

    /// Deals with the lines whose name another user has. One who is in a line may have got another name; one who is in none is
    /// gone, and the name is free; but a line that was rejected may have been that one's. Returns the line before which a
    /// signal came.
    async fn settle(&mut self, interrupts: &mut Interrupts) -> Option<u64> {
        let (gone, there): (Vec<_>, Vec<_>) = std::mem::take(&mut self.taken)
            .into_iter()
            .partition(|taken| self.summary.ids.line_of(taken.holder.as_str()).is_none());
        // Those whose holder is there first: they may be rejected yet.
        let settled = match self.settle_there(in_order(there), interrupts).await {
            Ok(None) => self.settle_gone(in_order(gone), interrupts).await,
            settled => settled,
        };
        settled.unwrap_or_else(|(line, error)| {
            self.fail(line, error);
            None
        })
    }

    /// Tries lines again and again, as long as some of them find their name free.
    async fn settle_there(
        &mut self,
        mut waiting: Vec<Taken>,
        interrupts: &mut Interrupts,
    ) -> Result<Option<u64>, (u64, AdminError)> {
        while !waiting.is_empty() {
            let (count, mut still) = (waiting.len(), Vec::new());
            for taken in waiting {
                let number = taken.line.number;
                if is_stopped(interrupts).await {
                    return Ok(Some(number));
                }
                still.extend(self.import_freed(taken).await.map_err(|error| (number, error))?);
            }
            waiting = still;
            if waiting.len() < count {
                continue;
            }
            let (in_forms, others): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|taken| taken.record.written.is_some());
            if in_forms.is_empty() {
                for (line, reason) in refused(others) {
                    self.reject(&line, reason).map_err(|error| (line.number, error))?;
                }
                break;
            }
            for taken in in_forms {
                let number = taken.line.number;
                self.import_beside(taken).await.map_err(|error| (number, error))?;
            }
            waiting = others;
        }
        Ok(None)
    }

    async fn settle_gone(
        &mut self,
        waiting: Vec<Taken>,
        interrupts: &mut Interrupts,
    ) -> Result<Option<u64>, (u64, AdminError)> {
        let is_whole = self.summary.counts.rejected == 0;
        for taken in waiting {
            let number = taken.line.number;
            if is_stopped(interrupts).await {
                return Ok(Some(number));
            }
            let done =
                if is_whole { self.succeed(taken).await } else { self.reject(&taken.line, NAME_TAKEN) };
            done.map_err(|error| (number, error))?;
        }
        Ok(None)
    }

    /// Takes a line whose name another line's user had, if that one has another by now. Otherwise the line waits on.
    async fn import_freed(&mut self, taken: Taken) -> Result<Option<Taken>, AdminError> {
        let Taken { line, record, .. } = &taken;
        if self.repeats_name(record, line.number).is_some() {
            return Ok(Some(taken));
        }
        let outcome = match self.worker.import(record).await? {
            // A dry run leaves the name to who would have another.
            Outcome::Taken(holder) if self.moved.contains(&holder) => self.worker.would_take(record).await?,
            outcome => outcome,
        };
        if let Outcome::Taken(holder) = outcome {
            return Ok(Some(Taken { holder, ..taken }));
        }
        self.summary.names.note(record.username.as_str(), line.number);
        self.write_down(taken.line, taken.record, outcome)?;
        Ok(None)
    }

    /// Takes a line whose name is that of another line but for the form in which another release stored it.
    async fn import_beside(&mut self, taken: Taken) -> Result<(), AdminError> {
        let Taken { line, mut record, .. } = taken;
        let held = match record.written.clone() {
            Some(written) => std::mem::replace(&mut record.username, written),
            None => record.username.clone(),
        };
        if let Some(reason) = self.repeats_name(&record, line.number) {
            return self.reject(&line, &reason);
        }
        if record.username == held {
            return self.reject(&line, NAME_TAKEN);
        }
        self.summary.names.note(record.username.as_str(), line.number);
        let outcome = match self.worker.import(&record).await? {
            Outcome::Taken(_) => Outcome::Bad(NAME_TAKEN.to_owned()),
            outcome => outcome,
        };
        self.write_down(line, record, outcome)
    }

    /// Gives a line's user the name of one who is gone.
    async fn succeed(&mut self, taken: Taken) -> Result<(), AdminError> {
        let Taken { line, record, holder } = taken;
        if let Some(reason) = self.repeats_name(&record, line.number) {
            return self.reject(&line, &reason);
        }
        self.summary.names.note(record.username.as_str(), line.number);
        let (outcome, was_enabled) = self.worker.succeed(&record, &holder).await?;
        if was_enabled {
            *self.summary.counts.disabled.get_or_insert_default() += 1;
            self.summary.disabled.push(holder);
        }
        self.write_down(line, record, outcome)
    }

    fn note_id(&mut self, record: &Record, line: u64) {
        if let Some(user_id) = &record.user_id {
            self.summary.ids.note(user_id.as_str(), line);
        }
    }

    /// Which other line has the same name, as the reason to reject this one.
    fn repeats_name(&self, record: &Record, number: u64) -> Option<String> {
        let line = self.summary.names.line_of(record.username.as_str()).filter(|line| *line != number)?;
        Some(format!("it has the username of line {line}"))
    }

    /// Which earlier line has the same identifier.
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
        // Unwrap safety: a task that panicked panics here, as it would have without a task.
        let Finished { line, record, result } = finished.expect("importing a line doesn't panic");
        let number = line.number;
        let written = result.and_then(|outcome| self.write_down(line, record, outcome));
        if let Err(error) = written {
            self.fail(number, error);
        }
    }

    fn write_down(&mut self, line: Line, record: Record, outcome: Outcome) -> Result<(), AdminError> {
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
            self.progress.say(&format!("line {number}: the password that is there is newer, and stays"));
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

    fn reject(&mut self, line: &Line, reason: &str) -> Result<(), AdminError> {
        self.summary.counts.rejected += 1;
        self.progress.say(&format!("line {}: {reason}", line.number));
        self.progress.line(line.bytes.len());
        self.rejects.add(&line.bytes)
    }

    /// Stops the import; of several lines that failed the first is where to go on.
    fn fail(&mut self, line: u64, error: AdminError) {
        if self.failed.as_ref().is_none_or(|(first, _)| line < *first) {
            self.failed = Some((line, error));
        }
    }
}

/// Whether a signal came.
async fn is_stopped(interrupts: &mut Interrupts) -> bool {
    select! {
        biased;
        () = interrupts.next() => true,
        () = future::ready(()) => false,
    }
}
