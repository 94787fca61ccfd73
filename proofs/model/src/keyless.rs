//! Properties of bound tokens against a thief with the token but without the key (RFC 9449).

use crate::{
    alone::refresh,
    ending::{self, Ending},
    function::{Function, Task},
    parties::Standing,
    protocol::{Named, Protocol},
    refreshing::{Answer, Refreshing, Refusal, Stage, Writing},
    revoking::Revoking,
    scenario::{Binding, Scenario},
    store::{CLIENTS, Key, Write},
    token::{Jkt, Token},
    world::World,
};

/// Properties that must always hold against a thief with everything except the key.
pub(crate) const WITHOUT_THE_KEY: [Named; 5] = [
    ("a thief without the key gets no token of a bound session", |Protocol(scenario), world| {
        let is_bound_at_login = scenario.binding == Binding::AtLogin;
        let is_bound = |jkt| is_bound_at_login || jkt == Some(Jkt::Clients);
        !world.thiefs_refreshes().any(|refresh| match refresh.answer() {
            Some(Answer::Tokens { token, access_jkt, .. }) => is_bound(token.jkt) || is_bound(access_jkt),
            Some(Answer::Refused(_) | Answer::Unavailable { .. }) | None => false,
        })
    }),
    ("no token that it has is worth anything without the key", |Protocol(scenario), world| {
        let gets_tokens = |token: Token, proof: Option<Jkt>| {
            [Key::Random(u8::MAX), Key::Clients(token.generation)].into_iter().any(|key| {
                let write = Write { session: CLIENTS, token, proof, key, now: world.now };
                matches!(refresh(&mut world.store.clone(), write, scenario), Answer::Tokens { .. })
            })
        };
        let is_worthless = |token| !scenario.thiefs_proofs().iter().any(|proof| gets_tokens(token, *proof));
        world.bound_session().is_none() || world.thief.known.iter().all(is_worthless)
    }),
    ("the client of a bound session that lives is never refused", |_, world| {
        world.client.standing != Standing::Wronged && !world.clients_refreshes().any(|r| ends_bound(world, r))
    }),
    ("no refresh ends a bound session, but for a used token that comes without the key", |_, world| {
        !world.refreshes().any(|refresh| {
            let Write { token, proof, .. } = refresh.write;
            let is_used = world.bound_session().is_some_and(|row| row.generation > token.generation);
            ends_bound(world, refresh) && (token.jkt.or(proof) == Some(Jkt::Clients) || !is_used)
        })
    }),
    ("a thief who binds a session first doesn't keep it", |Protocol(scenario), world| {
        let thiefs = world.session_of(Jkt::Thiefs).filter(|row| row.is_live(world.now));
        thiefs.is_none_or(|row| {
            // A client's token of the session's generation dates from before a restore, so only older tokens count.
            let is_used = |token: Token| token.generation < row.generation;
            // A request that was overtaken can't tell a thief from its own client.
            let is_left = |refresh: &Refreshing| match refresh.answer() {
                Some(Answer::Refused(refusal)) => refusal != Refusal::Overtaken,
                Some(Answer::Tokens { .. } | Answer::Unavailable { .. }) | None => false,
            };
            !world.clients_refreshes().any(|refresh| is_used(refresh.write.token) && is_left(refresh))
                && (!is_used(world.client.token) || next_request_ends_it(world, scenario))
        })
    }),
];

/// Whether this refresh is about to end a session that is bound to the client's key.
fn ends_bound(world: &World, refresh: &Refreshing) -> bool {
    matches!(refresh.stage, Stage::Ending(_, Revoking::Marking)) && world.bound_session().is_some()
}

/// Whether the client's next request, undisturbed, ends its session, with every proof that the client can send.
fn next_request_ends_it(world: &World, scenario: &Scenario) -> bool {
    let client = &world.client;
    let key = client.key(scenario).unwrap_or(Key::Random(u8::MAX));
    client.proofs(scenario).all(|proof| {
        let mut store = world.store.clone();
        let write = Write { session: CLIENTS, token: client.token, proof, key, now: world.now };
        let is_refused = matches!(refresh(&mut store, write, scenario), Answer::Refused(_));
        is_refused && store.sessions[CLIENTS].is_none() && store.is_denied(CLIENTS)
    })
}

