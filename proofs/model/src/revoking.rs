//! The end of one session: marked, put on the denylist, deleted.

use crate::{
    scenario::{Scenario, Weakness},
    store::Store,
    tick::Tick,
};

/// How far the end of a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Revoking {
    /// The instant is about to be written into the session.
    Marking,
    /// The row of this instant is about to be put.
    Denying(Tick),
    /// The session is about to be deleted.
    Deleting,
    /// It is over.
    Over,
}

impl Revoking {
    /// Does what is next, for a request that began then.
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
