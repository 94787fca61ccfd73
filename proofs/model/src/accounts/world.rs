//! The world: its tables, its running functions, and what its parties may still do.

use super::{
    function::{Function, Task},
    scenario::{Cast, FUNCTION_TTL, Scenario},
    store::{Address, Credential, OWNER, Party, Password, Purpose, Session, Store, User},
};
use crate::scenario::Tick;

/// The complete state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The time.
    pub now: Tick,
    /// The tables.
    pub store: Store,
    /// The running functions.
    pub running: Vec<Function>,
    /// The requests that the owner may still send.
    pub owners_requests: u8,
    /// The requests that the others may still send.
    pub others_requests: u8,
    /// The functions that may still crash.
    pub faults: u8,
    /// Whether the owner was told that an undo or a reset succeeded.
    pub was_taken_back: bool,
    /// Whether the owner was told that the account is deleted.
    pub was_deleted: bool,
}

impl World {
    /// The initial world: the owner has an account.
    pub fn new(scenario: &Scenario) -> Self {
        let name = Address::Owners;
        let user = User { name: Some(name), ..User::default() };
        let password = if scenario.cast == Cast::FirstPassword { Password::Missing } else { Password::First };
        let session = |party| Session { user: OWNER, party, created_at: 0, is_over: false };
        let mut store = Store {
            users: vec![Some(user)],
            credentials: vec![Credential { name, user: OWNER, password, valid_from: 0 }],
            ..Store::default()
        };
        match scenario.cast {
            Cast::SignUp => {
                store.write(Purpose::Email, Address::Free, Some(OWNER), 0);
            }
            Cast::Thief => store.sessions.push(session(Party::Thief)),
            Cast::FirstPassword => {}
            Cast::Deletion => {
                store.sessions.extend([session(Party::Owner); 2]);
                store.write(Purpose::Email, Address::Free, Some(OWNER), 0);
                store.write(Purpose::Reset, name, None, 0);
                // It was asked for before the account was opened otherwise.
                store.write(Purpose::SignUp, name, None, 0);
            }
        }
        Self {
            now: 0,
            store,
            running: Vec::new(),
            owners_requests: scenario.owners_requests,
            others_requests: scenario.others_requests,
            faults: scenario.faults,
            was_taken_back: false,
            was_deleted: false,
        }
    }

    pub(crate) fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        self.running.retain(|function| function.began + FUNCTION_TTL >= now);
    }

    /// Starts the function of a request, which counts for the owner or for the others.
    pub(crate) fn start(&mut self, party: Party, task: Task, scenario: &Scenario) {
        let is_owners = match scenario.cast {
            Cast::SignUp => matches!(task, Task::Change(_)),
            Cast::Thief | Cast::FirstPassword => party == Party::Owner,
            Cast::Deletion => matches!(task, Task::Delete(_)),
        };
        let left = if is_owners { &mut self.owners_requests } else { &mut self.others_requests };
        *left -= 1;
        self.running.push(Function { began: self.now, party, task });
    }

    pub(crate) fn step(&mut self, i: usize, scenario: &Scenario) {
        let function = &mut self.running[i];
        if !function.is_over() {
            return function.go_on(&mut self.store, scenario);
        }
        let function = self.running.remove(i);
        self.was_taken_back |= matches!(function.task, Task::Undo(_) | Task::Reset(_));
        self.was_deleted |= matches!(function.task, Task::Delete(_));
    }

    /// Removes the functions whose answers make no difference: all but the owner's undo, reset and deletion.
    pub(crate) fn tidy(&mut self) {
        self.running.retain(|function| {
            let is_heard = matches!(function.task, Task::Undo(_) | Task::Reset(_) | Task::Delete(_));
            !function.is_over() || (is_heard && function.is_done() && function.party == Party::Owner)
        });
    }
}
