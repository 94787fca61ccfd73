//! Damaged users and credentials.

use shared::store::attribute::{
    CHANGED_IN, CLAIMS, DELETING, DISABLED, EXPIRES_AT, MUST_CHANGE, NEW_DEVICE_MAILS, NOT_BEFORE, NOTICE,
    NOTICE_NETWORK, NOTICED_AT, PASSWORD_HASH, SIGNED_UP_AT, UNDOS, USER_ID, USERNAME, VALID_FROM,
};

use super::{
    damage::{
        Kind::{Absent, Beyond, Empty, Fraction, Milliseconds, Mistyped, Mixed, Negative, Unknown},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        DEVICES_GUESSES,
        Expected::{
            Fails, FailsCounted as Counted, FailsRotated as Rotated, Refuses, RefusesCounted, Serves,
        },
        GUESSES, IN_A_ROW, LAST_AT, Row,
    },
    strike::Table,
};

pub(super) const USERS: Table = Table { id: "UsersTable", key: &[USER_ID], is_cached: false };

pub(super) const USER_OPERATIONS: [Operation; 4] =
    [Operation::Login, Operation::Refresh, Operation::Retry, Operation::Change];

const READ: &str = "what a token says, and whether there is one";

/// A refresh reads the user concurrently with its one write, so an unreadable user shows only afterwards.
pub(super) const USER_ROWS: &[Row<4>] = &[
    Row(USERNAME, &[Absent], [Serves, Serves, Serves, Fails], "of use to a change of password alone"),
    Row(USERNAME, &[Empty], [Serves, Serves, Serves, Fails], "of use to a change of password alone"),
    Row(USERNAME, &[Unknown], [Serves, Serves, Serves, Counted], "a name that nobody has: counted as such"),
    Row(USERNAME, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(CLAIMS, &[Absent], [Serves; 4], "a user of whom the tokens say nothing more"),
    Row(CLAIMS, &[Mistyped, Empty, Unknown], [Fails, Rotated, Fails, Fails], READ),
    Row(DISABLED, &[Absent], [Serves; 4], "how it is with whoever is not disabled"),
    Row(DISABLED, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(NOT_BEFORE, &[Absent], [Serves; 4], "how it is with whoever was never cut off"),
    Row(NOT_BEFORE, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(NOT_BEFORE, NUMBERS, [Fails, Rotated, Fails, Fails], READ),
    Row(DELETING, &[Absent], [Serves; 4], "nobody deletes the account"),
    Row(DELETING, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(SIGNED_UP_AT, &[Absent], [Serves; 4], "an operator created the user"),
    Row(SIGNED_UP_AT, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(SIGNED_UP_AT, NUMBERS, [Fails, Rotated, Fails, Fails], READ),
    Row(NEW_DEVICE_MAILS, &[Absent], [Serves; 4], "a user who asked for no such mails"),
    Row(NEW_DEVICE_MAILS, &[Mistyped], [Fails, Rotated, Fails, Fails], READ),
    Row(UNDOS, &[Absent, Mistyped, Empty, Mixed, Unknown], [Serves; 4], "for changes of the address alone"),
    Row(NOTICE, &[Absent, Mistyped, Empty, Unknown], [Serves; 4], "for the mailer"),
    Row(NOTICED_AT, &[Absent, Mistyped], [Serves; 4], "for the mailer"),
    Row(NOTICED_AT, NUMBERS, [Serves; 4], "for the mailer"),
    Row(NOTICE_NETWORK, &[Absent, Mistyped, Empty, Unknown], [Serves; 4], "for the mailer"),
];

pub(super) const CREDENTIALS: Table = Table { id: "CredentialsTable", key: &[USERNAME], is_cached: false };

pub(super) const CREDENTIAL_OPERATIONS: [Operation; 2] = [Operation::Login, Operation::Change];

const COUNTED: &str = "read with the write that counts the attempt";
const SWEPT: &str = "for DynamoDB to sweep the names that nobody has: nothing is decided by it";
const NO_BUDGET: &str = "not a number from nothing to the budget: no budget, until its time is over";
const NO_COUNT: &str = "no count of failures in a row: no budget, until an operator sets the password";

pub(super) const CREDENTIAL_ROWS: &[Row<2>] = &[
    Row(PASSWORD_HASH, &[Absent], [RefusesCounted, Counted], "the row of a name that nobody has"),
    Row(PASSWORD_HASH, &[Mistyped, Empty, Unknown], [Counted, Counted], COUNTED),
    Row(USER_ID, &[Absent, Mistyped, Empty], [Counted, Fails], "no user's, so none of the caller's budget"),
    Row(USER_ID, &[Unknown], [RefusesCounted, Counted], "a user who isn't there"),
    Row(EXPIRES_AT, &[Absent], [Fails, Fails], "it would be given that of a name that nobody has"),
    Row(EXPIRES_AT, &[Mistyped], [Serves, Serves], SWEPT),
    Row(EXPIRES_AT, NUMBERS, [Serves, Serves], SWEPT),
    Row(VALID_FROM, &[Absent], [Serves, Serves], "how it is with a password that was never changed"),
    Row(VALID_FROM, &[Mistyped], [Counted, Counted], COUNTED),
    Row(VALID_FROM, NUMBERS, [Counted, Counted], COUNTED),
    Row(CHANGED_IN, &[Absent], [Serves, Serves], "how it is with a password that an operator chose"),
    Row(CHANGED_IN, &[Mistyped], [Counted, Counted], COUNTED),
    Row(CHANGED_IN, TEXTS, [Counted, Counted], COUNTED),
    Row(MUST_CHANGE, &[Absent], [Serves, Serves], "how it is with whoever need not change it"),
    Row(MUST_CHANGE, &[Mistyped], [Counted, Counted], COUNTED),
    Row(GUESSES, &[Absent], [Serves, Serves], "how it is after a while"),
    Row(GUESSES, &[Fraction], [Serves, Serves], "less than the budget"),
    Row(GUESSES, &[Mistyped, Negative, Beyond], [Refuses, Serves], NO_BUDGET),
    Row(DEVICES_GUESSES, &[Absent, Fraction], [Serves, Serves], "less than the budget"),
    Row(
        DEVICES_GUESSES,
        &[Mistyped, Negative, Beyond],
        [Serves, Serves],
        "a device may use that of strangers",
    ),
    Row(IN_A_ROW, &[Absent], [Serves, Serves], "how it is after a right password"),
    Row(IN_A_ROW, &[Fraction], [Serves, Serves], "less than a hundred"),
    Row(IN_A_ROW, &[Mistyped, Negative, Beyond], [Refuses, Serves], NO_COUNT),
    Row(
        LAST_AT,
        &[Absent, Mistyped],
        [Serves, Serves],
        "it is read after a hundred failures in a row, and else replaced",
    ),
    Row(LAST_AT, &[Negative, Fraction, Beyond, Milliseconds], [Serves, Serves], "the same"),
];
