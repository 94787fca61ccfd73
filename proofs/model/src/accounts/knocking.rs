//! An attempt to sign in without a password, after which the mailer sends a link to the first one.

use super::store::{Address, Password, Purpose, Store};
use crate::scenario::Tick;

/// An attempt in progress, and then its mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Knocking {
    /// The user name.
    pub name: Address,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The credential is about to be read.
    Arrived,
    /// The answer is sent. The mailer is about to write the row of the mail, and doesn't read the credential.
    Telling {
        /// The user.
        user: usize,
    },
    /// Nothing is left to do.
    Over,
}

impl Knocking {
    /// A request that has arrived.
    pub fn new(name: Address) -> Self {
        Self { name, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, store: &mut Store) {
        self.stage = match self.stage {
            Stage::Arrived => match store.credential(self.name) {
                Some(it) if it.password == Password::Missing => Stage::Telling { user: it.user },
                _ => Stage::Over,
            },
            Stage::Telling { user } => {
                store.write(Purpose::FirstPassword, self.name, Some(user), began);
                Stage::Over
            }
            Stage::Over => Stage::Over,
        };
    }
}
