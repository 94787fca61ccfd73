//! The logout function, here and everywhere.

use crate::{
    revoking::Revoking,
    scenario::{Scenario, Weakness},
    store::{CLIENTS, OTHER, Row, Store},
    tick::Tick,
};

/// A logout that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ending {
    /// The session whose token was presented.
    pub own: usize,
    /// When the request began.
    pub began: Tick,
    /// How far it is.
    pub stage: Stage,
}

/// How far a logout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The user's sessions are being looked up.
    Looking,
    /// The client's session is being ended, because the other device asked for it.
    Others(Revoking),
    /// The session that asked is being ended.
    Own {
        /// How far that is.
        revoking: Revoking,
        /// It was over already, and ends nobody else's.
        is_late: bool,
    },
    /// 200.
    Done,
    /// 400: the token of a session that is over ends nobody else's.
    Refused,
}

impl Ending {
    /// A logout of the client's own session.
    pub fn here(began: Tick) -> Self {
        Self { own: CLIENTS, began, stage: own(false) }
    }

    /// A logout of all sessions, from the other device.
    pub fn everywhere(began: Tick) -> Self {
        Self { own: OTHER, began, stage: Stage::Looking }
    }

    /// Does what is next.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        self.stage = match self.stage {
            Stage::Looking => self.looked_up(store, scenario),
            Stage::Others(revoking) => match revoking.go_on(CLIENTS, self.began, store, scenario) {
                Revoking::Over if scenario.has(Weakness::OwnSessionFirst) => Stage::Done,
                Revoking::Over => own(false),
                revoking => Stage::Others(revoking),
            },
            Stage::Own { revoking, is_late } => {
                let others_wait = self.own == OTHER && scenario.has(Weakness::OwnSessionFirst);
                match revoking.go_on(self.own, self.began, store, scenario) {
                    Revoking::Over if is_late => Stage::Refused,
                    Revoking::Over if others_wait => Stage::Others(Revoking::Marking),
                    Revoking::Over => Stage::Done,
                    revoking => Stage::Own { revoking, is_late },
                }
            }
            stage @ (Stage::Done | Stage::Refused) => stage,
        };
    }

    /// The sessions that there are, read consistently.
    fn looked_up(&self, store: &Store, scenario: &Scenario) -> Stage {
        let is_live = |row: &Row| row.is_live(self.began);
        let own_lives = store.sessions[self.own].as_ref().is_some_and(is_live);
        if !own_lives && store.sessions.iter().flatten().any(is_live) {
            return own(true);
        }
        if scenario.has(Weakness::OwnSessionFirst) {
            return own(false);
        }
        if store.sessions[CLIENTS].is_some() { Stage::Others(Revoking::Marking) } else { own(false) }
    }
}

fn own(is_late: bool) -> Stage {
    Stage::Own { revoking: Revoking::Marking, is_late }
}
