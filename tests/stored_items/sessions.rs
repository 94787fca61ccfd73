//! Damaged sessions.

use shared::store::attribute::{
    ABSOLUTE_EXPIRES_AT, ACCESS_ONLY, ADDRESS, AUTH_TIME, CREATED_AT, DEVICE_NAME, ENDED_AT, EXPIRES_AT,
    GENERATION, PASSWORD_CHANGE, RETRY_KEY, ROTATED_AT, SCOPE, SESSION_KEY, SUCCESSOR, UNDELIVERED,
    USER_AGENT, USER_ID,
};

use super::{
    damage::{
        Kind::{Absent, Beyond, Empty, Fraction, Milliseconds, Mistyped, Negative, Unknown},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, FailsRotated as Rotated, LeavesOut, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const TABLE: Table = Table { id: "SessionsTable", key: &[USER_ID, SESSION_KEY], is_cached: false };

pub(super) const OPERATIONS: [Operation; 5] =
    [Operation::Refresh, Operation::Retry, Operation::Access, Operation::Change, Operation::List];

const OVERWRITTEN: &str = "the rotation overwrites it, and nothing is decided by it before";
const INFORMATION: &str = "only shown to the user, and any text at all";
const REQUIRED: &str = "part of the rotation's condition, which fails without it";
const UNREAD: &str = "only the end of the session asks for it";
const CLAIMED: &str = "a change of password overwrites it";
const READ_AFTER: &str = "the rotation's condition doesn't ask for it; what it issues does";

/// The authorizer reads only the two ends of a session.
pub(super) const ROWS: &[Row<5>] = &[
    Row(GENERATION, &[Absent, Mistyped], [Fails, Fails, Serves, Fails, LeavesOut], REQUIRED),
    Row(GENERATION, NUMBERS, [Fails, Fails, Serves, Fails, LeavesOut], REQUIRED),
    Row(CREATED_AT, &[Absent, Mistyped], [Fails, Fails, Serves, Fails, LeavesOut], REQUIRED),
    Row(CREATED_AT, &[Negative, Beyond, Milliseconds], [Fails, Fails, Serves, Fails, LeavesOut], REQUIRED),
    Row(CREATED_AT, &[Fraction], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(EXPIRES_AT, &[Absent, Mistyped], [Fails, Fails, Fails, Fails, LeavesOut], REQUIRED),
    Row(EXPIRES_AT, &[Negative, Beyond, Milliseconds], [Fails, Fails, Fails, Fails, LeavesOut], REQUIRED),
    Row(EXPIRES_AT, &[Fraction], [Serves, Fails, Fails, Fails, LeavesOut], OVERWRITTEN),
    Row(ABSOLUTE_EXPIRES_AT, &[Absent, Mistyped], [Fails, Fails, Fails, Fails, LeavesOut], REQUIRED),
    Row(
        ABSOLUTE_EXPIRES_AT,
        &[Negative, Beyond, Milliseconds],
        [Fails, Fails, Fails, Fails, LeavesOut],
        REQUIRED,
    ),
    Row(ABSOLUTE_EXPIRES_AT, &[Fraction], [Rotated, Fails, Fails, Fails, LeavesOut], READ_AFTER),
    Row(ROTATED_AT, &[Absent, Mistyped], [Serves, Fails, Serves, Fails, LeavesOut], OVERWRITTEN),
    Row(ROTATED_AT, NUMBERS, [Serves, Fails, Serves, Fails, LeavesOut], OVERWRITTEN),
    Row(AUTH_TIME, &[Absent, Mistyped], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(AUTH_TIME, NUMBERS, [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(SCOPE, &[Absent], [Serves, Serves, Serves, Serves, Serves], "DynamoDB has no empty set: no scope"),
    Row(SCOPE, &[Mistyped, Unknown], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(RETRY_KEY, &[Absent], [Serves; 5], "a session that was never rotated has none"),
    Row(RETRY_KEY, &[Mistyped], [Serves, Fails, Serves, Fails, LeavesOut], OVERWRITTEN),
    Row(RETRY_KEY, TEXTS, [Serves; 5], "a hash of something else: this session is marked undelivered"),
    Row(UNDELIVERED, &[Absent], [Serves; 5], "a session whose tokens arrived has none"),
    Row(UNDELIVERED, &[Mistyped], [Serves, Fails, Serves, Fails, LeavesOut], OVERWRITTEN),
    Row(ENDED_AT, &[Absent], [Serves; 5], "nobody ends it"),
    Row(ENDED_AT, &[Mistyped], [Serves; 5], UNREAD),
    Row(ENDED_AT, NUMBERS, [Serves; 5], UNREAD),
    Row(SUCCESSOR, &[Absent], [Serves; 5], "no change of password replaced it"),
    Row(SUCCESSOR, &[Mistyped], [Serves; 5], UNREAD),
    Row(SUCCESSOR, TEXTS, [Serves; 5], UNREAD),
    Row(PASSWORD_CHANGE, &[Absent], [Serves; 5], "no change of password claimed it"),
    Row(PASSWORD_CHANGE, &[Mistyped], [Serves; 5], CLAIMED),
    Row(PASSWORD_CHANGE, TEXTS, [Serves; 5], CLAIMED),
    Row(ACCESS_ONLY, &[Absent], [Serves; 5], "its client has a refresh token"),
    Row(ACCESS_ONLY, &[Mistyped], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(ADDRESS, &[Absent], [Serves; 5], "not every request has one"),
    Row(ADDRESS, &[Mistyped], [Serves, Fails, Serves, Fails, LeavesOut], OVERWRITTEN),
    Row(ADDRESS, TEXTS, [Serves; 5], INFORMATION),
    Row(USER_AGENT, &[Absent], [Serves; 5], "not every request has one"),
    Row(USER_AGENT, &[Mistyped], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(USER_AGENT, &[Empty, Unknown], [Serves; 5], INFORMATION),
    Row(DEVICE_NAME, &[Absent], [Serves; 5], "not every device has a name"),
    Row(DEVICE_NAME, &[Mistyped], [Rotated, Fails, Serves, Fails, LeavesOut], READ_AFTER),
    Row(DEVICE_NAME, TEXTS, [Serves; 5], INFORMATION),
];
