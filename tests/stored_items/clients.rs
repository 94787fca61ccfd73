//! Damaged clients.

use shared::store::attribute::{
    ABSOLUTE_TTL, ACCESS_TTL, CLAIMS, CLIENT_ID, DISABLED, FIRST_PARTY, IDLE_TTL, KIND, LEEWAY, NAME,
    NOT_BEFORE, POST_LOGOUT_REDIRECT_URIS, REDIRECT_URIS, RESOURCES, SCOPE, SECRET_HASHES, SIGN_UP,
};

use super::{
    damage::{
        Kind::{Absent, Empty, Mistyped, Mixed, Unknown},
        NUMBERS, TEXTS,
    },
    operation::Operation,
    row::{
        Expected::{Fails, Refuses, Serves},
        Row,
    },
    strike::Table,
};

pub(super) const TABLE: Table = Table { id: "ClientsTable", key: &[CLIENT_ID], is_cached: true };

pub(super) const OPERATIONS: [Operation; 5] =
    [Operation::Login, Operation::Refresh, Operation::Retry, Operation::Change, Operation::Logout];

/// The whole client is read before anything is written.
pub(super) const ROWS: &[Row<5>] = &[
    Row(NAME, &[Absent], [Serves; 5], "only people need one"),
    Row(NAME, TEXTS, [Serves; 5], "any text at all"),
    Row(NAME, &[Mistyped], [Fails; 5], "the record is not one of ours"),
    Row(KIND, &[Absent, Mistyped, Empty, Unknown], [Fails; 5], "who knows whether it has a secret"),
    Row(SECRET_HASHES, &[Absent, Mistyped, Empty, Unknown, Mixed], [Fails; 5], "what it proves itself with"),
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
    Row(REDIRECT_URIS, &[Absent, Empty, Unknown], [Serves; 5], "only the pages send anybody anywhere"),
    Row(REDIRECT_URIS, &[Mistyped, Mixed], [Fails; 5], "the record is not one of ours"),
    Row(POST_LOGOUT_REDIRECT_URIS, &[Absent, Empty, Unknown], [Serves; 5], "the same"),
    Row(POST_LOGOUT_REDIRECT_URIS, &[Mistyped, Mixed], [Fails; 5], "the record is not one of ours"),
    Row(RESOURCES, &[Absent, Unknown], [Serves; 5], "what a request may name: these name nothing"),
    Row(RESOURCES, &[Mistyped], [Fails; 5], "the record is not one of ours"),
    Row(FIRST_PARTY, &[Absent], [Serves; 5], "only the pages ask for consent"),
    Row(FIRST_PARTY, &[Mistyped], [Fails; 5], "the record is not one of ours"),
    Row(SIGN_UP, &[Absent], [Serves; 5], "the deployment's"),
    Row(SIGN_UP, &[Mistyped, Empty, Unknown], [Fails; 5], "who may become a user"),
];

pub(super) const PAGE_OPERATIONS: [Operation; 4] =
    [Operation::Authorize, Operation::SignIn, Operation::Redeem, Operation::EndSession];

const REGISTERED: &str = "nothing sends a user where nobody registered";

/// At the pages and at the redemption of codes, for a client without a secret. The whole client is read before anything
/// is written.
pub(super) const PAGE_ROWS: &[Row<4>] = &[
    Row(NAME, &[Absent], [Serves; 4], "its identifier is shown then"),
    Row(NAME, TEXTS, [Serves; 4], "any text at all"),
    Row(NAME, &[Mistyped], [Fails; 4], "the record is not one of ours"),
    Row(KIND, &[Absent, Mistyped, Empty, Unknown], [Fails; 4], "who knows whether it has a secret"),
    Row(
        SCOPE,
        &[Absent],
        [Refuses, Refuses, Serves, Serves],
        "no scope: nothing of what it asks for is left",
    ),
    Row(SCOPE, &[Mistyped, Unknown], [Fails; 4], "what it may have"),
    Row(REDIRECT_URIS, &[Absent, Empty], [Refuses, Refuses, Serves, Serves], REGISTERED),
    Row(
        REDIRECT_URIS,
        &[Unknown],
        [Serves; 4],
        "one more, which may not be registered and sends nobody anywhere",
    ),
    Row(REDIRECT_URIS, &[Mistyped, Mixed], [Fails; 4], REGISTERED),
    Row(POST_LOGOUT_REDIRECT_URIS, &[Absent, Empty], [Serves, Serves, Serves, Refuses], REGISTERED),
    Row(POST_LOGOUT_REDIRECT_URIS, &[Unknown], [Serves; 4], "one more, which nobody asks for"),
    Row(POST_LOGOUT_REDIRECT_URIS, &[Mistyped, Mixed], [Fails; 4], REGISTERED),
    Row(FIRST_PARTY, &[Absent], [Refuses, Serves, Serves, Serves], "its users are asked for consent"),
    Row(FIRST_PARTY, &[Mistyped], [Fails; 4], "whether its users are asked for consent"),
];
