//! Properties that must always hold, and worlds that must be reachable so that those mean something.

use stateright::Property;

use super::{
    delivery::{Delivery, Stage, Step},
    protocol::Outbox,
    scenario::Scenario,
    world::World,
};

/// A named property of a world.
type Named = (&'static str, fn(&Outbox, &World) -> bool);

/// The properties of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Property<Outbox>> {
    let always = ALWAYS.iter().map(|(name, condition)| Property::always(name, *condition));
    let sometimes = SOMETIMES.iter().filter(|(name, _)| scenario.requests > 1 || *name != REPLACED);
    let sometimes = sometimes.map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(sometimes).collect()
}

const ALWAYS: [Named; 3] = [
    ("no mail is lost", |_, world| {
        let waits = world.records > 0 || !world.deliveries.is_empty();
        match world.row.unsent {
            Some(_) => waits,
            None => world.accepted[world.latest()] > 0 || is_sending(world),
        }
    }),
    ("a mail is sent again only if a delivery ended between its acceptance and its mark", |_, world| {
        world.accepted.iter().zip(world.unmarked).all(|(accepted, unmarked)| *accepted <= 1 + unmarked)
    }),
    (
        "a mail that waits is sent by the next undisturbed delivery after the lease",
        |Outbox(scenario), world| {
            let mut row = world.row.clone();
            let now = row.lease.map_or(world.now, |lease| lease.until.max(world.now));
            let mut delivery = Delivery::new(now);
            while !matches!(delivery.stage, Stage::Done | Stage::Failed) {
                delivery.go_on(Step::Next, &mut row, now, scenario);
            }
            row.unsent.is_none()
        },
    ),
];

/// Whether the latest mail is about to be sent by a delivery that has marked it.
fn is_sending(world: &World) -> bool {
    let latest = world.latest();
    world.deliveries.iter().any(|delivery| match delivery.stage {
        Stage::Sending(taken) => usize::from(taken.mail) == latest,
        _ => false,
    })
}

const REPLACED: &str = "a mail is replaced while it is sent";

const SOMETIMES: [Named; 4] = [
    ("a mail is sent once and marked", |_, world| {
        world.row.unsent.is_none() && world.accepted[world.latest()] == 1 && !world.was_used
    }),
    ("a mail is sent twice", |_, world| world.accepted.contains(&2)),
    ("two deliveries run at once", |_, world| world.deliveries.len() > 1),
    (REPLACED, |_, world| {
        world.deliveries.iter().any(|delivery| match delivery.stage {
            Stage::Marking(taken) => usize::from(taken.mail) < world.latest(),
            _ => false,
        })
    }),
];
