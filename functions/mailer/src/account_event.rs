//! Events of accounts that the users are told about.

use std::time::Duration;

use mails::Purpose;
use shared::{clock::Timestamp, ids::UserId, network::Network, store::Notice};

/// How far an event may be ahead of the clock. A new password counts from some seconds after its change. An
/// instant far ahead would make every event until then look like a repetition.
const AHEAD: Duration = Duration::from_secs(3600);

/// An event of an account that the user is told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountEvent {
    pub(crate) user_id: UserId,
    pub(crate) notice: Notice,
    /// When it happened. With the notice, it tells the events of a user apart.
    pub(crate) at: Timestamp,
    /// The network whose request it is, if its mail counts for one.
    pub(crate) network: Option<Network>,
}

/// Whether the user may be told of an event now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeliness {
    /// It may.
    Now,
    /// It's too late. The row that would show a repetition may be gone.
    Over,
    /// It can't have happened yet.
    Ahead,
}

impl AccountEvent {
    pub(crate) fn timeliness(&self, now: Timestamp) -> Timeliness {
        if self.at + Purpose::Notice(self.notice).ttl() <= now {
            Timeliness::Over
        } else if self.at > now + AHEAD {
            Timeliness::Ahead
        } else {
            Timeliness::Now
        }
    }
}
