//! The rows of the code flow.

use super::OauthFlow;
use crate::fault_matrix::rows::{
    ATTEMPT, BUDGET, CHANGE, CLIENT, CREDENTIAL, CUT_OFF, DELETE, DENY, FORGIVE, FORGIVE_THE_ONLY_ONE, KEYS,
    KEYSET, MARK_ENDED, NEW_SESSION, Outcome, Row, SESSION, SESSIONS, STRENGTHEN, TIDY, UNUSED, USER, calls,
    follows_up,
};

const REDEEM: &str = "UpdateItem Codes SET redeemed_by";
const SEAL: &str = "UpdateItem Codes SET redeemed_by REMOVE redeemer";
const GIVE_BACK: &str = "UpdateItem Codes REMOVE redeemed_by";
const NEW_CODE: &str = "PutItem Codes";
const TOUCH: &str = "UpdateItem Sessions SET rotated_at";
const CONSENT: &str = "GetItem Consents";
const AGREE: &str = "UpdateItem Consents SET granted_at ADD scope";
const AGREE_TO_NOTHING: &str = "UpdateItem Consents SET granted_at";

/// Ends a session.
const END: [&str; 3] = [MARK_ENDED, DENY, DELETE];
/// Identifies the signed-in user.
const VISIT: [&str; 3] = [KEYSET, SESSION, USER];
/// Identifies the signed-in user for a client's request.
const VISIT_FOR_A_CLIENT: [&str; 4] = [KEYSET, CLIENT, SESSION, USER];

/// Opens a session with a code.
const OPEN: [&str; 6] = [KEYSET, CLIENT, REDEEM, NEW_SESSION, USER, SESSION];
const USED_UP: &str = "the session that was put can't be deleted either, so the code isn't given back";
const FAILED: &str = "the request has failed already; a retry in time needs another code";

impl OauthFlow {
    /// The calls of this flow.
    pub(in crate::fault_matrix) fn rows(self) -> Vec<Row> {
        match self {
            Self::Redeem => calls("token", &OPEN),
            Self::RedeemBeyondMaxSessions => {
                let mut rows = calls("token", &[&OPEN[..], &[SESSIONS, MARK_ENDED, DENY]].concat());
                rows.push(Row { function: "token", call: DELETE, outcome: Outcome::UsesUp(400, USED_UP) });
                rows
            }
            Self::RedeemAgain => {
                let before = [KEYSET, CLIENT, REDEEM, SEAL, NEW_SESSION];
                calls("token", &[&before[..], &END, &[NEW_SESSION]].concat())
            }
            Self::RedeemAnUnreadableCode => {
                let mut rows = calls("token", &[KEYSET, CLIENT, REDEEM]);
                rows.push(follows_up("token", GIVE_BACK, FAILED));
                rows
            }
            Self::Userinfo => [calls("authorizer", &[KEYS, SESSION]), calls("userinfo", &[USER])].concat(),
            Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInWithAWrongPassword
            | Self::SignInOfAGreekName
            | Self::SignInOfAnother
            | Self::SignInBeyondMaxSessions
            | Self::SignInWithAnExpiredPassword
            | Self::SignInForAThirdParty => self.rows_of_sign_in(),
            Self::AskForPassword => at_pages(&[KEYSET, CLIENT], &[]),
            Self::ChangeAnExpiredPassword => {
                let own = [KEYSET, CLIENT, ATTEMPT, USER, CHANGE, CUT_OFF, NEW_SESSION, SESSIONS];
                at_pages(&own, &[&END, &END, &[NEW_CODE]])
            }
            Self::SingleSignOn => at_pages(&VISIT_FOR_A_CLIENT, &[&[TOUCH, NEW_CODE]]),
            Self::AskForConsent => at_pages(&VISIT_FOR_A_CLIENT, &[&[CONSENT]]),
            Self::Consent => at_pages(&VISIT_FOR_A_CLIENT, &[&[AGREE, TOUCH, NEW_CODE]]),
            Self::ConsentToNothing => at_pages(&VISIT_FOR_A_CLIENT, &[&[AGREE_TO_NOTHING, TOUCH, NEW_CODE]]),
            Self::Account => at_pages(&VISIT, &[&[SESSIONS, CLIENT]]),
            Self::EndOne => at_pages(&VISIT, &[&[SESSIONS], &END, &[SESSIONS, CLIENT]]),
            Self::EndOthers => at_pages(&VISIT, &[&[SESSIONS], &END, &END, &[SESSIONS, SESSIONS]]),
            Self::SignOut | Self::ConfirmSignOut => at_pages(&VISIT, &[&END]),
            Self::ChangePassword => {
                let own = [USER, ATTEMPT, USER, CHANGE, CUT_OFF, NEW_SESSION, SESSIONS];
                at_pages(&VISIT, &[&own, &END, &END, &END, &[SESSIONS]])
            }
            Self::CompleteAChangeOfPassword => {
                // Checks the current password, and then the new one.
                let own = [USER, ATTEMPT, USER, USER, ATTEMPT, USER, CUT_OFF, NEW_SESSION, SESSIONS];
                let mut rows = at_pages(&VISIT, &[&own, &END, &END, &END, &[SESSIONS]]);
                rows.push(follows_up("authorize", FORGIVE, BUDGET));
                rows
            }
            Self::EndSession => at_pages(&VISIT_FOR_A_CLIENT, &[&END, &END]),
        }
    }

    fn rows_of_sign_in(self) -> Vec<Row> {
        let own = [KEYSET, CLIENT, ATTEMPT, USER];
        let forgive = follows_up("authorize", FORGIVE_THE_ONLY_ONE, BUDGET);
        let (mut rows, follow_up) = match self {
            Self::SignInAfterAWrongPassword => {
                let forgive = follows_up("authorize", FORGIVE, BUDGET);
                (at_pages(&own, &[&[NEW_SESSION, NEW_CODE]]), forgive)
            }
            Self::SignInWithAWrongPassword => {
                (at_pages(&[KEYSET, CLIENT, ATTEMPT], &[]), follows_up("authorize", USER, UNUSED))
            }
            Self::SignInOfAGreekName => {
                let own = [KEYSET, CLIENT, CREDENTIAL, CREDENTIAL, ATTEMPT];
                (at_pages(&own, &[]), follows_up("authorize", USER, UNUSED))
            }
            // The browser's user determines which budget counts.
            Self::SignInOfAnother => (
                at_pages(&[KEYSET, CLIENT, USER], &[&[ATTEMPT, USER, NEW_SESSION], &END, &[NEW_CODE]]),
                forgive,
            ),
            Self::SignInBeyondMaxSessions => {
                (at_pages(&own, &[&[SESSIONS], &END, &[NEW_SESSION, NEW_CODE]]), forgive)
            }
            Self::SignInWithAnExpiredPassword => (at_pages(&own, &[]), forgive),
            Self::SignInForAThirdParty => (at_pages(&own, &[&[NEW_SESSION, CONSENT]]), forgive),
            _ => {
                let mut rows = at_pages(&own, &[&[NEW_SESSION, NEW_CODE]]);
                rows.push(follows_up("authorize", TIDY, "a few bytes are left for the next sign-in to tidy"));
                let weak = "the weak hash is left for the next sign-in to replace";
                rows.push(follows_up("authorize", STRENGTHEN, weak));
                (rows, forgive)
            }
        };
        rows.push(follow_up);
        rows
    }
}

fn at_pages(first: &[&'static str], rest: &[&[&'static str]]) -> Vec<Row> {
    calls("authorize", &[first, &rest.concat()].concat())
}
