//! The outcome of one request if no fault and no other request disturbs it.

use super::{
    deleting::Deleting,
    function::{Function, Task},
    opening::Opening,
    resetting::Resetting,
    scenario::Scenario,
    store::{ASKING, Address, Letter, OWNER, Party, Purpose, Store},
    undoing::Undoing,
    world::World,
};

/// More steps than an undisturbed request takes.
const STEPS: usize = 20;

/// The tables after this request of the owner. `None`, if it is refused.
fn after(world: &World, task: Task, scenario: &Scenario) -> Option<Store> {
    let mut store = world.store.clone();
    let mut function = Function { began: world.now, party: Party::Owner, task };
    for _ in 0..STEPS {
        function.go_on(&mut store, scenario);
    }
    function.is_done().then_some(store)
}

/// Whether the owner's latest link to undo a change, used now, brings the account back.
pub fn is_taken_back(world: &World, scenario: &Scenario) -> bool {
    let is_undo = |letter: &&Letter| (letter.purpose, letter.address) == (Purpose::Undo, Address::Owners);
    let latest = world.store.letters.iter().rfind(is_undo);
    let task = latest.map(|letter| Task::Undo(Undoing::new(letter.id)));
    task.and_then(|task| after(world, task, scenario)).is_some_and(|store| is_owners(&store))
}

/// Whether the account is at its owner's address, under a password that the thief doesn't know, and the thief has no
/// session.
pub fn is_owners(store: &Store) -> bool {
    let credential = store.credential(Address::Owners);
    let is_kept = credential.is_some_and(|it| it.user == OWNER && !Party::Thief.knows(it.password));
    let thiefs = |session: &_| matches!(session, super::store::Session { party: Party::Thief, .. });
    is_kept
        && store.user(OWNER).is_some_and(|user| user.name == Some(Address::Owners))
        && !store.sessions.iter().any(|session| thiefs(session) && store.goes_on(session))
}

/// Whether a link to open an account, used now, opens it.
pub fn opens(world: &World, letter: &Letter, scenario: &Scenario) -> bool {
    after(world, Task::Open(Opening::new(letter.id, true)), scenario).is_some()
}

/// Whether a link to a new or a first password, used now, sets it.
pub fn sets_password(world: &World, letter: &Letter, scenario: &Scenario) -> bool {
    after(world, Task::Reset(Resetting::new(letter.id)), scenario).is_some()
}

/// Whether the same deletion, sent now, completes it.
pub fn is_deleted(world: &World, scenario: &Scenario) -> bool {
    let store = after(world, Task::Delete(Deleting::new(ASKING)), scenario);
    store.is_some_and(|store| is_gone(&store))
}

/// Whether nothing of the account is left.
pub fn is_gone(store: &Store) -> bool {
    store.user(OWNER).is_none()
        && store.credentials.iter().all(|credential| credential.user != OWNER)
        && !store.sessions.iter().any(|session| session.user == OWNER && store.goes_on(session))
}
