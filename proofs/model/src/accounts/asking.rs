//! A request for a mail.

use super::{
    scenario::Scenario,
    store::{Address, Party, Purpose, Store},
};
use crate::scenario::Tick;

/// A request for a mail in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asking {
    /// The purpose of the mail.
    pub purpose: Purpose,
    /// The address that it goes to.
    pub address: Address,
    /// The session whose user asks for another address.
    pub session: Option<usize>,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a request for a mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The session, its user and the password are about to be checked, if they have to be.
    Arrived,
    /// The row is about to be written.
    Writing {
        /// The user who asks.
        user: Option<usize>,
        /// The time of the request. It is never before the session.
        asked_at: Tick,
    },
    /// 202, or a refusal.
    Over,
}

impl Asking {
    /// A request that has arrived.
    pub fn new(purpose: Purpose, address: Address, session: Option<usize>) -> Self {
        Self { purpose, address, session, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, party: Party, store: &mut Store, _: &Scenario) {
        self.stage = match self.stage {
            Stage::Arrived => self.arrived(began, party, store),
            Stage::Writing { user, asked_at } => {
                store.write(self.purpose, self.address, user, asked_at);
                Stage::Over
            }
            Stage::Over => Stage::Over,
        };
    }

    fn arrived(&self, began: Tick, party: Party, store: &Store) -> Stage {
        let Some(session) = self.session.map(|session| store.sessions[session]) else {
            return Stage::Writing { user: None, asked_at: began };
        };
        let user = store.user(session.user).filter(|_| store.goes_on(&session));
        let credential = user.and_then(|user| store.credential(user.name?));
        let is_right = credential
            .is_some_and(|credential| credential.user == session.user && party.knows(credential.password));
        if is_right && user.is_some_and(|user| user.name != Some(self.address)) {
            Stage::Writing { user: Some(session.user), asked_at: began.max(session.created_at) }
        } else {
            Stage::Over
        }
    }
}
