//! The requests of the code flow: of clients at `/token` and `/userinfo`, and of browsers at the pages.

mod done;
mod rows;
mod scene;

use local::template::Parameters;

use crate::harness::{Flow as CodeFlow, THIRD, WEB};

pub(super) use self::scene::OauthScene;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OauthFlow {
    Redeem,
    /// The user may have two client sessions, and has them.
    RedeemBeyondMaxSessions,
    /// With a used code whose session is live.
    RedeemAgain,
    /// With a code whose row can't be read, which shows only once it is used up.
    RedeemAnUnreadableCode,
    Userinfo,
    /// Without a signed-in user.
    AskForPassword,
    /// With a stale counter to delete and a weak hash to replace.
    SignIn,
    SignInAfterAWrongPassword,
    SignInWithAWrongPassword,
    /// With an unknown name, which earlier releases may have stored in another form.
    SignInOfAGreekName,
    /// In a browser where another user is signed in.
    SignInOfAnother,
    /// The user may have two sessions at the pages, and has them.
    SignInBeyondMaxSessions,
    /// With an expired password.
    SignInWithAnExpiredPassword,
    SignInForAThirdParty,
    ChangeAnExpiredPassword,
    /// With a signed-in user.
    SingleSignOn,
    AskForConsent,
    Consent,
    /// For a request without scopes.
    ConsentToNothing,
    Account,
    EndOne,
    EndOthers,
    SignOut,
    ChangePassword,
    /// Completes the rest of an earlier form.
    CompleteAChangeOfPassword,
    /// From a client with its ID token.
    EndSession,
    /// Without a client's token, so the user has to agree.
    ConfirmSignOut,
}

impl OauthFlow {
    pub(super) const ALL: [Self; 27] = [
        Self::Redeem,
        Self::RedeemBeyondMaxSessions,
        Self::RedeemAgain,
        Self::RedeemAnUnreadableCode,
        Self::Userinfo,
        Self::AskForPassword,
        Self::SignIn,
        Self::SignInAfterAWrongPassword,
        Self::SignInWithAWrongPassword,
        Self::SignInOfAGreekName,
        Self::SignInOfAnother,
        Self::SignInBeyondMaxSessions,
        Self::SignInWithAnExpiredPassword,
        Self::SignInForAThirdParty,
        Self::ChangeAnExpiredPassword,
        Self::SingleSignOn,
        Self::AskForConsent,
        Self::Consent,
        Self::ConsentToNothing,
        Self::Account,
        Self::EndOne,
        Self::EndOthers,
        Self::SignOut,
        Self::ChangePassword,
        Self::CompleteAChangeOfPassword,
        Self::EndSession,
        Self::ConfirmSignOut,
    ];

    pub(super) fn parameters(self, parameters: Parameters) -> Parameters {
        match self {
            Self::RedeemBeyondMaxSessions | Self::SignInBeyondMaxSessions => {
                parameters.with("MaxSessions", "2")
            }
            _ => parameters,
        }
    }

    /// The flow of its client, with the requested scopes.
    fn code_flow(self) -> CodeFlow {
        match self {
            Self::SignInForAThirdParty | Self::AskForConsent | Self::Consent => CodeFlow::of(THIRD),
            Self::ConsentToNothing => CodeFlow::of(THIRD).without("scope"),
            Self::SignInOfAnother => CodeFlow::of(WEB).with("prompt", "login"),
            _ => CodeFlow::of(WEB),
        }
    }

    /// The status and, for a client, the error of its answer if nothing fails.
    pub(super) fn answer(self) -> (u16, Option<&'static str>) {
        match self {
            Self::RedeemAgain => (400, Some("invalid_grant")),
            Self::RedeemAnUnreadableCode => (500, Some("server_error")),
            Self::SignInWithAWrongPassword | Self::SignInOfAGreekName => (401, None),
            Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInOfAnother
            | Self::SignInBeyondMaxSessions
            | Self::ChangeAnExpiredPassword
            | Self::SingleSignOn
            | Self::Consent
            | Self::ConsentToNothing
            | Self::EndSession => (303, None),
            _ => (200, None),
        }
    }

    /// The outcome of a request that runs out of time. `None` if it has enough.
    pub(super) fn may_be_left(self) -> Option<&'static str> {
        match self {
            Self::Redeem | Self::RedeemBeyondMaxSessions | Self::RedeemAnUnreadableCode => {
                Some("the code is used up: another takes no password, while the session at the pages lives")
            }
            Self::RedeemAgain => {
                Some("the session lives until it is ended; the same request again completes that")
            }
            Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInOfAGreekName
            | Self::SignInOfAnother
            | Self::SignInBeyondMaxSessions
            | Self::SignInForAThirdParty
            | Self::SignInWithAnExpiredPassword => {
                Some("no browser has the session that it may leave; the same form again is another sign-in")
            }
            Self::ChangeAnExpiredPassword | Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                Some("the same form again completes the change that it recognises")
            }
            Self::Consent | Self::ConsentToNothing => {
                Some("the consent stays, and the same form again gets another code")
            }
            Self::EndOne | Self::EndOthers | Self::SignOut | Self::EndSession | Self::ConfirmSignOut => {
                Some("the sessions live until they are ended; the same form again ends those that are left")
            }
            Self::SingleSignOn | Self::AskForConsent | Self::Account => {
                Some("nothing is lost, and the same request again is another")
            }
            Self::Userinfo | Self::AskForPassword | Self::SignInWithAWrongPassword => None,
        }
    }
}
