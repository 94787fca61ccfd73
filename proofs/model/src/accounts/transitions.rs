//! The transitions of a world, for the model checker.

use stateright::{Model, Property};

use super::{
    asking::Asking,
    changing::Changing,
    deleting::Deleting,
    function::Task,
    knocking::Knocking,
    logging_in::LoggingIn,
    opening::Opening,
    properties,
    protocol::Protocol,
    resetting::Resetting,
    scenario::Cast,
    store::{ASKING, Address, Letter, OWNER, Party, Purpose},
    undoing::Undoing,
    world::World,
};

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time passes. Functions whose time is up are stopped.
    Tick,
    /// A party asks for a mail, a user by this session.
    Ask(Party, Purpose, Address, Option<usize>),
    /// A party uses the link of this mail.
    Use(Party, u8),
    /// A party that hasn't read this mail presents the token of its request.
    UseRequest(u8),
    /// A party logs in with this name.
    LogIn(Party, Address),
    /// A party tries to sign in with this name, which may have no password.
    Knock(Party, Address),
    /// A party deletes the account.
    Delete(Party),
    /// A function takes a step, or its party hears the answer.
    Step(usize),
    /// A function crashes, or its answer is lost.
    Crash(usize),
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.0)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let Self(scenario) = self;
        if world.now < scenario.horizon {
            actions.push(Action::Tick);
        }
        if world.running.len() < scenario.in_flight {
            match scenario.cast {
                Cast::SignUp => world.sign_ups(actions),
                Cast::Thief => {
                    world.thief_and_owner(actions);
                    // One after the other, the deletion is the end of it.
                    if scenario.in_flight > 1 && world.others_requests > 0 {
                        actions.push(Action::Delete(Party::Thief));
                    }
                }
                Cast::Deletion => world.deletions(actions),
                Cast::FirstPassword => world.first_passwords(actions),
            }
        }
        for i in 0..world.running.len() {
            actions.push(Action::Step(i));
            if world.faults > 0 {
                actions.push(Action::Crash(i));
            }
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let Self(scenario) = self;
        let mut world = world.clone();
        match action {
            Action::Tick => world.tick(),
            Action::Ask(party, purpose, address, session) => {
                world.start(party, Task::Ask(Asking::new(purpose, address, session)), scenario);
            }
            Action::Use(party, mail) => {
                let task = task_of(&world.store.letter(mail));
                world.start(party, task, scenario);
            }
            Action::UseRequest(mail) => {
                world.start(Party::Thief, Task::Open(Opening::new(mail, false)), scenario);
            }
            Action::LogIn(party, name) => world.start(party, Task::LogIn(LoggingIn::new(name)), scenario),
            Action::Knock(party, name) => world.start(party, Task::Knock(Knocking::new(name)), scenario),
            Action::Delete(party) => world.start(party, Task::Delete(Deleting::new(ASKING)), scenario),
            Action::Step(i) => world.step(i, scenario),
            Action::Crash(i) => {
                world.faults -= 1;
                world.running.remove(i);
            }
        }
        world.tidy();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.0)
    }
}

/// The request that uses the link of this mail.
fn task_of(letter: &Letter) -> Task {
    match letter.purpose {
        Purpose::SignUp | Purpose::Invitation => Task::Open(Opening::new(letter.id, true)),
        Purpose::Reset | Purpose::FirstPassword => Task::Reset(Resetting::new(letter.id)),
        Purpose::Email => Task::Change(Changing::new(letter.id)),
        Purpose::Undo => Task::Undo(Undoing::new(letter.id)),
    }
}

impl World {
    /// Requests that want an account for an address. Each of its mails may be used, also by those who haven't read it.
    fn sign_ups(&self, actions: &mut Vec<Action>) {
        let (party, address) = (Party::Owner, Address::Free);
        if self.others_requests > 0 {
            let asked = [Purpose::SignUp, Purpose::Invitation];
            actions.extend(asked.map(|purpose| Action::Ask(party, purpose, address, None)));
        }
        for letter in &self.store.letters {
            let is_change = letter.purpose == Purpose::Email;
            let left = if is_change { self.owners_requests } else { self.others_requests };
            if left > 0 && letter.address == address {
                actions.push(Action::Use(party, letter.id));
                if letter.purpose == Purpose::SignUp {
                    actions.push(Action::UseRequest(letter.id));
                }
            }
        }
    }

    /// A thief's requests, and those of the owner, who may take the account back.
    fn thief_and_owner(&self, actions: &mut Vec<Action>) {
        let name = self.store.user(OWNER).and_then(|user| user.name);
        if self.others_requests > 0 {
            for address in [Address::Thiefs, Address::ThiefsOther] {
                let sessions = self.store.sessions.iter().enumerate();
                let live = sessions.filter(|(_, session)| self.store.goes_on(session));
                actions
                    .extend(live.map(|(i, _)| Action::Ask(Party::Thief, Purpose::Email, address, Some(i))));
                self.uses(Party::Thief, address, actions);
                // The mailer sends no link to an address without an account.
                if name == Some(address) {
                    actions.push(Action::Ask(Party::Thief, Purpose::Reset, address, None));
                }
            }
            actions.extend(name.map(|name| Action::LogIn(Party::Thief, name)));
        }
        if self.owners_requests > 0 {
            self.uses(Party::Owner, Address::Owners, actions);
            if name == Some(Address::Owners) {
                actions.push(Action::Ask(Party::Owner, Purpose::Reset, Address::Owners, None));
            }
        }
    }

    /// The owner's deletion, and other requests of the owner's at the same time.
    fn deletions(&self, actions: &mut Vec<Action>) {
        if self.owners_requests > 0 {
            actions.push(Action::Delete(Party::Owner));
        }
        if self.others_requests > 0 {
            for address in [Address::Owners, Address::Free] {
                self.uses(Party::Owner, address, actions);
                actions.push(Action::LogIn(Party::Owner, address));
            }
        }
    }

    /// A user without a password, and others who know the user name or read an earlier mail.
    fn first_passwords(&self, actions: &mut Vec<Action>) {
        let (party, name) = (Party::Owner, Address::Owners);
        if self.owners_requests > 0 {
            actions.push(Action::Ask(party, Purpose::Reset, name, None));
            self.uses(party, name, actions);
        }
        if self.others_requests > 0 {
            actions.push(Action::Knock(Party::Thief, name));
            self.uses(Party::Thief, name, actions);
        }
    }

    /// The links that the reader of a mailbox may use: all that ever came.
    fn uses(&self, party: Party, address: Address, actions: &mut Vec<Action>) {
        let letters = self.store.letters.iter().filter(|letter| letter.address == address);
        actions.extend(letters.map(|letter| Action::Use(party, letter.id)));
    }
}
