//! The row of a mailbox.

use super::scenario::{Scenario, Weakness};
use crate::scenario::Tick;

/// The row of the mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// The mail that waits to be sent.
    pub unsent: Option<u8>,
    /// The lease of a delivery.
    pub lease: Option<Lease>,
    /// Not in the table: the next mark. Marks are random, so each is new.
    pub marks: u8,
}

/// A delivery's right to send the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The mark of the delivery.
    pub mark: u8,
    /// The time at which it ends.
    pub until: Tick,
}

impl Row {
    /// Whether the delivery with this mark still holds the lease of this mail.
    pub fn is_of(&self, mail: u8, mark: u8, scenario: &Scenario) -> bool {
        let is_held = self.lease.is_some_and(|lease| lease.mark == mark);
        (is_held && self.unsent == Some(mail)) || scenario.has(Weakness::MarkOfAnyMail)
    }
}
