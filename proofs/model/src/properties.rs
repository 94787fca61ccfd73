//! Properties that must always hold, and worlds that must be reachable so that those mean something.

use stateright::Property;

use crate::{
    alone::{both_go_on, change_password, log_out, refresh},
    keyless::{
        BECOMES_BOUND, ENDED, NO_PROOF, NOT_ENDED, OTHER_KEY_AFTER_RESTORE, TWO_KEYS, WITHOUT_THE_KEY,
    },
    parties::Standing,
    protocol::{Named, Protocol},
    refreshing::{Answer, Refreshing, Stage, Why},
    scenario::{Binding, Cast, Scenario},
    store::{ANEW, CLIENTS, Key, LATE, OTHER, Write},
    token::{Token, Tokens},
    world::{End, World},
};

/// The properties of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Property<Protocol>> {
    let always = COMMON.iter().chain(always(scenario.cast));
    let always = always.map(|(name, condition)| Property::always(name, *condition));
    let sometimes = sometimes(scenario).iter().copied().flatten();
    let sometimes = sometimes.map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(sometimes).collect()
}

/// The properties that must hold in every world.
fn always(cast: Cast) -> &'static [Named] {
    match cast {
        Cast::Alone => &LONE_CLIENT,
        Cast::Thief => &[FOUND_OUT],
        Cast::Keyless => &WITHOUT_THE_KEY,
        Cast::Logout => &[NOTHING_SURVIVES_LOGOUT, LOGOUT_COMPLETES],
        Cast::Everywhere => &[NOTHING_SURVIVES_EVERYWHERE, LOGOUT_COMPLETES],
        Cast::PasswordChange => &[NOTHING_SURVIVES_CHANGE, CHANGE_COMPLETES],
    }
}

/// The properties that must hold in some world.
fn sometimes(scenario: &Scenario) -> &'static [&'static [Named]] {
    match (scenario.cast, scenario.binding) {
        (Cast::Alone, Binding::AtRefresh) => &[&[RETRY, LATE_RETRY, OVERTAKEN, END], &BECOMES_BOUND],
        (Cast::Alone, _) => &[&[RETRY, LATE_RETRY, OVERTAKEN, END]],
        (Cast::Thief, _) => &[&[RETRY, THEFT]],
        (Cast::Keyless, _) if scenario.restores > 0 => &[&[OTHER_KEY_AFTER_RESTORE]],
        (Cast::Keyless, Binding::AtRefresh) => &[&[RETRY, THEFT, ENDED], &BECOMES_BOUND, &TWO_KEYS],
        (Cast::Keyless, _) => &[&[RETRY, NO_PROOF, ENDED, NOT_ENDED]],
        (Cast::Logout | Cast::Everywhere, _) => &[&[RETRY, ACKNOWLEDGED]],
        (Cast::PasswordChange, _) => &[&[ACKNOWLEDGED, LATE_LOGIN, CUT_OFF]],
    }
}

const COMMON: [Named; 6] = [
    ("no token is exchanged twice", |_, world| !world.store.was_forked),
    ("one token at most can be exchanged", |Protocol(scenario), world| {
        let is_exchanged = |token: &Token| {
            let key = Key::Random(u8::MAX);
            let write = Write { session: CLIENTS, token: *token, proof: token.jkt, key, now: world.now };
            world.store.accepts(&write, scenario)
        };
        Tokens::ALL.iter().filter(is_exchanged).count() <= 1
    }),
    ("a generation has one successor, of one key, which both of its tokens have", |_, world| {
        !answers(world, |_, answer| match answer {
            Answer::Tokens { token, access_jkt, is_retry, .. } => {
                // A retry may bring a proof where the first request had none. The proof binds only the retry's access
                // token.
                let is_of_its_own = is_retry && token.jkt.is_none();
                (token.jkt != access_jkt && !is_of_its_own) || !world.store.successors.contains(token)
            }
            Answer::Refused(_) | Answer::Unavailable { .. } => false,
        })
    }),
    ("no session is refreshed after its end", |_, world| {
        world.store.sessions.iter().flatten().all(|row| row.rotated_at < row.absolute_expires_at)
    }),
    ("a session has one row on the denylist, unless something failed", |Protocol(scenario), world| {
        let has_failed = world.was_cut_short || world.faults < scenario.faults;
        // A restored session may have been ended before.
        let was_restored = world.restores < scenario.restores;
        has_failed || was_restored || world.store.denylist.iter().all(|rows| rows.count_ones() <= 1)
    }),
    ("nothing but the user ends another session", |_, world| {
        world.end != End::Unwanted || (world.store.sessions[OTHER].is_some() && !world.store.is_denied(OTHER))
    }),
];

