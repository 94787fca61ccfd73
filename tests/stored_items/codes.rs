//! Damaged codes.

use shared::store::attribute::{
    AUTH_TIME, BROWSER_SESSION, CLIENT_ID, CODE_CHALLENGE, CODE_HASH, EXPIRES_AT, ISSUED_AT, JKT, NONCE,
    REDEEMED_BY, REDEEMER, REDIRECT_URI, REFRESHABLE, SCOPE, USER_ID,
};

use super::{
    damage::{
        Kind::{Absent, Beyond, Empty, Fraction, Milliseconds, Mistyped, Negative, Unknown},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, GivesNothing, Refuses, RefusesBarred, RefusesEnded as Ended, RefusesUsed, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const TABLE: Table = Table { id: "CodesTable", key: &[CODE_HASH], is_cached: false };

pub(super) const OPERATIONS: [Operation; 1] = [Operation::Redeem];

const CONDITION: &str = "part of the condition of its use, which fails without it";
const OTHER: &str = "that of another request, which this one doesn't match";
const CUT: &str = "what has a colon is no identifier, and what is cut off is another client's";
const READ_AFTER: &str =
    "the condition doesn't ask for it; what is issued does, and then the code is given back";
const SWEPT: &str = "for DynamoDB to sweep codes: nothing is decided by it";

/// An unused code.
pub(super) const ROWS: &[Row<1>] = &[
    Row(CLIENT_ID, &[Absent, Mistyped, Empty], [Fails], CONDITION),
    Row(CLIENT_ID, &[Unknown], [GivesNothing], CUT),
    Row(REDIRECT_URI, &[Absent, Mistyped], [Fails], CONDITION),
    Row(REDIRECT_URI, TEXTS, [Refuses], OTHER),
    Row(CODE_CHALLENGE, &[Absent, Mistyped], [Fails], CONDITION),
    Row(CODE_CHALLENGE, TEXTS, [Refuses], OTHER),
    Row(NONCE, &[Absent], [Serves], "not every request has one; a client that sent one refuses the ID token"),
    Row(NONCE, TEXTS, [Serves], "any text at all; a client that sent another refuses the ID token"),
    Row(NONCE, &[Mistyped], [Fails], READ_AFTER),
    Row(SCOPE, &[Absent], [Serves], "DynamoDB has no empty set: no scope"),
    Row(SCOPE, &[Mistyped, Unknown], [Fails], READ_AFTER),
    Row(USER_ID, &[Absent, Mistyped, Empty], [Fails], READ_AFTER),
    Row(USER_ID, &[Unknown], [RefusesUsed], "a user who isn't there"),
    Row(BROWSER_SESSION, &[Absent, Mistyped, Empty, Unknown], [Fails], READ_AFTER),
    Row(AUTH_TIME, &[Absent, Mistyped], [Fails], READ_AFTER),
    Row(AUTH_TIME, NUMBERS, [Fails], READ_AFTER),
    Row(ISSUED_AT, &[Absent, Mistyped, Negative], [Fails], CONDITION),
    Row(ISSUED_AT, &[Fraction, Beyond, Milliseconds], [Fails], READ_AFTER),
    Row(JKT, &[Absent], [Serves], "how it is with a request that names no key; this one has a proof"),
    Row(JKT, &[Mistyped, Empty, Unknown], [Fails], CONDITION),
    Row(REFRESHABLE, &[Absent], [Serves], "how it is with a client that gets no refresh token"),
    Row(REFRESHABLE, &[Mistyped], [Fails], READ_AFTER),
    Row(EXPIRES_AT, &[Absent, Mistyped], [Serves], SWEPT),
    Row(EXPIRES_AT, NUMBERS, [Serves], SWEPT),
];

pub(super) const USED_OPERATIONS: [Operation; 1] = [Operation::RedeemAgain];

const READ: &str = "the row of a refused use is read whole";

/// A code that its client has used. A second use ends the resulting session, unless the code can't be read.
pub(super) const USED_ROWS: &[Row<1>] = &[
    Row(CLIENT_ID, &[Absent, Mistyped, Empty], [Fails], READ),
    Row(CLIENT_ID, &[Unknown], [GivesNothing], CUT),
    Row(REDIRECT_URI, &[Absent, Mistyped], [Fails], READ),
    Row(REDIRECT_URI, TEXTS, [Refuses], OTHER),
    Row(CODE_CHALLENGE, &[Absent, Mistyped], [Fails], READ),
    Row(CODE_CHALLENGE, TEXTS, [Refuses], OTHER),
    Row(NONCE, &[Absent], [Ended], "not every request has one"),
    Row(NONCE, TEXTS, [Ended], "any text at all"),
    Row(NONCE, &[Mistyped], [Fails], READ),
    Row(SCOPE, &[Absent], [Ended], "DynamoDB has no empty set: no scope"),
    Row(SCOPE, &[Mistyped, Unknown], [Fails], READ),
    Row(USER_ID, &[Absent, Mistyped, Empty], [Fails], READ),
    Row(USER_ID, &[Unknown], [RefusesBarred], "a user who isn't there"),
    Row(BROWSER_SESSION, &[Absent, Mistyped, Empty, Unknown], [Fails], READ),
    Row(AUTH_TIME, &[Absent, Mistyped], [Fails], READ),
    Row(AUTH_TIME, NUMBERS, [Fails], READ),
    Row(ISSUED_AT, &[Absent, Mistyped], [Fails], READ),
    Row(ISSUED_AT, NUMBERS, [Fails], READ),
    Row(JKT, &[Absent], [Ended], "how it is with a request that names no key"),
    Row(JKT, &[Mistyped, Empty, Unknown], [Fails], READ),
    Row(REFRESHABLE, &[Absent], [Ended], "how it is with a client that gets no refresh token"),
    Row(REFRESHABLE, &[Mistyped], [Fails], READ),
    Row(REDEEMED_BY, &[Absent], [Refuses], "somebody has used it, and whose session it became isn't known"),
    Row(REDEEMED_BY, &[Mistyped, Empty, Unknown], [Fails], READ),
    Row(REDEEMER, &[Absent], [Ended], "it recognises the request that used the code, and this is another"),
    Row(REDEEMER, TEXTS, [Ended], "the same"),
    Row(REDEEMER, &[Mistyped], [Fails], READ),
    Row(EXPIRES_AT, &[Absent, Mistyped], [Ended], SWEPT),
    Row(EXPIRES_AT, NUMBERS, [Ended], SWEPT),
];
