//! The results of inviting addresses, or of withdrawing their invitations.

use serde::Serialize;
use shared::clock::Timestamp;

use crate::console::instant;

/// The result for an address.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The invitation waits to be sent.
    Invited,
    /// The address has an invitation whose link works until then. It stays.
    Pending(Timestamp),
    /// The address has an account.
    There,
    /// The address isn't invited, for this reason.
    Bad(&'static str),
    /// The invitation was withdrawn.
    Withdrawn,
    /// The invitation was accepted before it could be withdrawn.
    Accepted,
    /// The address has no invitation to withdraw.
    NotInvited,
}

impl Outcome {
    /// What the operator has to know of an address; `None`, if the command did what it was for.
    pub(super) fn note(&self, address: &str) -> Option<String> {
        match self {
            Self::Invited | Self::Withdrawn => None,
            Self::Pending(until) => Some(format!(
                "{address} has an invitation that is good until {}: --again replaces it",
                instant(until.as_unix())
            )),
            Self::There => Some(format!("{address} has an account already")),
            Self::Bad(reason) => Some(format!("{address}: {reason}")),
            Self::Accepted => Some(format!(
                "{address} has accepted the invitation: `latchgate users disable` or `users delete` ends the \
                 account"
            )),
            Self::NotInvited => Some(format!("{address} has no invitation")),
        }
    }
}

/// The number of addresses with each result. Those that the command can't have are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    #[serde(skip_serializing_if = "Option::is_none")]
    invited: Option<u64>,
    /// Those with an invitation whose link still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u64>,
    /// Those with an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    there_already: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<u64>,
    /// Those whose invitation was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<u64>,
    /// Those without an invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_invited: Option<u64>,
    pub(super) rejected: u64,
}

impl Counts {
    /// The printed order.
    pub(super) const LINES: &[&str] =
        &["invited", "pending", "there_already", "withdrawn", "accepted", "not_invited", "rejected"];

    const NONE: Self = Self {
        invited: None,
        pending: None,
        there_already: None,
        withdrawn: None,
        accepted: None,
        not_invited: None,
        rejected: 0,
    };

    /// No addresses yet, of a command that invites.
    pub(super) const INVITING: Self =
        Self { invited: Some(0), pending: Some(0), there_already: Some(0), ..Self::NONE };

    /// No addresses yet, of a command that withdraws invitations.
    pub(super) const WITHDRAWING: Self =
        Self { withdrawn: Some(0), accepted: Some(0), not_invited: Some(0), ..Self::NONE };

    pub(super) fn count(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Invited => &mut self.invited,
            Outcome::Pending(_) => &mut self.pending,
            Outcome::There => &mut self.there_already,
            Outcome::Withdrawn => &mut self.withdrawn,
            Outcome::Accepted => &mut self.accepted,
            Outcome::NotInvited => &mut self.not_invited,
            Outcome::Bad(_) => {
                self.rejected += 1;
                return;
            }
        };
        *count.get_or_insert_default() += 1;
    }
}
