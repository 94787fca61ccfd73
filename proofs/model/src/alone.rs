//! The outcome of one request if no fault and no other request disturbs it.

use crate::{
    ending::{self, Ending},
    password::{self, Changing},
    refreshing::{Answer, Refreshing, Stage},
    scenario::{Cast, Scenario, Tick},
    store::{CLIENTS, Key, OTHER, Store, Write},
    world::World,
};

/// The answer to an undisturbed refresh.
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
    let jkt = store.sessions[OTHER].and_then(|row| row.jkt);
    let here = Ending::here(world.now);
    let mut logout = if everywhere { Ending::everywhere(OTHER, jkt, world.now) } else { here };
    while !matches!(logout.stage, ending::Stage::Done | ending::Stage::Refused) {
        logout.go_on(&mut store, scenario);
    }
    // The client's own session has expired without a refresh. A later request learns that, and the session is removed.
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
    // The change may have ended all sessions but the one that asked. Then it is complete, even if that session can't
    // say so.
    let is_complete = store.is_changed && store.sessions[OTHER].is_none();
    change.stage == password::Stage::Done || is_complete
}

/// The number of turns in which the thief and the client use their tokens.
const ROUNDS: u8 = 4;

/// Whether the session ends once the thief and the client take turns. Each uses its newest token, later than the leeway
/// after the other. Lifetimes are endless, so that they don't end the session.
pub fn both_go_on(world: &World, scenario: &Scenario) -> bool {
    let endless = Scenario { idle: Tick::MAX - 100, absolute: Tick::MAX, ..*scenario };
    let mut store = world.store.clone();
    if let Some(row) = &mut store.sessions[CLIENTS] {
        (row.expires_at, row.absolute_expires_at) = (Tick::MAX, Tick::MAX);
    }
    let newest = world.thief.known.iter().last().unwrap_or(world.client.token);
    let mut tokens = [world.client.token, newest];
    let mut now = world.now + 1;
    for round in 0..ROUNDS {
        for (who, token) in tokens.iter_mut().enumerate() {
            now += scenario.leeway + 1;
            let key = if who == 0 && scenario.client_has_keys {
                Key::Clients(token.generation)
            } else {
                Key::Random(100 + 2 * round + u8::from(who == 0))
            };
            let write = Write { session: CLIENTS, token: *token, proof: token.jkt, key, now };
            if let Answer::Tokens { token: next, .. } = refresh(&mut store, write, &endless) {
                *token = next;
            }
        }
    }
    store.sessions[CLIENTS].is_none() && (store.is_denied(CLIENTS) || world.store.sessions[CLIENTS].is_none())
}
