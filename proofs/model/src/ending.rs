//! The logout function, here and everywhere.

use crate::{
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
    /// The client's session is being ended, first its denylist row, because the other device asked for it.
    Others(bool),
    /// The session that asked is being ended: both writes are out, side by side.
    Own {
        /// The denylist row is written.
        is_denied: bool,
        /// The session is deleted.
        is_deleted: bool,
        /// It was over already, and ends nobody else's.
        is_late: bool,
    },
    /// 200.
    Done,
    /// 400: the token of a session that is over ends nobody else's.
    Refused,
}

/// One of the things that a logout may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Next {
    /// The only one that there is.
    Only,
    /// The denylist row.
    Deny,
    /// The session.
    Delete,
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

    /// What it may do next.
    pub fn next(&self) -> &'static [Next] {
        match self.stage {
            Stage::Own { is_denied: false, is_deleted: false, .. } => &[Next::Deny, Next::Delete],
            Stage::Own { is_denied: false, is_deleted: true, .. } => &[Next::Deny],
            Stage::Own { is_denied: true, .. } => &[Next::Delete],
            Stage::Looking | Stage::Others(_) | Stage::Done | Stage::Refused => &[Next::Only],
        }
    }

    /// Does it.
    pub fn go_on(&mut self, next: Next, store: &mut Store, scenario: &Scenario) {
        self.stage = match self.stage {
            Stage::Looking => self.looked_up(store, scenario),
            Stage::Others(false) => {
                store.denylist[CLIENTS] |= !scenario.has(Weakness::NoDenylistRow);
                Stage::Others(true)
            }
            Stage::Others(true) => {
                end(CLIENTS, store, scenario);
                if scenario.has(Weakness::OwnSessionFirst) { Stage::Done } else { own(false) }
            }
            Stage::Own { is_denied, is_deleted, is_late } => {
                store.denylist[self.own] |= next == Next::Deny && !scenario.has(Weakness::NoDenylistRow);
                if next == Next::Delete {
                    end(self.own, store, scenario);
                }
                let (is_denied, is_deleted) =
                    (is_denied || next == Next::Deny, is_deleted || next == Next::Delete);
                self.ended(Stage::Own { is_denied, is_deleted, is_late }, scenario)
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
        if store.sessions[CLIENTS].is_some() { Stage::Others(false) } else { own(false) }
    }

    fn ended(&self, stage: Stage, scenario: &Scenario) -> Stage {
        let others_wait = self.own == OTHER && scenario.has(Weakness::OwnSessionFirst);
        match stage {
            Stage::Own { is_denied: true, is_deleted: true, is_late: true } => Stage::Refused,
            Stage::Own { is_denied: true, is_deleted: true, .. } if others_wait => Stage::Others(false),
            Stage::Own { is_denied: true, is_deleted: true, .. } => Stage::Done,
            stage => stage,
        }
    }
}

fn own(is_late: bool) -> Stage {
    Stage::Own { is_denied: false, is_deleted: false, is_late }
}

fn end(session: usize, store: &mut Store, scenario: &Scenario) {
    if !scenario.has(Weakness::SessionIsLeft) {
        store.sessions[session] = None;
    }
}
