//! A running function.

use super::{
    asking::{self, Asking},
    changing::{self, Changing},
    deleting::{self, Deleting},
    knocking::{self, Knocking},
    logging_in::{self, LoggingIn},
    opening::{self, Opening},
    resetting::{self, Resetting},
    scenario::Scenario,
    store::{Party, Store},
    undoing::{self, Undoing},
};
use crate::scenario::Tick;

/// A running function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// The time at which its request began.
    pub began: Tick,
    /// The party that sent the request.
    pub party: Party,
    /// Its task.
    pub task: Task,
}

/// The task of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// A request for a mail.
    Ask(Asking),
    /// The confirmation of a sign-up or an invitation.
    Open(Opening),
    /// A new password by a link.
    Reset(Resetting),
    /// The confirmation of another address.
    Change(Changing),
    /// The undo of a change of the address.
    Undo(Undoing),
    /// A deletion.
    Delete(Deleting),
    /// A login.
    LogIn(LoggingIn),
    /// An attempt without a password, and its mail.
    Knock(Knocking),
}

impl Function {
    /// Takes the next step.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        let Self { began, party, task } = self;
        match task {
            Task::Ask(it) => it.go_on(*began, *party, store, scenario),
            Task::Open(it) => it.go_on(*began, *party, store, scenario),
            Task::Reset(it) => it.go_on(*began, *party, store, scenario),
            Task::Change(it) => it.go_on(*began, store, scenario),
            Task::Undo(it) => it.go_on(*began, *party, store, scenario),
            Task::Delete(it) => it.go_on(*party, store, scenario),
            Task::LogIn(it) => it.go_on(*began, *party, store),
            Task::Knock(it) => it.go_on(*began, store),
        }
    }

    /// Whether it has succeeded.
    pub fn is_done(&self) -> bool {
        match &self.task {
            Task::Ask(_) | Task::LogIn(_) | Task::Knock(_) => false,
            Task::Open(it) => it.stage == opening::Stage::Done,
            Task::Reset(it) => it.stage == resetting::Stage::Done,
            Task::Change(it) => it.stage == changing::Stage::Done,
            Task::Undo(it) => it.stage == undoing::Stage::Done,
            Task::Delete(it) => it.stage == deleting::Stage::Done,
        }
    }

    /// Whether it has an answer.
    pub fn is_over(&self) -> bool {
        self.is_done()
            || match &self.task {
                Task::Ask(it) => it.stage == asking::Stage::Over,
                Task::Open(it) => it.stage == opening::Stage::Refused,
                Task::Reset(it) => it.stage == resetting::Stage::Refused,
                Task::Change(it) => it.stage == changing::Stage::Refused,
                Task::Undo(it) => it.stage == undoing::Stage::Refused,
                Task::Delete(it) => it.stage == deleting::Stage::Refused,
                Task::LogIn(it) => it.stage == logging_in::Stage::Over,
                Task::Knock(it) => it.stage == knocking::Stage::Over,
            }
    }
}
