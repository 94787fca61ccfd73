//! The matrix's rows: each call of each flow, and the outcome if it fails.

use std::fmt;

use super::flow::Flow;

/// A call of a function, and the outcome if it fails. A flow's rows with one name are in the order of the calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) function: &'static str,
    pub(super) call: &'static str,
    pub(super) outcome: Outcome,
}

impl Row {
    /// Whether one case of this call is enough: it comes at the start, before the flows of its function differ, or is
    /// one of several like it.
    pub(super) fn is_first_of_all(self) -> bool {
        [KEYSET, CLIENT, KEYS, DENYLIST].contains(&self.call)
            || (self.function, self.call) == ("authorizer", SESSION)
    }
}

/// The outcome of a request if the call fails at every attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// The answer is 503, or 500 if the authorizer failed. The same request completes it.
    Fails,
    /// As [`Self::Fails`], but if the call was carried out, nothing is left to do, and the same request gets this
    /// status. The text says why.
    FailsAtTheEnd(u16, &'static str),
    /// The answer is 503, and the request can't be completed: the same request gets this status. The text says why.
    UsesUp(u16, &'static str),
    /// The answer is as if nothing had failed. The text says why it doesn't depend on the call.
    FollowsUp(&'static str),
}

/// The expectation, for the message of a failed case.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails => f.write_str("a failure, and completed by the same request"),
            Self::FailsAtTheEnd(status, why) => write!(f, "a failure, and {status} from then on: {why}"),
            Self::UsesUp(status, why) => write!(f, "a failure, and {status} then: {why}"),
            Self::FollowsUp(why) => write!(f, "no difference: {why}"),
        }
    }
}

pub(super) const KEYSET: &str = "GetSecretValue Keyset";
pub(super) const CLIENT: &str = "GetItem Clients";
pub(super) const USER: &str = "GetItem Users";
pub(super) const SESSION: &str = "GetItem Sessions";
pub(super) const SESSIONS: &str = "Query Sessions";
pub(super) const NEW_SESSION: &str = "PutItem Sessions";
pub(super) const MARK_ENDED: &str = "UpdateItem Sessions SET ended_at REMOVE password_change";
const MARK_CLAIMED: &str = "UpdateItem Sessions SET ended_at";
const REPLACE: &str = "UpdateItem Sessions SET successor";
const CLAIM: &str = "UpdateItem Sessions SET password_change";
pub(super) const DENY: &str = "PutItem Revocations";
pub(super) const DELETE: &str = "DeleteItem Sessions";
const DENYLIST: &str = "Query Revocations";
pub(super) const KEYS: &str = "Query Keys";
const PUBLISH: &str = "ConditionCheckItem+PutItem Keys";
pub(super) const CREDENTIAL: &str = "GetItem Credentials";
pub(super) const ATTEMPT: &str = "UpdateItem Credentials ADD guesses0 SET expires_at";
pub(super) const TIDY: &str = "UpdateItem Credentials REMOVE c0";
const TIDY_NOBODYS: &str = "UpdateItem Credentials REMOVE c0 SET expires_at";
pub(super) const FORGIVE_THE_ONLY_ONE: &str = "UpdateItem Credentials REMOVE in_a_row";
pub(super) const FORGIVE: &str = "UpdateItem Credentials REMOVE in_a_row ADD guesses0";
pub(super) const STRENGTHEN: &str = "UpdateItem Credentials SET password_hash";
pub(super) const CHANGE: &str = "UpdateItem Credentials SET password_hash REMOVE must_change ADD guesses0";
pub(super) const CUT_OFF: &str = "UpdateItem Users SET not_before";
const ROTATE: &str = "UpdateItem Sessions SET generation REMOVE undelivered";
const MARK: &str = "UpdateItem Sessions SET undelivered";

pub(super) const UNUSED: &str =
    "the user is read to take as long as where the password is right, and not looked at";
pub(super) const BUDGET: &str = "it costs an attempt of the budget, which refills";
const FAILED: &str = "the request has failed already; a retry in time needs no mark";

pub(super) fn calls(function: &'static str, calls: &[&'static str]) -> Vec<Row> {
    calls.iter().map(|call| Row { function, call, outcome: Outcome::Fails }).collect()
}

