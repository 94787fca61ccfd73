//! All lines, some at the same time.

use std::{collections::HashSet, pin::pin};

use serde::Serialize;
use tokio::{
    select, signal,
    sync::mpsc::Receiver,
    task::{JoinError, JoinSet},
};

use super::{
    lines::{Line, Piece},
    progress::Progress,
    record::Record,
    rejects::Rejects,
    worker::{Outcome, Worker},
};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    error::AdminError,
};

/// How many lines are dealt with at the same time.
const AT_ONCE: usize = 16;

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) imported: u64,
    pub(super) there_already: u64,
    pub(super) rejected: u64,
}

/// An import under way.
pub(super) struct Run {
    worker: Worker,
    rejects: Rejects,
    /// Nobody's, where nothing is written.
    audit: Option<AuditLog>,
    progress: Progress,
    running: JoinSet<Finished>,
    /// The names in these lines: of two lines with the same name the first is imported.
    names: HashSet<String>,
    counts: Counts,
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
    pub(super) fn new(worker: Worker, rejects: Rejects, audit: Option<AuditLog>, progress: Progress) -> Self {
        Self {
            worker,
            rejects,
            audit,
            progress,
            running: JoinSet::new(),
            names: HashSet::new(),
            counts: Counts::default(),
            failed: None,
        }
    }

    /// Imports all lines, until the end, a failure or Ctrl-C; those that were begun are finished in any case.
    pub(super) async fn all(
        &mut self,
        mut pieces: Receiver<Piece>,
        from_line: u64,
    ) -> Result<(), AdminError> {
        let mut interrupted = pin!(signal::ctrl_c());
        let (mut next, mut is_stopped) = (from_line, false);
        while self.failed.is_none() && !is_stopped {
            let piece = select! {
                biased;
                _ = &mut interrupted => { is_stopped = true; continue }
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
    pub(super) fn finish(self) -> Result<(Counts, String), AdminError> {
        self.progress.finish();
        Ok((self.counts, self.rejects.finish()?))
    }

    async fn begin(&mut self, line: Line) -> Result<(), AdminError> {
        let record = match Record::parse(&line.bytes) {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.progress.line(line.bytes.len());
                return Ok(());
            }
            Err(reason) => return self.reject(&line, &reason),
        };
        let name = record.username.as_str().to_owned();
        while self.running.len() >= AT_ONCE || self.names.contains(&name) {
            self.finish_one().await;
        }
        self.names.insert(name.clone());
        let worker = self.worker.clone();
        self.running.spawn(async move {
            let result = worker.import(record).await;
            Finished { line, name, result }
        });
        Ok(())
    }

    async fn finish_one(&mut self) {
        if let Some(finished) = self.running.join_next().await {
            self.done(finished);
        }
    }

    fn done(&mut self, finished: Result<Finished, JoinError>) {
        // Unwrap safety: a task that panicked panics here, as it would have without a task.
        let Finished { line, name, result } = finished.expect("importing a line doesn't panic");
        self.names.remove(&name);
        let number = line.number;
        let written = result.and_then(|outcome| self.write_down(&line, &name, outcome));
        if let Err(error) = written {
            self.fail(number, error);
        }
    }

    fn write_down(&mut self, line: &Line, name: &str, outcome: Outcome) -> Result<(), AdminError> {
        match outcome {
            Outcome::Imported(user_id) => {
                self.counts.imported += 1;
                if let Some(audit) = &self.audit {
                    audit.record(OperatorEvent::UserImported, &Subject::user(&user_id, Some(name)))?;
                }
            }
            Outcome::There => self.counts.there_already += 1,
            Outcome::Bad(reason) => return self.reject(line, reason),
        }
        self.progress.line(line.bytes.len());
        Ok(())
    }

    fn reject(&mut self, line: &Line, reason: &str) -> Result<(), AdminError> {
        self.counts.rejected += 1;
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
