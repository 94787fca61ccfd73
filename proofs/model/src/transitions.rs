//! What can happen next, as the model checker asks for it.

use stateright::{Model, Property};

use crate::{
    function::{Task, Waiting},
    password::LoggingIn,
    properties,
    protocol::{Action, Protocol},
    scenario::FUNCTION_TTL,
    store::{CLIENTS, Key},
    world::World,
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
        // Late by a function's time at least, as it is by hours: what began before the end finds the item.
        if world.store.sessions[CLIENTS].is_some_and(|row| row.expires_at + FUNCTION_TTL <= world.now) {
            actions.push(Action::Sweep);
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
            Action::ClientAsks => world.client_asks(scenario),
            Action::Steal => world.thief.copy(world.client.generation),
            Action::ThiefAsks(generation) => {
                let key = world.random_key();
                world.thief_asks(generation, key, scenario);
            }
            Action::ThiefRepeats(generation) => {
                world.thief_asks(generation, Key::Clients(generation), scenario);
            }
            Action::UserAsks => world.user_asks(scenario),
            Action::LogIn => {
                world.late_logins -= 1;
                world.start(Waiting::Nobody, Task::Login(LoggingIn::new(world.now)));
            }
            Action::Step(i, step) => world.step(i, step, scenario),
            Action::LateWrite(i) => {
                let write = world.late_writes.remove(i);
                // Nobody hears what became of it.
                let _ = world.store.rotate(&write, scenario);
            }
        }
        world.tidy();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.0)
    }
}
