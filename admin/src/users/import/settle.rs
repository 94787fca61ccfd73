//! Handles the lines of a copy whose names other users have, after the whole file was read.

use std::future;

use tokio::select;

use super::{
    plan::NAME_TAKEN,
    record::Record,
    run::Run,
    waiting::{Taken, behind, circles, in_order},
    worker::Outcome,
};
use crate::{error::AdminError, interrupt::Interrupts};

/// The result of trying waiting lines.
enum Settled {
    /// These lines still wait.
    Left(Vec<Taken>),
    /// A signal came before this line.
    Stopped(u64),
}

impl Run {
    /// Handles the lines whose name another user has. If that user has a line, the user may have another name
    /// by now. If not, the user is deleted, which frees the name, unless a line was rejected: it may have
    /// been that user's. Returns the number of the line before which a signal came.
    pub(super) async fn settle(&mut self, interrupts: &mut Interrupts) -> Option<u64> {
        let (gone, there): (Vec<_>, Vec<_>) = std::mem::take(&mut self.taken)
            .into_iter()
            .partition(|taken| self.summary.ids.line_of(taken.holder.as_str()).is_none());
        let settled = self.settle_all(in_order(gone), in_order(there), interrupts).await;
        settled.unwrap_or_else(|(line, error)| {
            self.fail(line, error);
            None
        })
    }

    async fn settle_all(
        &mut self,
        gone: Vec<Taken>,
        there: Vec<Taken>,
        interrupts: &mut Interrupts,
    ) -> Result<Option<u64>, (u64, AdminError)> {
        let left = match self.settle_there(there, interrupts).await? {
            Settled::Left(left) => left,
            Settled::Stopped(line) => return Ok(Some(line)),
        };
        // Lines that wait for no departing user come first. If one of them is rejected, no user is deleted.
        let (later, now) = behind(left, &gone);
        for (stuck, gone) in [(now, gone), (later, Vec::new())] {
            if let Some(line) = self.settle_stuck(stuck, interrupts).await? {
                return Ok(Some(line));
            }
            if let Some(line) = self.settle_gone(gone, interrupts).await? {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Tries the lines repeatedly, as long as some of them find their names free.
    async fn settle_there(
        &mut self,
        mut waiting: Vec<Taken>,
        interrupts: &mut Interrupts,
    ) -> Result<Settled, (u64, AdminError)> {
        loop {
            let (count, mut still) = (waiting.len(), Vec::new());
            for taken in waiting {
                let number = taken.line.number;
                if is_stopped(interrupts).await {
                    return Ok(Settled::Stopped(number));
                }
                still.extend(self.import_freed(taken).await.map_err(|error| (number, error))?);
            }
            waiting = still;
            if waiting.len() == count || waiting.is_empty() {
                return Ok(Settled::Left(waiting));
            }
        }
    }

    /// Handles lines that wait for each other. One user of a circle takes a temporary name, and the others
    /// follow. Lines that still wait afterwards are rejected.
    async fn settle_stuck(
        &mut self,
        mut stuck: Vec<Taken>,
        interrupts: &mut Interrupts,
    ) -> Result<Option<u64>, (u64, AdminError)> {
        loop {
            stuck = match self.settle_there(stuck, interrupts).await? {
                Settled::Left(left) => left,
                Settled::Stopped(line) => return Ok(Some(line)),
            };
            let (in_forms, others): (Vec<_>, Vec<_>) =
                stuck.into_iter().partition(|taken| taken.record.written.is_some());
            let has_forms = !in_forms.is_empty();
            for taken in in_forms {
                let number = taken.line.number;
                self.import_beside(taken).await.map_err(|error| (number, error))?;
            }
            let Some(first) = others.first().map(|taken| taken.line.number) else { return Ok(None) };
            if !has_forms && !self.break_circle(&others).await.map_err(|error| (first, error))? {
                for Taken { line, record, .. } in others {
                    let reason = self.reason_for_stuck(&record);
                    self.reject(&line, &reason).map_err(|error| (line.number, error))?;
                }
                return Ok(None);
            }
            stuck = others;
        }
    }

    /// Gives one user of a circle a temporary name, if every user of the circle can be renamed. It leaves a
    /// circle alone if another line claims one of its names, since the user might never get a name back.
    async fn break_circle(&mut self, waiting: &[Taken]) -> Result<bool, AdminError> {
        for circle in circles(waiting) {
            if self.is_claimed_elsewhere(&circle, waiting)
                || !self.worker.can_all_rename(circle.iter().map(|i| &waiting[*i].record)).await?
            {
                continue;
            }
            let record = &waiting[circle[0]].record;
            if self.worker.audit.is_none() {
                self.moved.extend(record.user_id.clone());
                return Ok(true);
            }
            // Another write has changed this user. There may be another circle.
            if let Some(aside) = self.worker.step_aside(record).await? {
                self.aside.extend(record.user_id.clone().map(|user_id| (user_id, aside)));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a line outside the circle claims one of its names.
    fn is_claimed_elsewhere(&self, circle: &[usize], waiting: &[Taken]) -> bool {
        circle.iter().any(|i| {
            let Taken { line, record, .. } = &waiting[*i];
            let also = |(j, other): (usize, &Taken)| j != *i && other.record.username == record.username;
            self.repeats_name(record, line.number).is_some() || waiting.iter().enumerate().any(also)
        })
    }

    /// Why a line that waited to the end is rejected.
    fn reason_for_stuck(&self, record: &Record) -> String {
        match record.user_id.as_ref().and_then(|user_id| self.aside.get(user_id)) {
            Some(aside) => {
                format!("{NAME_TAKEN}; its user is {} until a copy has the name free", aside.as_str())
            }
            None => NAME_TAKEN.to_owned(),
        }
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

    /// Imports a line if the user with its name has another name by now. Returns the line if it still has to
    /// wait.
    async fn import_freed(&mut self, taken: Taken) -> Result<Option<Taken>, AdminError> {
        let Taken { line, record, .. } = &taken;
        if self.repeats_name(record, line.number).is_some() {
            return Ok(Some(taken));
        }
        let outcome = match self.worker.import(record).await? {
            // In a dry run, a user to be renamed still has the name.
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

    /// Imports a line whose name differs from another line's only in the form that an earlier release stored.
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

    /// Gives a line's user the name of a user who is being deleted.
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
}

/// Whether a signal came.
async fn is_stopped(interrupts: &mut Interrupts) -> bool {
    select! {
        biased;
        () = interrupts.next() => true,
        () = future::ready(()) => false,
    }
}
