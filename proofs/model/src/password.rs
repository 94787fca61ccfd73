//! The password function, and a login with the old password while it runs.

use shared::store::User;

use crate::{
    revoking::Revoking,
    scenario::{OVERLAP, Scenario, Weakness},
    store::{ANEW, CLIENTS, LATE, OTHER, Row, Store, at},
    tick::Tick,
};

/// A change of password that is under way, from the other device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Changing {
    /// When the request began.
    pub began: Tick,
    /// How far it is.
    pub stage: Stage,
}

/// How far a change of password is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The session, the user and the credential are read and found good.
    Asking,
    /// The hash is about to be replaced, if it is still the one that was verified.
    Replacing {
        /// The sessions of the password that it replaces begin here at the earliest.
        valid_from: Tick,
        /// Whether an earlier attempt of the SDK has replaced it, and the acknowledgement was lost.
        is_own: bool,
    },
    /// The user's `not_before` is about to be set.
    CuttingOff(Tick),
    /// The user's sessions are about to be looked up.
    Looking(Tick),
    /// These sessions are left to be ended; of the first, how far that is.
    EndingOthers {
        /// The instant from which on sessions of the new password begin.
        valid_from: Tick,
        /// Whether this is left.
        clients: bool,
        /// Whether this is left.
        late: bool,
        /// How far the end of the first is.
        revoking: Revoking,
    },
    /// The session that goes on is about to be put.
    Putting(Tick),
    /// The session that asked is being ended.
    EndingOwn(Revoking),
    /// 200.
    Done,
    /// Refused: over, or not the current password.
    Refused,
}

impl Changing {
    /// A request that has come in.
    pub fn new(began: Tick) -> Self {
        Self { began, stage: Stage::Asking }
    }

    /// Does what is next. Without `is_acknowledged` the store carries it out, and the SDK sends it again.
    pub fn go_on(&mut self, store: &mut Store, is_acknowledged: bool, scenario: &Scenario) {
        let next = match self.stage {
            Stage::Asking => self.asked(store),
            Stage::Replacing { valid_from, is_own } => self.replaced(valid_from, is_own, store, scenario),
            Stage::CuttingOff(valid_from) => {
                if !scenario.has(Weakness::NoCutOff) {
                    store.not_before = store.not_before.max(valid_from);
                }
                Stage::Looking(valid_from)
            }
            Stage::Looking(valid_from) => Self::looked_up(valid_from, store),
            Stage::EndingOthers { valid_from, clients, late, revoking } => {
                let session = if clients { CLIENTS } else { LATE };
                match revoking.go_on(session, self.began, store, scenario) {
                    Revoking::Over => Self::others_left(valid_from, false, clients && late),
                    revoking => Stage::EndingOthers { valid_from, clients, late, revoking },
                }
            }
            Stage::Putting(valid_from) => {
                store.sessions[ANEW] = Some(Row::new(valid_from, scenario));
                Stage::EndingOwn(Revoking::Marking)
            }
            Stage::EndingOwn(revoking) => match revoking.go_on(OTHER, self.began, store, scenario) {
                Revoking::Over => Stage::Done,
                revoking => Stage::EndingOwn(revoking),
            },
            stage @ (Stage::Done | Stage::Refused) => stage,
        };
        self.stage = match (self.stage, next) {
            (_, next) if is_acknowledged => next,
            (Stage::Replacing { valid_from, .. }, Stage::CuttingOff(_)) => {
                Stage::Replacing { valid_from, is_own: true }
            }
            (stage, _) => stage,
        };
    }

    fn asked(self, store: &Store) -> Stage {
        let Some(row) = store.sessions[OTHER].filter(|row| row.is_live(self.began)) else {
            return Stage::Refused;
        };
        if store.is_changed {
            // Its current password isn't current any more: what this very session has begun is completed.
            return Stage::CuttingOff(store.valid_from);
        }
        if !admits(store.not_before, row.created_at) {
            return Stage::Refused;
        }
        Stage::Replacing { valid_from: store.valid_from, is_own: false }
    }

    fn replaced(self, valid_from: Tick, is_own: bool, store: &mut Store, scenario: &Scenario) -> Stage {
        if store.is_changed {
            // The condition fails. If it was the SDK's own first attempt that replaced the hash, it recognises that.
            return if is_own { Stage::CuttingOff(store.valid_from) } else { Stage::Refused };
        }
        let overlap = if scenario.has(Weakness::NoOverlap) { 0 } else { OVERLAP };
        store.is_changed = true;
        store.valid_from = (valid_from + 1).max(self.began + overlap);
        Stage::CuttingOff(store.valid_from)
    }

    /// Queried only now: whoever logged in with the old password until it was replaced is among them.
    fn looked_up(valid_from: Tick, store: &Store) -> Stage {
        let [clients, late] = [CLIENTS, LATE].map(|session| store.sessions[session].is_some());
        Self::others_left(valid_from, clients, late)
    }

    fn others_left(valid_from: Tick, clients: bool, late: bool) -> Stage {
        if clients || late {
            Stage::EndingOthers { valid_from, clients, late, revoking: Revoking::Marking }
        } else {
            Stage::Putting(valid_from)
        }
    }
}

/// A login with the old password that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoggingIn {
    /// When the request began.
    pub began: Tick,
    /// How far it is.
    pub stage: LoginStage,
}

/// How far a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoginStage {
    /// The credential is about to be read.
    Asking,
    /// The password was right; the user is about to be read.
    Verified {
        /// When sessions of this password begin at the earliest.
        valid_from: Tick,
    },
    /// The session is about to be put.
    Putting {
        /// When it is created.
        created_at: Tick,
    },
    /// 200, or a refusal.
    Done,
}

impl LoggingIn {
    /// A request that has come in.
    pub fn new(began: Tick) -> Self {
        Self { began, stage: LoginStage::Asking }
    }

    /// Does what is next.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        self.stage = match self.stage {
            LoginStage::Asking if store.is_changed => LoginStage::Done,
            LoginStage::Asking => LoginStage::Verified { valid_from: store.valid_from },
            LoginStage::Verified { valid_from } => {
                let created_at = valid_from.max(self.began);
                let is_admitted = admits(store.not_before, created_at);
                if is_admitted { LoginStage::Putting { created_at } } else { LoginStage::Done }
            }
            LoginStage::Putting { created_at } => {
                store.sessions[LATE] = Some(Row::new(created_at, scenario));
                LoginStage::Done
            }
            LoginStage::Done => LoginStage::Done,
        };
    }
}

/// The code's own rule.
fn admits(not_before: Tick, created_at: Tick) -> bool {
    User { not_before: at(not_before), ..User::default() }.admits(at(created_at))
}
