//! What would become of a world if nothing else happened any more: no fault, nobody else.

use crate::{
    ending::{self, Ending},
    password::{self, Changing},
    refreshing::{Answer, Refreshing, Stage},
    scenario::{Cast, Scenario},
    store::{CLIENTS, Key, OTHER, Store, Write},
    tick::Tick,
    world::World,
};

/// What a refresh answers that nothing disturbs.
pub fn refresh(store: &mut Store, write: Write, scenario: &Scenario) -> Answer {
    let mut refresh = Refreshing::new(write, scenario);
    refresh.write(store, true, scenario);
    refresh.read(Some(store.not_before), scenario);
    loop {
        if let Stage::Answering(answer) = refresh.stage {
            return answer;
        }
        refresh.go_on(store, scenario);
    }
}

/// Whether the user's logout, sent now, is acknowledged and ends what it should.
pub fn log_out(world: &World, scenario: &Scenario) -> bool {
    let mut store = world.store.clone();
    let everywhere = scenario.cast == Cast::Everywhere;
    let mut logout = if everywhere { Ending::everywhere(world.now) } else { Ending::here(world.now) };
    while !matches!(logout.stage, ending::Stage::Done | ending::Stage::Refused) {
        logout.go_on(&mut store, scenario);
    }
    // Nobody refreshes it. Whoever asks later is told so, and it is removed.
    let own_has_expired = world.now >= scenario.idle.min(scenario.absolute);
    (everywhere && own_has_expired)
        || (logout.stage == ending::Stage::Done && store.sessions[CLIENTS].is_none())
}

/// Whether the user's change of password, sent now, is acknowledged.
pub fn change_password(world: &World, scenario: &Scenario) -> bool {
    let mut store = world.store.clone();
    let mut change = Changing::new(world.now);
    while !matches!(change.stage, password::Stage::Done | password::Stage::Refused) {
        change.go_on(&mut store, true, scenario);
    }
    // All but the end of the session that asks may have been done: then the change is complete, and no longer its.
    let is_complete = store.is_changed && store.sessions[OTHER].is_none();
    change.stage == password::Stage::Done || is_complete
}

/// How often a thief and a client use their tokens in turn.
const ROUNDS: u8 = 4;

/// Whether the session is over once the thief and the client have gone on for a while, each with the newest token that
/// it has, each later than the leeway after the other. No lifetime comes to their help.
pub fn both_go_on(world: &World, scenario: &Scenario) -> bool {
    let endless = Scenario { idle: Tick::MAX - 100, absolute: Tick::MAX, ..*scenario };
    let mut store = world.store.clone();
    if let Some(row) = &mut store.sessions[CLIENTS] {
        (row.expires_at, row.absolute_expires_at) = (Tick::MAX, Tick::MAX);
    }
    let newest = world.thief.generations().last().unwrap_or_default();
    let mut generations = [world.client.generation, newest];
    let mut now = world.now + 1;
    for round in 0..ROUNDS {
        for (who, generation) in generations.iter_mut().enumerate() {
            now += scenario.leeway + 1;
            let key = if who == 0 && scenario.client_has_keys {
                Key::Clients(*generation)
            } else {
                Key::Random(100 + 2 * round + u8::from(who == 0))
            };
            let write = Write { session: CLIENTS, generation: *generation, key, now };
            if let Answer::Tokens { generation: next, .. } = refresh(&mut store, write, &endless) {
                *generation = next;
            }
        }
    }
    store.sessions[CLIENTS].is_none() && (store.is_denied(CLIENTS) || world.store.sessions[CLIENTS].is_none())
}
