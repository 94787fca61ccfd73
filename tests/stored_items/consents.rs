//! Damaged consents.

use shared::store::attribute::{CLIENT_ID, GRANTED_AT, SCOPE, USER_ID};

use super::{
    damage::{
        Kind::{Absent, Mistyped, Unknown},
        NUMBERS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, FailsAside, Refuses, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const TABLE: Table = Table { id: "ConsentsTable", key: &[USER_ID, CLIENT_ID], is_cached: false };

pub(super) const OPERATIONS: [Operation; 2] = [Operation::AuthorizeThird, Operation::Allow];

const OVERWRITTEN: &str = "who agrees once more overwrites it";

/// A repeated consent is added without reading the old one, so the old one decides nothing.
pub(super) const ROWS: &[Row<2>] = &[
    Row(SCOPE, &[Absent], [Refuses, Serves], "DynamoDB has no empty set: the user agreed to nothing"),
    Row(SCOPE, &[Mistyped], [Fails, FailsAside], "what the user agreed to, and no set to add to"),
    Row(SCOPE, &[Unknown], [Fails, Serves], "what the user agreed to"),
    Row(GRANTED_AT, &[Absent, Mistyped], [Fails, Serves], OVERWRITTEN),
    Row(GRANTED_AT, NUMBERS, [Fails, Serves], OVERWRITTEN),
];
