//! The transitions of a world, for the model checker.

use stateright::{Model, Property};

use super::{
    delivery::{Stage, Step},
    properties,
    protocol::Outbox,
    world::World,
};

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time passes. Deliveries whose time is up are stopped.
    Tick,
    /// The mail is asked for again.
    Ask,
    /// The reader uses the link.
    Use,
    /// A record comes.
    Deliver,
    /// A record comes, and will come once more.
    DeliverTwice,
    /// A delivery takes a step.
    Step(usize, Step),
}

impl Model for Outbox {
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
        if world.mails < scenario.requests {
            actions.push(Action::Ask);
        }
        if world.accepted[world.latest()] > 0 && !world.was_used {
            actions.push(Action::Use);
        }
        if world.records > 0 && world.deliveries.len() < scenario.in_flight {
            actions.push(Action::Deliver);
            if world.duplicates > 0 {
                actions.push(Action::DeliverTwice);
            }
        }
        for (i, delivery) in world.deliveries.iter().enumerate() {
            actions.push(Action::Step(i, Step::Next));
            if world.faults > 0 {
                actions.push(Action::Step(i, Step::Crash));
                if matches!(delivery.stage, Stage::Sending(_)) {
                    let faults = [Step::Refuse, Step::AcceptUnheard, Step::NoAnswer];
                    actions.extend(faults.map(|step| Action::Step(i, step)));
                }
            }
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut world = world.clone();
        match action {
            Action::Tick => world.tick(),
            Action::Ask => world.ask(),
            Action::Use => world.use_link(),
            Action::Deliver => world.deliver(),
            Action::DeliverTwice => {
                world.duplicates -= 1;
                world.deliver();
                world.records += 1;
            }
            Action::Step(i, step) => world.step(i, step, &self.0),
        }
        world.tidy();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(&self.0)
    }
}
