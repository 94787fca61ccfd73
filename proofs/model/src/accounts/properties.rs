//! Properties that must always hold, and worlds that must be reachable so that those mean something.

use stateright::Property;

use super::{
    alone::{is_deleted, is_gone, is_owners, is_taken_back, opens, sets_password},
    deleting,
    function::Task,
    protocol::Protocol,
    scenario::{Cast, Scenario, UNDO_TTL},
    store::{ASKING, Address, Letter, OWNER, Password, Purpose},
    world::World,
};

/// A named property of a world.
type Named = (&'static str, fn(&Protocol, &World) -> bool);

/// The properties of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Property<Protocol>> {
    let (always, sometimes): (&[Named], &[Named]) = match scenario.cast {
        Cast::SignUp => (&[LINK_OPENS], &[OPENED, CHANGED]),
        Cast::Thief if scenario.in_flight == 1 => (&TAKEN_BACK, &[TWICE, BACK]),
        Cast::Thief => (&TAKEN_BACK, &[BACK]),
        Cast::Deletion => (&[NOTHING_LEFT, COMPLETES], &[GONE, CUT_SHORT, OPENED_AFTER]),
        Cast::FirstPassword => (&FIRST_PASSWORD, &[FIRST, TOO_LATE]),
    };
    let always = COMMON.iter().chain(always);
    let always = always.map(|(name, condition)| Property::always(name, *condition));
    let sometimes = sometimes.iter().map(|(name, condition)| Property::sometimes(name, *condition));
    always.chain(sometimes).collect()
}

const COMMON: [Named; 3] = [
    ("an address has one account, and an account one address", |_, world| {
        let users = world.store.users.iter().enumerate();
        let mut users = users.filter_map(|(i, user)| Some((i, user.as_ref()?)));
        let of_users = users.all(|(i, user)| {
            let own = world.store.credentials.iter().filter(|credential| credential.user == i);
            own.map(|credential| Some(credential.name)).eq([user.name])
        });
        // A mistake may have deleted the user alone. The same request again may complete that, if it still can.
        let is_user = |user: usize| world.store.user(user).is_some();
        of_users && world.store.credentials.iter().all(|credential| is_user(credential.user))
    }),
    ("a link that was used or replaced never works", |_, world| !world.store.was_used_again),
    ("no account is opened without the mail to its address", |_, world| !world.store.was_unconfirmed),
];

const LINK_OPENS: Named = (
    "the latest link opens the account while the address has none, whatever failed before",
    |Protocol(scenario), world| {
        if world.store.credential(Address::Free).is_some() {
            return true;
        }
        [Purpose::SignUp, Purpose::Invitation].iter().all(|purpose| {
            let latest = world.store.letters.iter().rfind(|letter| letter.purpose == *purpose);
            latest.is_none_or(|letter| !letter.is_in_time(world.now) || opens(world, letter, scenario))
        })
    },
);

const TAKEN_BACK: [Named; 2] = [
    (
        "the owner's undo, within its time, brings the account back unless it is deleted",
        |Protocol(scenario), world| {
            let is_in_time = |left_at| world.now < left_at + UNDO_TTL;
            let is_lost = world.store.left_at.is_some_and(is_in_time);
            !is_lost || world.store.enabled(OWNER).is_none() || is_taken_back(world, scenario)
        },
    ),
    ("nothing of the thief survives an acknowledged undo or new password", |_, world| {
        !world.was_taken_back || is_owners(&world.store)
    }),
];

const NOTHING_LEFT: Named =
    ("nothing survives an acknowledged deletion", |_, world| !world.was_deleted || is_gone(&world.store));

const COMPLETES: Named = ("the same deletion again completes it", |Protocol(scenario), world| {
    let has_begun = world.store.user(OWNER).is_none_or(|user| user.is_deleting);
    let is_over = world.store.sessions[ASKING].is_over && is_gone(&world.store);
    !has_begun || is_over || is_deleted(world, scenario)
});

const FIRST_PASSWORD: [Named; 2] = [
    ("a link to a first password replaces none", |_, world| !world.store.was_replaced),
    (
        "the latest link to a first password sets one while there is none, whatever failed before",
        |Protocol(scenario), world| {
            let credential = world.store.credential(Address::Owners);
            let is_missing = credential.is_some_and(|it| it.password == Password::Missing);
            let is_first = |letter: &&Letter| letter.purpose == Purpose::FirstPassword;
            let latest = world.store.letters.iter().rfind(is_first);
            let opens =
                |letter: &Letter| !letter.is_in_time(world.now) || sets_password(world, letter, scenario);
            !is_missing || latest.is_none_or(opens)
        },
    ),
];

const FIRST: Named = ("the owner chooses the first password by its link", |_, world| {
    let credential = world.store.credential(Address::Owners);
    let is_used = |letter: &Letter| letter.purpose == Purpose::FirstPassword && letter.was_used;
    credential.is_some_and(|it| it.password == Password::Owners) && world.store.letters.iter().any(is_used)
});

const TOO_LATE: Named = ("a link to a first password comes when there is one", |_, world| {
    let credential = world.store.credential(Address::Owners);
    let waits = |letter: &Letter| letter.purpose == Purpose::FirstPassword && letter.is_current;
    credential.is_some_and(|it| it.password != Password::Missing) && world.store.letters.iter().any(waits)
});

const OPENED: Named = ("an account is opened", |_, world| world.store.users.len() > 1);

const CHANGED: Named = ("the user gets the address", |_, world| world.store.left_at.is_some());

const TWICE: Named = ("a thief changes the address twice", |_, world| {
    world.store.user(OWNER).is_some_and(|user| user.undos.len() > 1)
});

const BACK: Named = ("the owner takes the account back by an undo", |_, world| {
    let undos = world.store.letters.iter().filter(|letter| letter.purpose == Purpose::Undo);
    let mut owners = undos.filter(|letter| letter.address == Address::Owners);
    world.was_taken_back && owners.any(|letter| letter.was_used)
});

const GONE: Named = ("the account is deleted", |_, world| world.was_deleted);

const CUT_SHORT: Named = ("a deletion is cut short, and its repetition begins", |_, world| {
    let deletion = world.running.iter().find_map(|function| match &function.task {
        Task::Delete(deletion) => Some(&deletion.stage),
        _ => None,
    });
    let is_deleting = world.store.user(OWNER).is_some_and(|user| user.is_deleting);
    world.faults == 0 && is_deleting && deletion == Some(&deleting::Stage::Disabling)
});

const OPENED_AFTER: Named = ("the address gets another account after the deletion", |_, world| {
    world.was_deleted && world.store.users.len() > 1
});