/// Worlds that must be reachable where sessions become bound.
pub(crate) const BECOMES_BOUND: [Named; 2] = [
    ("a session becomes bound", |_, world| {
        world.refreshes().any(|refresh| {
            refresh.write.token.jkt.is_none()
                && matches!(refresh.stage, Stage::AtStore(Writing::Done(row), _) if row.jkt.is_some())
        })
    }),
    ("a retry of the request that bound the session gets the same successor", |_, world| {
        world.refreshes().any(|refresh| match refresh.answer() {
            Some(Answer::Tokens { token, is_retry, .. }) => {
                is_retry && token.jkt.is_some() && refresh.write.token.jkt.is_none()
            }
            Some(Answer::Refused(_) | Answer::Unavailable { .. }) | None => false,
        })
    }),
];

/// Worlds that must also be reachable where a thief binds sessions too.
pub(crate) const TWO_KEYS: [Named; 4] = [
    ("two keys at once would have the session", |_, world| {
        let is_asked = |jkt| {
            world.refreshes().any(|refresh| {
                let is_sent = matches!(refresh.stage, Stage::AtStore(Writing::Sent(_), _));
                is_sent && refresh.write.token.jkt.is_none() && refresh.write.jkt() == Some(jkt)
            })
        };
        let is_unbound = world.store.sessions[CLIENTS].is_some_and(|row| row.jkt.is_none());
        is_unbound && is_asked(Jkt::Clients) && is_asked(Jkt::Thiefs)
    }),
    ("a retry with another key ends the session", |Protocol(scenario), world| {
        world.bound_session().is_some_and(|row| {
            world.thiefs_refreshes().any(|refresh| {
                let Write { token, now, .. } = refresh.write;
                let is_last = token.generation + 1 == row.generation;
                is_last && now <= row.rotated_at + scenario.leeway && ends_bound(world, refresh)
            })
        })
    }),
    ("the client ends the session that a thief has bound", |_, world| {
        let is_ending = |refresh: &Refreshing| matches!(refresh.stage, Stage::Ending(..));
        world.session_of(Jkt::Thiefs).is_some() && world.clients_refreshes().any(is_ending)
    }),
    ("a retry brings a proof where the session is bound to nothing", |_, world| {
        world.clients_refreshes().any(|refresh| match refresh.answer() {
            Some(Answer::Tokens { token, access_jkt, .. }) => token.jkt.is_none() && access_jkt.is_some(),
            Some(Answer::Refused(_) | Answer::Unavailable { .. }) | None => false,
        })
    }),
];

/// A world that must be reachable: the key protects a bound token.
pub(crate) const NO_PROOF: Named = ("a bound token without a proof is refused", |_, world| {
    world.thiefs_refreshes().any(|refresh| refresh.is_refused(Refusal::NoProof))
});

/// A world that must be reachable: a logout needs no key.
pub(crate) const ENDED: Named =
    ("a thief without the key ends the session that it has a token of", |Protocol(scenario), world| {
        world.thief.logouts < scenario.thief_logouts && world.is_over(CLIENTS)
    });

/// A world that must be reachable: a logout everywhere needs the key.
pub(crate) const NOT_ENDED: Named =
    ("everywhere without a proof is refused, and ends nothing", |_, world| {
        let is_refused = |logout: &Ending| logout.stage == ending::Stage::Refused;
        let is_met =
            |function: &Function| matches!(&function.task, Task::Logout(logout) if is_refused(logout));
        world.running.iter().any(is_met) && world.store.sessions[CLIENTS].is_some()
    });

/// A world that must be reachable. It is why the write's condition includes the key: after a restore, two tokens of one
/// generation may be bound to different keys.
pub(crate) const OTHER_KEY_AFTER_RESTORE: Named =
    ("a token of another key, of the same generation, is refused", |_, world| {
        world.thiefs_refreshes().any(|refresh| {
            let Some(row) = world.bound_session() else { return false };
            refresh.is_refused(Refusal::OtherKey) && refresh.write.token.generation == row.generation
        })
    });
