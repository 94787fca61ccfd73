//! Clients that are not as Latchgate writes them.

use shared::store::attribute::{
    ABSOLUTE_TTL, ACCESS_TTL, CLAIMS, CLIENT_ID, DISABLED, IDLE_TTL, KIND, LEEWAY, NAME, NOT_BEFORE, SCOPE,
    SECRET_HASHES,
};

use super::{
    damage::{
        Kind::{Absent, Empty, Mistyped, Unknown},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const TABLE: Table = Table { id: "ClientsTable", key: &[CLIENT_ID], is_cached: true };

pub(super) const OPERATIONS: [Operation; 5] =
    [Operation::Login, Operation::Refresh, Operation::Retry, Operation::Change, Operation::Logout];

/// A client is read, whole, before anything is written.
pub(super) const ROWS: &[Row<5>] = &[
    Row(NAME, &[Absent], [Serves; 5], "only people need one"),
    Row(NAME, TEXTS, [Serves; 5], "any text at all"),
    Row(NAME, &[Mistyped], [Fails; 5], "the record is not one of ours"),
    Row(KIND, &[Absent, Mistyped, Empty, Unknown], [Fails; 5], "who knows whether it has a secret"),
    Row(SECRET_HASHES, &[Absent, Mistyped, Unknown], [Fails; 5], "what it proves itself with"),
    Row(SCOPE, &[Absent], [Serves; 5], "DynamoDB has no empty set: no scope"),
    Row(SCOPE, &[Mistyped, Unknown], [Fails; 5], "what it may have"),
    Row(CLAIMS, &[Absent], [Serves; 5], "how it is with a client that nobody made a selection for: all"),
    Row(CLAIMS, &[Mistyped, Empty, Unknown], [Fails; 5], "what it may know"),
    Row(DISABLED, &[Absent], [Serves; 5], "how it is with a client that is not disabled"),
    Row(DISABLED, &[Mistyped], [Fails; 5], "whether it may have anything"),
    Row(NOT_BEFORE, &[Absent], [Serves; 5], "how it is with a client that was never cut off"),
    Row(NOT_BEFORE, &[Mistyped], [Fails; 5], "which of its sessions go on"),
    Row(NOT_BEFORE, NUMBERS, [Fails; 5], "which of its sessions go on"),
    Row(ACCESS_TTL, &[Absent], [Serves; 5], "the deployment's"),
    Row(ACCESS_TTL, &[Mistyped], [Fails; 5], "how long a token lives"),
    Row(ACCESS_TTL, NUMBERS, [Fails; 5], "how long a token lives"),
    Row(IDLE_TTL, &[Absent], [Serves; 5], "the deployment's"),
    Row(IDLE_TTL, &[Mistyped], [Fails; 5], "how long a session lives"),
    Row(IDLE_TTL, NUMBERS, [Fails; 5], "how long a session lives"),
    Row(ABSOLUTE_TTL, &[Absent], [Serves; 5], "the deployment's"),
    Row(ABSOLUTE_TTL, &[Mistyped], [Fails; 5], "how long a session lives"),
    Row(ABSOLUTE_TTL, NUMBERS, [Fails; 5], "how long a session lives"),
    Row(LEEWAY, &[Absent], [Serves; 5], "the deployment's"),
    Row(LEEWAY, &[Mistyped], [Fails; 5], "what is a retry, and what is theft"),
    Row(LEEWAY, NUMBERS, [Fails; 5], "what is a retry, and what is theft"),
];
