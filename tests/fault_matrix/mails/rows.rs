//! The rows of accounts by mail.

use super::MailFlow;
use crate::{
    accounts::{CLEAR, DELIVERY_CALLS, END_ACCOUNT, MOVE, MOVE_BACK, RELEASE},
    fault_matrix::rows::{
        ATTEMPT, CLIENT, CREDENTIAL, DELETE, DENY, FORGIVE_THE_ONLY_ONE, KEYS, KEYSET, MARK_ENDED, Outcome,
        Row, SESSION, SESSIONS, USER, calls, ends,
    },
};

const NETWORK: &str = "UpdateItem Mails SET quota";
const REQUEST: &str = "UpdateItem Mails SET quota REMOVE guesses";
const MAIL: &str = "GetItem Mails";
const GUESS: &str = "UpdateItem Mails SET guesses ADD today REMOVE yesterday";
/// Opens an account with a session, and uses the mail up.
const OPEN: &str = "UpdateItem Mails REMOVE mail_id & PutItem Users & PutItem Credentials & PutItem Sessions";
const OPEN_AT_PAGES: &str = "UpdateItem Mails REMOVE mail_id & PutItem Users & PutItem Credentials";
/// Sets a new password, cuts the sessions off, and uses the mail up.
const RESET: &str = "UpdateItem Mails REMOVE mail_id & UpdateItem Credentials SET password_hash REMOVE changed_in \
                     & UpdateItem Users SET not_before REMOVE network";

/// Counts a change of the address for its user.
const OF_USER: &str = "UpdateItem Mails SET quota";
const BEGIN_DELETION: &str = "UpdateItem Users SET disabled";
const CONSENTS: &str = "Query Consents";
const CONSENT: &str = "DeleteItem Consents";
const MOVED: &str = "the account has the new address, which logs in";
const OVER: &str = "the account and its last session are gone";
const OPENED: &str = "the account is there, and its password logs in";
const SET: &str = "the password is set; the same link again ends the sessions that are left";

impl MailFlow {
    /// The calls of this flow.
    pub(in crate::fault_matrix) fn rows(self) -> Vec<Row> {
        match self {
            Self::SignUp | Self::Forgot => calls("accounts", &[CLIENT, NETWORK, MAIL, REQUEST]),
            // The first of the network's two conditions fails, since something counts already.
            Self::SignUpAgain => calls("accounts", &[CLIENT, NETWORK, NETWORK, MAIL, REQUEST]),
            Self::Resend => calls("accounts", &[CLIENT, MAIL, NETWORK, MAIL, REQUEST]),
            Self::ConfirmByLink | Self::ConfirmInvitation => {
                opened("accounts", &[KEYSET, CLIENT, MAIL], OPEN)
            }
            Self::ConfirmByCode => opened("accounts", &[KEYSET, CLIENT, MAIL, NETWORK, NETWORK, GUESS], OPEN),
            Self::ResetByLink => reset("accounts", &[CLIENT, MAIL, CREDENTIAL, USER]),
            Self::Ask => calls("authorize", &[KEYSET, NETWORK, MAIL, REQUEST]),
            Self::FollowLink => calls("authorize", &[KEYSET, MAIL, CREDENTIAL, USER]),
            Self::EnterCode => calls("authorize", &[KEYSET, NETWORK, NETWORK, GUESS, MAIL, CREDENTIAL, USER]),
            Self::ChooseFirstPassword => opened("authorize", &[KEYSET, CLIENT, MAIL], OPEN_AT_PAGES),
            Self::ChooseNewPassword => reset("authorize", &[KEYSET, MAIL, CREDENTIAL, USER]),
            Self::AskForAddress => {
                let own =
                    [CLIENT, USER, SESSION, ATTEMPT, FORGIVE_THE_ONLY_ONE, NETWORK, OF_USER, MAIL, REQUEST];
                [calls("authorizer", &[KEYS, SESSION]), calls("accounts", &own)].concat()
            }
            Self::ConfirmAddressByLink => moved("accounts", &[CLIENT, MAIL, USER, CREDENTIAL]),
            Self::ConfirmAddressByCode => {
                moved("accounts", &[CLIENT, MAIL, NETWORK, NETWORK, GUESS, USER, CREDENTIAL])
            }
            Self::UndoAddress => undone("accounts", &[CLIENT, MAIL, USER, CREDENTIAL]),
            Self::DeleteAccount => {
                let own = deleted("accounts", &[CLIENT, USER, SESSION, ATTEMPT, FORGIVE_THE_ONLY_ONE]);
                // If the answer is lost at the very end, the authorizer finds no session for the same request.
                let end = ends("accounts", DELETE, 401, OVER);
                [calls("authorizer", &[KEYS, SESSION]), own, vec![end]].concat()
            }
            Self::AskForAddressAtPages => {
                let own =
                    [KEYSET, SESSION, USER, ATTEMPT, FORGIVE_THE_ONLY_ONE, NETWORK, OF_USER, MAIL, REQUEST];
                calls("authorize", &own)
            }
            Self::ConfirmAddressAtPages => moved("authorize", &[KEYSET, MAIL, USER, CREDENTIAL]),
            Self::UndoAddressAtPages => undone("authorize", &[KEYSET, MAIL, USER, CREDENTIAL]),
            Self::DeleteAccountAtPages => {
                let own = deleted("authorize", &[KEYSET, SESSION, USER, ATTEMPT, FORGIVE_THE_ONLY_ONE]);
                // Once the user is gone, the page needs no session to say so again.
                [own, calls("authorize", &[DELETE])].concat()
            }
        }
    }
}

