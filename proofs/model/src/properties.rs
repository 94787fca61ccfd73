//! What has to hold, and what has to be possible so that it means something.

use stateright::Property;

use crate::{
    alone::{both_go_on, change_password, log_out, refresh},
    function::Task,
    parties::Standing,
    protocol::Protocol,
    refreshing::{Answer, Refreshing, Stage, Why},
    scenario::{Cast, Scenario},
    store::{ANEW, CLIENTS, Key, LATE, OTHER, Write},
    world::{End, World},
};

type Condition = fn(&Protocol, &World) -> bool;

/// A condition and what it is called.
type Named = (&'static str, Condition);

/// The properties of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Property<Protocol>> {
    let always = COMMON.iter().chain(always(scenario.cast));
    let always = always.map(|(name, condition)| Property::always(name, *condition));
    let sometimes = sometimes(scenario.cast).iter();
    let sometimes = sometimes.map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(sometimes).collect()
}

/// What has to hold in every world.
fn always(cast: Cast) -> &'static [Named] {
    match cast {
        Cast::Alone => &LONE_CLIENT,
        Cast::Thief => &[FOUND_OUT],
        Cast::Logout => &[NOTHING_SURVIVES_LOGOUT, LOGOUT_COMPLETES],
        Cast::Everywhere => &[NOTHING_SURVIVES_EVERYWHERE, LOGOUT_COMPLETES],
        Cast::PasswordChange => &[NOTHING_SURVIVES_CHANGE, CHANGE_COMPLETES],
    }
}

/// What has to be the case in some world.
fn sometimes(cast: Cast) -> &'static [Named] {
    match cast {
        Cast::Alone => &[RETRY, LATE_RETRY, OVERTAKEN, END],
        Cast::Thief => &[RETRY, THEFT],
        Cast::Logout | Cast::Everywhere => &[RETRY, ACKNOWLEDGED],
        Cast::PasswordChange => &[ACKNOWLEDGED, LATE_LOGIN, CUT_OFF],
    }
}

const COMMON: [Named; 5] = [
    ("no token is exchanged twice", |_, world| !world.store.was_forked),
    ("one token at most can be exchanged", |Protocol(scenario), world| {
        let exchanges = |generation: &u8| {
            let write = Write {
                session: CLIENTS,
                generation: *generation,
                key: Key::Random(u8::MAX),
                now: world.now,
            };
            world.store.clone().rotate(&write, scenario).is_ok()
        };
        (0..16).filter(exchanges).count() <= 1
    }),
    ("no session is refreshed after its end", |_, world| {
        world.store.sessions.iter().flatten().all(|row| row.rotated_at < row.absolute_expires_at)
    }),
    ("a session has one row on the denylist, unless something failed", |Protocol(scenario), world| {
        let has_failed = world.was_cut_short || world.faults < scenario.faults;
        has_failed || world.store.denylist.iter().all(|rows| rows.count_ones() <= 1)
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
        let write = Write { session: CLIENTS, generation: client.generation, key, now: world.now };
        let answer = refresh(&mut world.store.clone(), write, scenario);
        matches!(answer, Answer::Tokens { generation, .. } if generation == client.generation + 1)
    }),
];

const FOUND_OUT: Named =
    ("a thief and a client who both go on are found out", |Protocol(scenario), world| {
        world.thief.known == 0 || both_go_on(world, scenario)
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
        let refreshed = |session| {
            let Some(row) = world.store.sessions[session] else { return false };
            let write =
                Write { session, generation: row.generation, key: Key::Random(u8::MAX), now: world.now };
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
    refreshes(world).any(|refresh| matches!(refresh.stage, Stage::Ending(Why::Theft, _)))
});

const ACKNOWLEDGED: Named = ("the end is acknowledged", |_, world| world.end == End::Acknowledged);

const LATE_LOGIN: Named = ("a login with the old password outlasts the change of it", |_, world| {
    world.end == End::Acknowledged && world.store.sessions[LATE].is_some()
});

const CUT_OFF: Named = ("a refresh meets a user who was cut off", |_, world| {
    refreshes(world).any(|refresh| matches!(refresh.stage, Stage::Ending(Why::CutOff, _)))
});

fn refreshes(world: &World) -> impl Iterator<Item = &Refreshing> {
    world.running.iter().filter_map(|function| match &function.task {
        Task::Refresh(refresh) => Some(refresh),
        Task::Logout(_) | Task::Password(_) | Task::Login(_) => None,
    })
}

fn answers(world: &World, is_meant: impl Fn(&Refreshing, Answer) -> bool) -> bool {
    refreshes(world).any(|refresh| match refresh.stage {
        Stage::Answering(answer) => is_meant(refresh, answer),
        Stage::AtStore(..) | Stage::Ending(..) | Stage::Marking => false,
    })
}
