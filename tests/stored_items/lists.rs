//! Damaged rows of the two lists: the denylist and the published keys.

use shared::store::attribute::{
    BUCKET, EFFECTIVE_AT, EXPIRES_AT, JWK, KEY_USE, KID, NOTICE, PUBLISHED_AT, REVOCATION, USER_ID,
};

use super::{
    damage::{
        Kind::{Absent, Empty, Mistyped, Unknown},
        NUMBERS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, Refuses, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const REVOCATIONS: Table =
    Table { id: "RevocationsTable", key: &[BUCKET, REVOCATION], is_cached: false };

pub(super) const REVOCATION_OPERATIONS: [Operation; 2] = [Operation::Access, Operation::AccessOfAnother];

const NO_LIST: &str = "a list that can't be read whole is none";

/// For a session on the list, and for another.
pub(super) const REVOCATION_ROWS: &[Row<2>] = &[
    Row(EXPIRES_AT, &[Absent, Mistyped], [Fails, Fails], NO_LIST),
    Row(EXPIRES_AT, NUMBERS, [Fails, Fails], NO_LIST),
    Row(EFFECTIVE_AT, &[Absent], [Refuses, Serves], "most are refused at once"),
    Row(EFFECTIVE_AT, &[Mistyped], [Fails, Fails], NO_LIST),
    Row(EFFECTIVE_AT, NUMBERS, [Fails, Fails], NO_LIST),
    Row(NOTICE, &[Absent, Mistyped, Empty, Unknown], [Refuses, Serves], "for the mailer"),
    Row(USER_ID, &[Absent, Mistyped, Empty, Unknown], [Refuses, Serves], "for the mailer"),
];

pub(super) const KEYS: Table = Table { id: "KeysTable", key: &[KEY_USE, KID], is_cached: false };

pub(super) const KEY_OPERATIONS: [Operation; 2] = [Operation::Access, Operation::Jwks];

pub(super) const KEY_ROWS: &[Row<2>] = &[
    Row(JWK, &[Absent, Mistyped, Empty, Unknown], [Fails, Fails], NO_LIST),
    Row(PUBLISHED_AT, &[Absent, Mistyped], [Fails, Fails], NO_LIST),
    Row(PUBLISHED_AT, NUMBERS, [Fails, Fails], NO_LIST),
    Row(EXPIRES_AT, &[Absent, Mistyped], [Fails, Fails], NO_LIST),
    Row(EXPIRES_AT, NUMBERS, [Fails, Fails], NO_LIST),
];