fn opened(function: &'static str, first: &[&'static str], open: &'static str) -> Vec<Row> {
    let mut rows = calls(function, first);
    rows.push(ends(function, open, 400, OPENED));
    rows
}

fn reset(function: &'static str, first: &[&'static str]) -> Vec<Row> {
    let mut rows = calls(function, first);
    rows.push(ends(function, RESET, 400, SET));
    let used = Outcome::UsesUp(400, SET);
    rows.extend([SESSIONS, MARK_ENDED, DENY, DELETE].map(|call| Row { function, call, outcome: used }));
    rows
}

fn moved(function: &'static str, first: &[&'static str]) -> Vec<Row> {
    let mut rows = calls(function, first);
    rows.push(ends(function, MOVE, 400, MOVED));
    rows
}

fn undone(function: &'static str, first: &[&'static str]) -> Vec<Row> {
    let mut rows = calls(function, first);
    rows.push(ends(function, MOVE_BACK, 400, SET));
    let used = Outcome::UsesUp(400, SET);
    rows.extend([SESSIONS, MARK_ENDED, DENY, DELETE].map(|call| Row { function, call, outcome: used }));
    rows
}

/// All calls of a deletion but the last, which deletes the caller's session.
fn deleted(function: &'static str, first: &[&'static str]) -> Vec<Row> {
    let mut rows = calls(function, first);
    let others = [BEGIN_DELETION, SESSIONS, MARK_ENDED, DENY, DELETE, CONSENTS, CONSENT, USER, END_ACCOUNT];
    rows.extend(calls(function, &others));
    rows.extend(calls(function, &[MARK_ENDED, DENY]));
    rows
}

/// The calls of which `tests/accounts/first_password.rs` and `tests/accounts/new_devices.rs` have the faults: they need
/// a user without a password, and a deployment that asks its users.
pub(in crate::fault_matrix) fn rows_of_users() -> Vec<Row> {
    let wishes = ["UpdateItem Users SET new_device_mails", "UpdateItem Users REMOVE new_device_mails"];
    [calls("login", &["UpdateItem Users SET notice"]), calls("authorize", &wishes)].concat()
}

/// The calls of a delivery, in which `tests/accounts/faults.rs` has the faults.
pub(in crate::fault_matrix) fn delivery_rows() -> Vec<Row> {
    calls("mailer", &[&DELIVERY_CALLS[..], &[RELEASE, CLEAR, "UpdateItem Mails SET suppressed"]].concat())
}