const LONE_CLIENT: [Named; 2] = [
    ("a lone honest client is never logged out", |_, world| {
        let is_over = world.client.expires_at <= world.now;
        world.client.standing != Standing::Wronged && (is_over || world.store.sessions[CLIENTS].is_some())
    }),
    ("its next request, undisturbed, gets tokens", |Protocol(scenario), world| {
        let mut client = world.client.clone();
        client.requests = 1;
        if !client.can_ask(world.now, scenario) || client.expires_at <= world.now {
            return true;
        }
        let key = client.key(scenario).unwrap_or(Key::Random(u8::MAX));
        client.proofs(scenario).all(|proof| {
            let write = Write { session: CLIENTS, token: client.token, proof, key, now: world.now };
            let next = Token { generation: client.token.generation + 1, jkt: write.jkt() };
            let answer = refresh(&mut world.store.clone(), write, scenario);
            matches!(answer, Answer::Tokens { token, access_jkt, .. } if token == next && access_jkt == next.jkt)
        })
    }),
];

const FOUND_OUT: Named =
    ("a thief and a client who both go on are found out", |Protocol(scenario), world| {
        world.thief.known == Tokens::default() || both_go_on(world, scenario)
    });

const NOTHING_SURVIVES_LOGOUT: Named = ("nothing survives an acknowledged logout", |_, world| {
    world.end != End::Acknowledged || world.is_over(CLIENTS)
});

const NOTHING_SURVIVES_EVERYWHERE: Named =
    ("nothing survives an acknowledged logout everywhere", |_, world| {
        world.end != End::Acknowledged || (world.is_over(CLIENTS) && world.is_over(OTHER))
    });

const NOTHING_SURVIVES_CHANGE: Named =
    ("nothing of the old password survives an acknowledged change of it", |Protocol(scenario), world| {
        if world.end != End::Acknowledged {
            return true;
        }
        let refreshed = |session: usize| {
            let Some(row) = world.store.sessions[session] else { return false };
            let token = Token { generation: row.generation, jkt: row.jkt };
            let key = Key::Random(u8::MAX);
            let write = Write { session, token, proof: token.jkt, key, now: world.now };
            matches!(refresh(&mut world.store.clone(), write, scenario), Answer::Tokens { .. })
        };
        world.is_over(CLIENTS) && world.is_over(OTHER) && !refreshed(LATE) && refreshed(ANEW)
    });

const LOGOUT_COMPLETES: Named = ("the same logout again completes it", |Protocol(scenario), world| {
    world.end != End::Asked || log_out(world, scenario)
});

const CHANGE_COMPLETES: Named = ("the same change again completes it", |Protocol(scenario), world| {
    world.end != End::Asked || change_password(world, scenario)
});

const RETRY: Named = ("a retry gets the same successor", |_, world| {
    answers(world, |_, answer| matches!(answer, Answer::Tokens { is_retry: true, .. }))
});

const LATE_RETRY: Named =
    ("a retry later than the leeway gets the same successor", |Protocol(scenario), world| {
        answers(world, |refresh, answer| {
            let rotated_at = world.store.sessions[CLIENTS].map_or(refresh.write.now, |row| row.rotated_at);
            let is_late = refresh.write.now > rotated_at + scenario.leeway;
            is_late && matches!(answer, Answer::Tokens { is_retry: true, .. })
        })
    });

const OVERTAKEN: Named =
    ("a request is overtaken by the use of its successor", |_, world| world.was_overtaken);

const END: Named =
    ("a session ends with its lifetime", |_, world| world.client.standing == Standing::LoggedOut);

const THEFT: Named = ("theft is found", |_, world| {
    world.refreshes().any(|refresh| matches!(refresh.stage, Stage::Ending(Why::Theft, _)))
});

const ACKNOWLEDGED: Named = ("the end is acknowledged", |_, world| world.end == End::Acknowledged);

const LATE_LOGIN: Named = ("a login with the old password outlasts the change of it", |_, world| {
    world.end == End::Acknowledged && world.store.sessions[LATE].is_some()
});

const CUT_OFF: Named = ("a refresh meets a user who was cut off", |_, world| {
    world.refreshes().any(|refresh| matches!(refresh.stage, Stage::Ending(Why::CutOff, _)))
});

fn answers(world: &World, is_meant: impl Fn(&Refreshing, Answer) -> bool) -> bool {
    world.refreshes().any(|refresh| refresh.answer().is_some_and(|answer| is_meant(refresh, answer)))
}
