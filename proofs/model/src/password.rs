//! The password function, and a login with the old password while it runs.

use shared::store::User;

use crate::{
    revoking::Revoking,
    scenario::{OVERLAP, Scenario, Tick, Weakness},
    store::{ANEW, CLIENTS, LATE, OTHER, Row, Store, at},
};

/// A change of password in progress, from the other device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Changing {
    /// The time at which the request began.
    pub began: Tick,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a change of password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The session, the user and the credential are about to be read and checked.
    Asking,
    /// The hash is about to be replaced, provided that it is still the verified one.
    Replacing {
        /// The earliest time at which sessions begin under the old password.
        valid_from: Tick,
        /// Whether an earlier attempt of the SDK replaced the hash, and its acknowledgement was lost.
        is_own: bool,
    },
    /// The user's `not_before` is about to be set.
    CuttingOff(Tick),
    /// The user's sessions are about to be looked up.
    Looking(Tick),
    /// These sessions are left to be ended.
    EndingOthers {
        /// The earliest time at which sessions begin under the new password.
        valid_from: Tick,
        /// Whether the client's session is left.
        clients: bool,
        /// Whether the late login's session is left.
        late: bool,
        /// The stage of ending the first of them.
        revoking: Revoking,
    },
    /// The replacement session is about to be put.
    Putting(Tick),
    /// The session that asked is being ended.
    EndingOwn(Revoking),
    /// 200.
    Done,
    /// Refused: the session is over, or the password isn't the current one.
    Refused,
}

impl Changing {
    /// A request that has arrived.
    pub fn new(began: Tick) -> Self {
        Self { began, stage: Stage::Asking }
    }

    /// Takes the next step. Without `is_acknowledged`, the store carries the operation out and the SDK repeats it.
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
            // Its current password has been replaced. If this session began the change, the change is completed.
            return Stage::CuttingOff(store.valid_from);
        }
        if !admits(store.not_before, row.created_at) {
            return Stage::Refused;
        }
        Stage::Replacing { valid_from: store.valid_from, is_own: false }
    }

    fn replaced(self, valid_from: Tick, is_own: bool, store: &mut Store, scenario: &Scenario) -> Stage {
        if store.is_changed {
            // The condition fails. The SDK recognises the case that its own first attempt replaced the hash.
            return if is_own { Stage::CuttingOff(store.valid_from) } else { Stage::Refused };
        }
        let overlap = if scenario.has(Weakness::NoOverlap) { 0 } else { OVERLAP };
        store.is_changed = true;
        store.valid_from = (valid_from + 1).max(self.began + overlap);
        Stage::CuttingOff(store.valid_from)
    }

    /// Queries the sessions only now, so that logins with the old password up to its replacement are found.
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

/// A login with the old password in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoggingIn {
    /// The time at which the request began.
    pub began: Tick,
    /// Its stage.
    pub stage: LoginStage,
}

/// The stage of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoginStage {
    /// The credential is about to be read.
    Asking,
    /// The password was right; the user is about to be read.
    Verified {
        /// The earliest time at which sessions begin under this password.
        valid_from: Tick,
    },
    /// The session is about to be put.
    Putting {
        /// The time at which the session is created.
        created_at: Tick,
    },
    /// 200, or a refusal.
    Done,
}

impl LoggingIn {
    /// A request that has arrived.
    pub fn new(began: Tick) -> Self {
        Self { began, stage: LoginStage::Asking }
    }

    /// Takes the next step.
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

/// Calls the code's own rule.
fn admits(not_before: Tick, created_at: Tick) -> bool {
    User { not_before: at(not_before), ..User::default() }.admits(at(created_at))
}
