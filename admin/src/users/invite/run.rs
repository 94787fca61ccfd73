//! Invites the addresses of the command line or of a file, or withdraws their invitations.

use mails::EmailAddress;
use tokio::{select, sync::mpsc::Receiver};

use super::{
    invitation::Invitation,
    inviter::Inviter,
    outcome::{Counts, Outcome},
    pace::Pace,
    withdrawer::Withdrawer,
};
use crate::{
    console::Console,
    error::AdminError,
    import::{
        lines::{Line, Piece},
        progress::Progress,
        rejects::Rejects,
        seen::Seen,
    },
    interrupt::Interrupts,
};

/// What the command does with each address.
pub(super) enum Work {
    /// It invites the address.
    Invite(Box<Inviter>),
    /// It withdraws the invitation.
    Withdraw(Box<Withdrawer>),
}

impl Work {
    /// No addresses yet.
    pub(super) fn counts(&self) -> Counts {
        match self {
            Self::Invite(_) => Counts::INVITING,
            Self::Withdraw(_) => Counts::WITHDRAWING,
        }
    }

    async fn carry_out(&mut self, invitation: &Invitation) -> Result<Outcome, AdminError> {
        match self {
            Self::Invite(inviter) => inviter.invite(invitation).await,
            Self::Withdraw(withdrawer) => withdrawer.withdraw(&invitation.address).await,
        }
    }
}

/// Handles the addresses of the command line, and says of which it did nothing.
pub(super) async fn each(
    work: &mut Work,
    mut pace: Pace,
    addresses: Vec<EmailAddress>,
    console: &Console,
    counts: &mut Counts,
) -> Result<(), AdminError> {
    for address in addresses {
        pace.wait().await;
        let invitation = Invitation::of(address);
        let outcome = work.carry_out(&invitation).await?;
        counts.count(&outcome);
        if matches!(outcome, Outcome::Invited) {
            pace.invited();
        }
        if let Some(note) = outcome.note(invitation.address.as_str()) {
            console.note(&note);
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
    pub(super) work: Work,
    pub(super) pace: Pace,
    pub(super) progress: Progress,
    pub(super) rejects: Rejects,
    /// The addresses so far.
    pub(super) seen: Seen,
    pub(super) counts: Counts,
}

impl Run {
    /// Handles the address of each line, until the end, a failure or a signal.
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
        match self.carry_out(line).await? {
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

    /// Handles the address of a line, or returns why the line is rejected.
    async fn carry_out(&mut self, line: &Line) -> Result<Result<(), String>, AdminError> {
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
        let outcome = self.work.carry_out(&invitation).await?;
        match outcome {
            Outcome::Bad(reason) => return Ok(Err(reason.to_owned())),
            Outcome::Invited => self.pace.invited(),
            // The other results need nothing of the operator.
            Outcome::Accepted => {
                self.progress.say(&format!("line {}: its invitation was accepted", line.number));
            }
            Outcome::Pending(_) | Outcome::There | Outcome::Withdrawn | Outcome::NotInvited => {}
        }
        self.counts.count(&outcome);
        Ok(Ok(()))
    }
}
