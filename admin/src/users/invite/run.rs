//! Invites the addresses of the command line, or those of a file.

use mails::EmailAddress;
use serde::Serialize;
use tokio::{select, sync::mpsc::Receiver};

use super::{
    invitation::Invitation,
    inviter::{Inviter, Outcome},
    pace::Pace,
};
use crate::{
    console::{Console, instant},
    error::AdminError,
    import::{
        lines::{Line, Piece},
        progress::Progress,
        rejects::Rejects,
        seen::Seen,
    },
    interrupt::Interrupts,
};

/// The number of addresses with each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) invited: u64,
    /// Those with an invitation whose link still works.
    pub(super) pending: u64,
    /// Those with an account.
    pub(super) there_already: u64,
    pub(super) rejected: u64,
}

impl Counts {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Invited => self.invited += 1,
            Outcome::Pending(_) => self.pending += 1,
            Outcome::There => self.there_already += 1,
            Outcome::Bad(_) => self.rejected += 1,
        }
    }
}

/// Invites the addresses of the command line, and says which of them aren't invited.
pub(super) async fn each(
    inviter: &mut Inviter,
    mut pace: Pace,
    addresses: Vec<EmailAddress>,
    console: &Console,
    counts: &mut Counts,
) -> Result<(), AdminError> {
    for address in addresses {
        pace.wait().await;
        let invitation = Invitation::of(address);
        let outcome = inviter.invite(&invitation).await?;
        counts.count(&outcome);
        let address = invitation.address.as_str();
        match outcome {
            Outcome::Invited => pace.invited(),
            Outcome::Pending(until) => console.note(&format!(
                "{address} has an invitation that is good until {}: --again replaces it",
                instant(until.as_unix())
            )),
            Outcome::There => console.note(&format!("{address} has an account already")),
            Outcome::Bad(reason) => console.note(&format!("{address}: {reason}")),
        }
    }
    Ok(())
}

/// The error of a failure at this line. A refusal of the whole command stays one.
fn stopped(line: u64) -> impl FnOnce(AdminError) -> AdminError {
    move |cause| match cause {
        AdminError::Refused(_) | AdminError::NotFound { .. } => cause,
        cause => AdminError::Stopped { line, cause: Some(Box::new(cause)) },
    }
}

/// The run through a file.
pub(super) struct Run {
    pub(super) inviter: Inviter,
    pub(super) pace: Pace,
    pub(super) progress: Progress,
    pub(super) rejects: Rejects,
    /// The addresses so far.
    pub(super) seen: Seen,
    pub(super) counts: Counts,
}

impl Run {
    /// Invites the address of each line, until the end, a failure or a signal.
    pub(super) async fn all(
        &mut self,
        mut pieces: Receiver<Piece>,
        from_line: u64,
    ) -> Result<(), AdminError> {
        let mut interrupts = Interrupts::listen()?;
        let mut next = from_line;
        loop {
            let piece = select! {
                biased;
                () = interrupts.next() => return Err(AdminError::Stopped { line: next, cause: None }),
                piece = async { self.pace.wait().await; pieces.recv().await } => piece,
            };
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
        match self.invite(line).await? {
            Ok(()) => {}
            Err(reason) => {
                self.counts.rejected += 1;
                self.progress.rejected(line.number, &reason);
                self.rejects.add(&line.bytes)?;
            }
        }
        self.progress.line(line.bytes.len());
        Ok(())
    }

    /// Invites the address of a line, or returns why the line is rejected.
    async fn invite(&mut self, line: &Line) -> Result<Result<(), String>, AdminError> {
        let invitation = match Invitation::parse(&line.bytes) {
            Ok(Some(invitation)) => invitation,
            Ok(None) => return Ok(Ok(())),
            Err(reason) => return Ok(Err(reason)),
        };
        let address = invitation.address.normal();
        if let Some(earlier) = self.seen.line_of(address) {
            return Ok(Err(format!("it has the address of line {earlier}")));
        }
        self.seen.note(address, line.number);
        match self.inviter.invite(&invitation).await? {
            Outcome::Bad(reason) => Ok(Err(reason.to_owned())),
            outcome => {
                if matches!(outcome, Outcome::Invited) {
                    self.pace.invited();
                }
                self.counts.count(&outcome);
                Ok(Ok(()))
            }
        }
    }
}
