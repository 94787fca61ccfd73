//! Damaged sessions at the pages.

use shared::store::attribute::{
    ABSOLUTE_EXPIRES_AT, ADDRESS, AUTH_TIME, CREATED_AT, EXPIRES_AT, GENERATION, ROTATED_AT, USER_AGENT,
};

use super::{
    damage::{
        Kind::{Absent, Mistyped},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        Expected::{self, Fails, LeavesOut, Refuses, Serves},
        Row,
    },
};

pub(super) const OPERATIONS: [Operation; 6] = [
    Operation::Authorize,
    Operation::Account,
    Operation::Redeem,
    Operation::SignOut,
    Operation::SignIn,
    Operation::List,
];

/// An unreadable session signs no user in. A sign-out ends it unread, and a new sign-in replaces it. A code reads it
/// last, and is given back.
const UNREADABLE: [Expected; 6] = [Refuses, Refuses, Fails, Serves, Serves, LeavesOut];

const READ: &str = "it is read whole";
const INFORMATION: &str = "only shown to the user, and any text at all";

pub(super) const ROWS: &[Row<6>] = &[
    Row(GENERATION, &[Absent, Mistyped], UNREADABLE, READ),
    Row(GENERATION, NUMBERS, UNREADABLE, READ),
    Row(ROTATED_AT, &[Absent, Mistyped], UNREADABLE, READ),
    Row(ROTATED_AT, NUMBERS, UNREADABLE, READ),
    Row(CREATED_AT, &[Absent, Mistyped], UNREADABLE, READ),
    Row(CREATED_AT, NUMBERS, UNREADABLE, READ),
    Row(AUTH_TIME, &[Absent, Mistyped], UNREADABLE, READ),
    Row(AUTH_TIME, NUMBERS, UNREADABLE, READ),
    Row(EXPIRES_AT, &[Absent, Mistyped], UNREADABLE, READ),
    Row(EXPIRES_AT, NUMBERS, UNREADABLE, READ),
    Row(ABSOLUTE_EXPIRES_AT, &[Absent, Mistyped], UNREADABLE, READ),
    Row(ABSOLUTE_EXPIRES_AT, NUMBERS, UNREADABLE, READ),
    Row(USER_AGENT, &[Absent], [Serves; 6], "not every request has one"),
    Row(USER_AGENT, TEXTS, [Serves; 6], INFORMATION),
    Row(USER_AGENT, &[Mistyped], UNREADABLE, READ),
    Row(ADDRESS, &[Absent], [Serves; 6], "not every request has one"),
    Row(ADDRESS, TEXTS, [Serves; 6], INFORMATION),
    Row(ADDRESS, &[Mistyped], UNREADABLE, READ),
];
