//! A delivery of the mail that waits.

use super::{
    row::{Lease, Row},
    scenario::{LEASE_TTL, Scenario, Weakness},
};
use crate::scenario::Tick;

/// A delivery in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Delivery {
    /// The time at which it began.
    pub began: Tick,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The mail is about to be taken.
    Leasing,
    /// This mail is about to be sent.
    Sending(Taken),
    /// The mail service has accepted it. It is about to be marked.
    Marking(Taken),
    /// The mail service has refused it. It is about to be given back.
    Releasing(Taken),
    /// The record is done.
    Done,
    /// The record comes again.
    Failed,
}

/// A mail that a delivery has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Taken {
    /// The mail.
    pub mail: u8,
    /// The mark of its lease.
    pub mark: u8,
    /// Whether the mail service has accepted it.
    pub is_accepted: bool,
}

/// A step of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next operation succeeds.
    Next,
    /// The mail service refuses the mail for now.
    Refuse,
    /// The mail service accepts the mail, and its answer is lost.
    AcceptUnheard,
    /// The mail service gets no mail and gives no answer.
    NoAnswer,
    /// The delivery dies, or its next write fails.
    Crash,
}

impl Delivery {
    /// A delivery of a record.
    pub fn new(began: Tick) -> Self {
        Self { began, stage: Stage::Leasing }
    }

    /// The mail that the mail service accepts by this step.
    pub fn accepted_by(&self, step: Step) -> Option<u8> {
        match (self.stage, step) {
            (Stage::Sending(taken), Step::Next | Step::AcceptUnheard) => Some(taken.mail),
            _ => None,
        }
    }

    /// The mail that is accepted, and that this delivery won't mark if it dies now.
    pub fn left_unmarked(&self) -> Option<u8> {
        match self.stage {
            Stage::Marking(taken) if taken.is_accepted => Some(taken.mail),
            _ => None,
        }
    }

    /// Takes a step. A crash is the world's.
    pub fn go_on(&mut self, step: Step, row: &mut Row, now: Tick, scenario: &Scenario) {
        self.stage = match self.stage {
            Stage::Leasing => lease(row, now, scenario),
            Stage::Sending(taken) => match step {
                Step::Next if scenario.has(Weakness::MarkedBeforeSent) => Stage::Done,
                Step::Next => Stage::Marking(Taken { is_accepted: true, ..taken }),
                Step::Refuse if scenario.has(Weakness::RefusedIsMarked) => Stage::Marking(taken),
                Step::Refuse => Stage::Releasing(taken),
                Step::AcceptUnheard | Step::NoAnswer | Step::Crash => Stage::Failed,
            },
            Stage::Marking(taken) => {
                if row.is_of(taken.mail, taken.mark, scenario) {
                    (row.unsent, row.lease) = (None, None);
                }
                let is_left = scenario.has(Weakness::MarkedBeforeSent);
                if is_left { Stage::Sending(taken) } else { Stage::Done }
            }
            Stage::Releasing(taken) => {
                if row.is_of(taken.mail, taken.mark, scenario) {
                    row.lease = None;
                }
                Stage::Failed
            }
            stage @ (Stage::Done | Stage::Failed) => stage,
        };
    }
}

fn lease(row: &mut Row, now: Tick, scenario: &Scenario) -> Stage {
    let Some(mail) = row.unsent else { return Stage::Done };
    let is_held = row.lease.is_some_and(|lease| lease.until > now);
    if is_held && !scenario.has(Weakness::NoLease) {
        return if scenario.has(Weakness::HeldIsDone) { Stage::Done } else { Stage::Failed };
    }
    let ttl = if scenario.has(Weakness::ShortLease) { 1 } else { LEASE_TTL };
    let mark = row.marks;
    row.marks += 1;
    row.lease = Some(Lease { mark, until: now + ttl });
    let taken = Taken { mail, mark, is_accepted: false };
    if scenario.has(Weakness::MarkedBeforeSent) { Stage::Marking(taken) } else { Stage::Sending(taken) }
}
