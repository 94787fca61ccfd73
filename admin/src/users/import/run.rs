//! All lines, some at the same time.

use serde::Serialize;
use shared::{ids::UserId, store::attribute};
use tokio::{
    select,
    sync::mpsc::Receiver,
    task::{JoinError, JoinSet},
};

use super::{
    record::Record,
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
    /// The users whom the lines disabled.
    pub(super) disabled: Vec<UserId>,
}

/// An import under way.
pub(super) struct Run {
    worker: Worker,
    rejects: Rejects,
    progress: Progress,
    running: JoinSet<Finished>,
    /// Which names and identifiers the lines so far have: the first line with one wins, whichever is written first.
    ids: Seen,
    update: bool,
    summary: Summary,
    /// The first line that could not be dealt with, and why.
    failed: Option<(u64, AdminError)>,
}

/// A line, and what became of it.
struct Finished {
    line: Line,
    name: String,
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
            ids: Seen::default(),
            update: options.update,
            summary: Summary { counts, names: Seen::default(), disabled: Vec::new() },
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
        let record = match Record::parse(&line.bytes, self.update) {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.progress.line(line.bytes.len());
                return Ok(());
            }
            Err(reason) => return self.reject(&line, &reason),
        };
        if let Some(reason) = self.repeats(&record) {
            return self.reject(&line, &reason);
        }
        let name = record.username.as_str().to_owned();
        self.summary.names.note(&name, line.number);
        if let Some(user_id) = &record.user_id {
            self.ids.note(user_id.as_str(), line.number);
        }
        while self.running.len() >= AT_ONCE {
            self.finish_one().await;
        }
        let worker = self.worker.clone();
        self.running.spawn(async move {
            let result = worker.import(record).await;
            Finished { line, name, result }
        });
        Ok(())
    }

    /// Which earlier line has the same name or identifier, as the reason to reject this one.
    fn repeats(&self, record: &Record) -> Option<String> {
        let name = self.summary.names.line_of(record.username.as_str());
        let id = record.user_id.as_ref().and_then(|user_id| self.ids.line_of(user_id.as_str()));
        name.map(|line| format!("it has the username of line {line}"))
            .or_else(|| id.map(|line| format!("it has the user_id of line {line}")))
    }

    async fn finish_one(&mut self) {
        if let Some(finished) = self.running.join_next().await {
            self.done(finished);
        }
    }

    fn done(&mut self, finished: Result<Finished, JoinError>) {
        // Unwrap safety: a task that panicked panics here, as it would have without a task.
        let Finished { line, name, result } = finished.expect("importing a line doesn't panic");
        let number = line.number;
        let written = result.and_then(|outcome| self.write_down(&line, &name, outcome));
        if let Err(error) = written {
            self.fail(number, error);
        }
    }

    fn write_down(&mut self, line: &Line, name: &str, outcome: Outcome) -> Result<(), AdminError> {
        let counts = &mut self.summary.counts;
        match outcome {
            Outcome::Imported(user_id) => {
                counts.imported += 1;
                self.record(OperatorEvent::UserImported, &Subject::user(&user_id, Some(name)))?;
            }
            Outcome::Updated(updated) => self.write_down_update(line, name, updated)?,
            Outcome::There => counts.there_already += 1,
            Outcome::Bad(reason) => return self.reject(line, &reason),
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
