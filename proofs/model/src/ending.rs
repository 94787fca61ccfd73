//! The logout function, for one session and everywhere.

use crate::{
    revoking::Revoking,
    scenario::{Scenario, Tick, Weakness},
    store::{CLIENTS, OTHER, Row, Store},
    token::Jkt,
};

/// A logout in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ending {
    /// The session whose token was presented.
    pub own: usize,
    /// The key that the request has a proof of.
    pub proof: Option<Jkt>,
    /// The time at which the request began.
    pub began: Tick,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The user's sessions are being looked up.
    Looking,
    /// The user's other session is being ended.
    Others(Revoking),
    /// The request's own session is being ended.
    Own {
        /// The stage of that session's end.
        revoking: Revoking,
        /// The session had already ended, so this logout ends no other session.
        is_late: bool,
    },
    /// 200.
    Done,
    /// 400: the session of the token is over, or the token is bound and there is no proof. Such a token ends no other
    /// session.
    Refused,
}

impl Ending {
    /// A logout of the client's own session.
    pub fn here(began: Tick) -> Self {
        Self { own: CLIENTS, proof: None, began, stage: own(false) }
    }

    /// A logout of all sessions, by a token of this one.
    pub fn everywhere(own: usize, proof: Option<Jkt>, began: Tick) -> Self {
        Self { own, proof, began, stage: Stage::Looking }
    }

    /// The user's other session.
    fn other(&self) -> usize {
        if self.own == OTHER { CLIENTS } else { OTHER }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        self.stage = match self.stage {
            Stage::Looking => self.looked_up(store, scenario),
            Stage::Others(revoking) => match revoking.go_on(self.other(), self.began, store, scenario) {
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

    /// Looks up the existing sessions with a consistent read.
    fn looked_up(&self, store: &Store, scenario: &Scenario) -> Stage {
        let is_live = |row: &Row| row.is_live(self.began);
        let jkt = store.sessions[self.own].and_then(|row| row.jkt);
        if jkt.is_some() && jkt != self.proof && !scenario.has(Weakness::EverywhereWithoutProof) {
            return Stage::Refused;
        }
        let own_lives = store.sessions[self.own].as_ref().is_some_and(is_live);
        if !own_lives && store.sessions.iter().flatten().any(is_live) {
            return own(true);
        }
        if scenario.has(Weakness::OwnSessionFirst) {
            return own(false);
        }
        if store.sessions[self.other()].is_some() { Stage::Others(Revoking::Marking) } else { own(false) }
    }
}

fn own(is_late: bool) -> Stage {
    Stage::Own { revoking: Revoking::Marking, is_late }
}
