//! Ends one session in three steps: it is marked, denied and deleted.

use crate::{
    scenario::{Scenario, Tick, Weakness},
    store::Store,
};

/// The stage of a session's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Revoking {
    /// The time of the end is about to be written into the session.
    Marking,
    /// The denylist row of this instant is about to be put.
    Denying(Tick),
    /// The session is about to be deleted.
    Deleting,
    /// The end is complete.
    Over,
}

impl Revoking {
    /// Takes the next step, for a request that began at `began`.
    #[must_use]
    pub fn go_on(self, session: usize, began: Tick, store: &mut Store, scenario: &Scenario) -> Self {
        match self {
            Self::Marking => store.mark(session, began, scenario).map_or(Self::Over, Self::Denying),
            Self::Denying(ended_at) => {
                if !scenario.has(Weakness::NoDenylistRow) {
                    store.denylist[session] |= 1 << ended_at;
                }
                Self::Deleting
            }
            Self::Deleting => {
                if !scenario.has(Weakness::SessionIsLeft) {
                    store.sessions[session] = None;
                }
                Self::Over
            }
            Self::Over => Self::Over,
        }
    }
}
