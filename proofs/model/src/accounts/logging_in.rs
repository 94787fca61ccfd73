//! A login.

use super::store::{Address, Party, Session, Store};
use crate::scenario::Tick;

/// A login in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoggingIn {
    /// The user name.
    pub name: Address,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The credential is about to be read.
    Arrived,
    /// The password was right. The user is about to be read.
    Verified {
        /// The user.
        user: usize,
        /// The time at which the session begins.
        created_at: Tick,
    },
    /// The session is about to be put.
    Putting(Session),
    /// 200, or a refusal.
    Over,
}

impl LoggingIn {
    /// A request that has arrived.
    pub fn new(name: Address) -> Self {
        Self { name, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, party: Party, store: &mut Store) {
        self.stage = match self.stage {
            Stage::Arrived => match store.credential(self.name).filter(|it| party.knows(it.password)) {
                Some(it) => Stage::Verified { user: it.user, created_at: it.valid_from.max(began) },
                None => Stage::Over,
            },
            Stage::Verified { user, created_at } => match store.user(user) {
                Some(item) if item.admits(created_at) => {
                    Stage::Putting(Session { user, party, created_at, is_over: false })
                }
                _ => Stage::Over,
            },
            Stage::Putting(session) => {
                store.sessions.push(session);
                Stage::Over
            }
            Stage::Over => Stage::Over,
        };
    }
}