pub(super) fn follows_up(function: &'static str, call: &'static str, why: &'static str) -> Row {
    Row { function, call, outcome: Outcome::FollowsUp(why) }
}

pub(super) fn ends(function: &'static str, call: &'static str, status: u16, why: &'static str) -> Row {
    Row { function, call, outcome: Outcome::FailsAtTheEnd(status, why) }
}

/// The rows of a flow.
pub(super) fn rows(flow: Flow) -> Vec<Row> {
    match flow {
        Flow::Oauth(flow) => flow.rows(),
        Flow::Mail(flow) => flow.rows(),
        other => own_rows(other),
    }
}

/// The rows of the flows that have no module.
fn own_rows(flow: Flow) -> Vec<Row> {
    let by_authorizer = || calls("authorizer", &[KEYS, SESSION]);
    let (own, rest) = match flow {
        Flow::Login => (
            calls("login", &[KEYSET, CLIENT, ATTEMPT, USER, NEW_SESSION]),
            vec![
                follows_up("login", TIDY, "a few bytes are left for the next login to tidy"),
                follows_up("login", FORGIVE_THE_ONLY_ONE, BUDGET),
                follows_up("login", STRENGTHEN, "the weak hash is left for the next login to replace"),
            ],
        ),
        Flow::LoginAfterAWrongPassword => {
            let own = calls("login", &[KEYSET, CLIENT, ATTEMPT, USER, NEW_SESSION]);
            (own, vec![follows_up("login", FORGIVE, BUDGET)])
        }
        Flow::LoginWithAProof => (
            calls("login", &[KEYSET, CLIENT, ATTEMPT, USER, NEW_SESSION]),
            vec![follows_up("login", FORGIVE_THE_ONLY_ONE, BUDGET)],
        ),
        Flow::LoginWithAWrongPassword => {
            (calls("login", &[KEYSET, CLIENT, ATTEMPT]), vec![follows_up("login", USER, UNUSED)])
        }
        Flow::LoginWithTheBudgetSpent => (calls("login", &[KEYSET, CLIENT, ATTEMPT]), vec![]),
        Flow::LoginOfADevice => (
            calls("login", &[KEYSET, CLIENT, USER, ATTEMPT, USER, NEW_SESSION]),
            vec![follows_up("login", FORGIVE_THE_ONLY_ONE, BUDGET)],
        ),
        Flow::LoginOfAGreekName => (
            calls("login", &[KEYSET, CLIENT, CREDENTIAL, CREDENTIAL, ATTEMPT]),
            vec![follows_up("login", USER, UNUSED)],
        ),
        Flow::LoginOfNobody => (
            calls("login", &[KEYSET, CLIENT, ATTEMPT]),
            vec![
                follows_up("login", USER, UNUSED),
                follows_up("login", TIDY_NOBODYS, "a few bytes are left for the next login to tidy"),
            ],
        ),
        Flow::LoginBeyondTheClientsScope => (calls("login", &[KEYSET, CLIENT]), vec![]),
        Flow::LoginBeyondMaxSessions => {
            let end = [SESSIONS, MARK_ENDED, DENY, DELETE];
            let own = [&[KEYSET, CLIENT, ATTEMPT, USER][..], &end, &[NEW_SESSION]].concat();
            (calls("login", &own), vec![follows_up("login", FORGIVE_THE_ONLY_ONE, BUDGET)])
        }
        Flow::Refresh | Flow::RefreshWithAProof | Flow::RefreshThatBinds | Flow::RefreshAgain => {
            (calls("refresh", &[KEYSET, CLIENT, ROTATE, USER]), vec![])
        }
        Flow::RefreshOfAUsedToken | Flow::RefreshOfADisabledUser => {
            (calls("refresh", &[KEYSET, CLIENT, ROTATE, USER, MARK_ENDED, DENY, DELETE]), vec![])
        }
        Flow::RefreshOfAnUnreadableUser => {
            (calls("refresh", &[KEYSET, CLIENT, ROTATE, USER]), vec![follows_up("refresh", MARK, FAILED)])
        }
        Flow::RefreshAtToken => (calls("token", &[KEYSET, CLIENT, ROTATE, USER]), vec![]),
        Flow::RefreshAtTokenOfAUsedToken => {
            (calls("token", &[KEYSET, CLIENT, ROTATE, USER, MARK_ENDED, DENY, DELETE]), vec![])
        }
        Flow::RefreshAtTokenOfAnUnreadableUser => {
            (calls("token", &[KEYSET, CLIENT, ROTATE, USER]), vec![follows_up("token", MARK, FAILED)])
        }
        Flow::Logout => (calls("logout", &[KEYSET, CLIENT, MARK_ENDED, DENY, DELETE]), vec![]),
        Flow::LogoutEverywhere => {
            let end = [MARK_ENDED, DENY, DELETE];
            (calls("logout", &[&[KEYSET, CLIENT, SESSIONS][..], &end, &end].concat()), vec![])
        }
        Flow::LogoutEverywhereInVain => (calls("logout", &[KEYSET, CLIENT, SESSIONS, MARK_ENDED]), vec![]),
        Flow::ListSessions => (by_authorizer(), calls("sessions", &[SESSIONS])),
        Flow::ListSessionsByDenylist => {
            // Concurrent reads, one for each hour of a little more than a day.
            let by_authorizer = [&[KEYS], &[DENYLIST; 26][..]].concat();
            (calls("authorizer", &by_authorizer), calls("sessions", &[SESSIONS]))
        }
        Flow::EndSession => {
            let mut own = calls("sessions", &[SESSIONS, MARK_ENDED, DENY]);
            own.push(ends("sessions", DELETE, 404, "there is no such session any more"));
            (by_authorizer(), own)
        }
        Flow::ChangePassword => {
            let own = calls("password", &[KEYSET, CLIENT, USER, SESSION, ATTEMPT, CHANGE]);
            (by_authorizer(), [own, after_the_change()].concat())
        }
        Flow::ChangePasswordWithAKey => {
            let own = calls("password", &[KEYSET, CLIENT, USER, SESSION, ATTEMPT, CHANGE]);
            let rest = [CLAIM, CUT_OFF, SESSIONS, MARK_ENDED, DENY, DELETE, NEW_SESSION, REPLACE, DENY];
            (by_authorizer(), [own, calls("password", &rest)].concat())
        }
        Flow::CompleteAChangeOfPassword => {
            let own = [KEYSET, CLIENT, USER, SESSION, ATTEMPT, FORGIVE_THE_ONLY_ONE];
            let own = calls("password", &own);
            (by_authorizer(), [own, after_the_change()].concat())
        }
        Flow::ChangePasswordByAWrongOne => {
            (by_authorizer(), calls("password", &[KEYSET, CLIENT, USER, SESSION, ATTEMPT]))
        }
        Flow::ChangePasswordToTheSame => (
            by_authorizer(),
            calls("password", &[KEYSET, CLIENT, USER, SESSION, ATTEMPT, FORGIVE_THE_ONLY_ONE]),
        ),
        Flow::Jwks => (calls("metadata", &[KEYS]), vec![]),
        Flow::Oauth(_) | Flow::Mail(_) => unreachable!("they have modules"),
    };
    own.into_iter().chain(rest).collect()
}

/// The calls after the password is replaced.
fn after_the_change() -> Vec<Row> {
    let mut rows = calls(
        "password",
        &[CLAIM, CUT_OFF, SESSIONS, MARK_ENDED, DENY, DELETE, NEW_SESSION, MARK_CLAIMED, DENY],
    );
    rows.push(ends("password", DELETE, 401, "the session that asked is over; the new password logs in"));
    rows
}

/// The calls of a rotation, by step.
pub(super) fn rotation_rows() -> Vec<Row> {
    let steps: [&[&'static str]; 4] = [
        &[KEYSET, KEYSET, "PutSecretValue Keyset"],
        &[KEYSET, "GetItem Keys", KEYSET, PUBLISH, PUBLISH],
        &[KEYSET, KEYS],
        &[
            KEYSET,
            KEYSET,
            "UpdateSecretVersionStage Keyset",
            "UpdateItem Keys SET fence",
            KEYS,
            "ConditionCheckItem+UpdateItem Keys",
            "UpdateSecretVersionStage Keyset",
        ],
    ];
    calls("keys", &steps.concat())
}
