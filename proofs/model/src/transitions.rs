//! The transitions of a world, for the model checker.

use stateright::{Model, Property};

use crate::{
    ending::Ending,
    function::{Task, Waiting},
    parties::Thief,
    password::LoggingIn,
    properties,
    protocol::{Action, Protocol},
    scenario::{FUNCTION_TTL, Scenario},
    store::{CLIENTS, Key},
    world::{End, World},
};

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
        // A sweep is at least a function's time late (in reality, hours), so that requests from before the session's
        // end still find the item.
        if world.store.sessions[CLIENTS].is_some_and(|row| row.expires_at + FUNCTION_TTL <= world.now) {
            actions.push(Action::Sweep);
        }
        // A restore takes hours, so no earlier request is still running.
        if world.restores > 0 && world.running.is_empty() && world.late_writes.is_empty() {
            actions.push(Action::Restore);
        }
        if world.running.len() < scenario.in_flight {
            world.requests(scenario, actions);
        }
        for (i, function) in world.running.iter().enumerate() {
            actions.extend(function.steps(world.faults > 0).into_iter().map(|step| Action::Step(i, step)));
        }
        actions.extend((0..world.late_writes.len()).map(Action::LateWrite));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let Self(scenario) = self;
        let mut world = world.clone();
        match action {
            Action::Tick => world.tick(),
            Action::Sweep => world.sweep(),
            Action::Restore => world.restore(scenario),
            Action::ClientAsks(proof) => world.client_asks(proof, scenario),
            Action::Duplicate => world.duplicate(scenario),
            Action::Steal => world.thief.copy(world.client.token),
            Action::ThiefAsks(token, proof) => {
                let key = world.random_key();
                world.thief_asks(token, proof, key, scenario);
            }
            Action::ThiefRepeats(token, proof) => {
                world.thief_asks(token, proof, Key::Clients(token.generation), scenario);
            }
            Action::ThiefLogsOut => world.thief_logs_out(Ending::here(world.now)),
            Action::ThiefLogsOutEverywhere => {
                world.thief_logs_out(Ending::everywhere(CLIENTS, None, world.now));
            }
            Action::UserAsks => world.user_asks(scenario),
            Action::LogIn => {
                world.late_logins -= 1;
                world.start(Waiting::Nobody, Task::Login(LoggingIn::new(world.now)));
            }
            Action::Step(i, step) => world.step(i, step, scenario),
            Action::LateWrite(i) => {
                let write = world.late_writes.remove(i);
                // No function waits for the result.
                let _ = world.store.rotate(&write, scenario);
            }
        }
        world.tidy(scenario);
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.0)
    }
}

impl World {
    /// The requests that may arrive.
    fn requests(&self, scenario: &Scenario, actions: &mut Vec<Action>) {
        if self.client.can_ask(self.now, scenario) {
            actions.extend(self.client.proofs(scenario).map(Action::ClientAsks));
        }
        let waits = self.client.waits_since.is_some() && self.client.may_retry(self.now, scenario);
        if self.duplicates > 0 && waits {
            actions.push(Action::Duplicate);
        }
        if self.thief.requests > 0 {
            if !self.thief.copied.contains(self.client.token) {
                actions.push(Action::Steal);
            }
            let Thief { known, copied, .. } = self.thief;
            for proof in scenario.thiefs_proofs() {
                actions.extend(known.iter().map(|token| Action::ThiefAsks(token, *proof)));
                let copied = copied.iter().filter(|_| scenario.client_has_keys);
                actions.extend(copied.map(|token| Action::ThiefRepeats(token, *proof)));
            }
        }
        if self.thief.logouts > 0 {
            actions.push(Action::ThiefLogsOut);
            // Before a session is bound, its token can also end the other sessions.
            if self.store.sessions[CLIENTS].is_none_or(|row| row.jkt.is_some()) {
                actions.push(Action::ThiefLogsOutEverywhere);
            }
        }
        let user_waits = self.running.iter().any(|function| function.waiting == Waiting::User);
        if self.end_requests > 0 && self.end != End::Acknowledged && !user_waits {
            actions.push(Action::UserAsks);
        }
        if self.late_logins > 0 {
            actions.push(Action::LogIn);
        }
    }
}
