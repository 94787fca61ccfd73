//! Reasons of single functions. Each list has every variant. A new variant doesn't compile until the match has it; add
//! it to the list too.

use std::collections::BTreeSet;

use accounts::{AccountsReason, CaptchaError};
use authorize::{AuthorizeReason, RequestRefusal};
use login::LoginReason;
use logout::LogoutReason;
use mails::{MailKeyError, Mails, TicketError};
use metadata::MetadataReason;
use password::PasswordChangeReason;
use passwords::{CallerError, PasswordError, PasswordRejection, ReplaceError, SignInError};
use refresh::{End, Misuse, RefreshReason, Reuse};
use sessions::SessionsReason;
use shared::{
    client::ClientError,
    http::{ErrorResponse, IntoErrorResponse},
    keys::{KeysetError, PublicKeysError},
    resource::TargetError,
    route,
    store::StoreError,
    tokens::RefreshTokenError,
};
use token::{Mismatch, TokenReason};
use userinfo::UserinfoReason;

use crate::harness::openapi::Operation;

const MALFORMED: StoreError = StoreError::Malformed { table: "Users", attribute: "user_id" };

pub(super) fn of_login() -> Vec<ErrorResponse> {
    let all = [
        LoginReason::GrantType,
        LoginReason::Scope,
        LoginReason::SignIn(SignInError::UnknownUsername),
        LoginReason::SignIn(SignInError::WrongPassword),
        LoginReason::SignIn(SignInError::BudgetSpent),
        LoginReason::SignIn(SignInError::CutOff),
        LoginReason::SignIn(SignInError::Password(PasswordError::Failed)),
        LoginReason::SignIn(SignInError::Store(MALFORMED)),
    ];
    for reason in &all {
        match reason {
            LoginReason::GrantType
            | LoginReason::Scope
            | LoginReason::SignIn(
                SignInError::UnknownUsername
                | SignInError::WrongPassword
                | SignInError::BudgetSpent
                | SignInError::CutOff
                | SignInError::Password(_)
                | SignInError::Store(_),
            ) => {}
        }
    }
    responses(&all)
}

pub(super) fn of_refresh() -> Vec<ErrorResponse> {
    let all = [
        RefreshReason::GrantType,
        RefreshReason::Token(RefreshTokenError::Malformed),
        RefreshReason::Scope,
        RefreshReason::Target(TargetError::Unknown),
        RefreshReason::Target(TargetError::NotAllowed),
        RefreshReason::Target(TargetError::NotGranted),
        RefreshReason::Target(TargetError::Several),
        RefreshReason::Misused(Misuse::NoProof),
        RefreshReason::Ended(End::Absent),
        RefreshReason::Reused(Reuse::Ancestor),
        RefreshReason::Overtaken,
        RefreshReason::Ahead,
        RefreshReason::Worn,
        RefreshReason::UserCutOff,
    ];
    for reason in &all {
        match reason {
            RefreshReason::GrantType
            | RefreshReason::Token(_)
            | RefreshReason::Scope
            | RefreshReason::Target(
                TargetError::Unknown
                | TargetError::NotAllowed
                | TargetError::NotGranted
                | TargetError::Several,
            )
            | RefreshReason::Misused(_)
            | RefreshReason::Ended(_)
            | RefreshReason::Reused(_)
            | RefreshReason::Overtaken
            | RefreshReason::Ahead
            | RefreshReason::Worn
            | RefreshReason::UserCutOff => {}
        }
    }
    responses(&all)
}

/// Refreshing is one of its grants, which never sees another `grant_type`.
pub(super) fn of_token() -> Vec<ErrorResponse> {
    let all = [
        TokenReason::GrantType,
        TokenReason::Forged,
        TokenReason::Mismatch(Mismatch::Absent),
        TokenReason::Reused,
        TokenReason::UsedAgain,
        TokenReason::ClientCutOff,
        TokenReason::UserCutOff,
        TokenReason::BrowserSessionOver,
    ];
    for reason in &all {
        match reason {
            TokenReason::GrantType
            | TokenReason::Forged
            | TokenReason::Mismatch(_)
            // The refresh grant's errors include these.
            | TokenReason::Target(_)
            | TokenReason::Reused
            | TokenReason::UsedAgain
            | TokenReason::ClientCutOff
            | TokenReason::UserCutOff
            | TokenReason::BrowserSessionOver
            | TokenReason::Refresh(_) => {}
        }
    }
    let other_grant_type = RefreshReason::GrantType.response();
    let of_refresh = of_refresh().into_iter().filter(|response| *response != other_grant_type);
    responses(&all).into_iter().chain(of_refresh).collect()
}

pub(super) fn of_logout() -> Vec<ErrorResponse> {
    let all = [
        LogoutReason::SessionOver,
        LogoutReason::OtherResource,
        LogoutReason::NoProof,
        LogoutReason::ThirdParty,
    ];
    for reason in &all {
        match reason {
            LogoutReason::SessionOver
            | LogoutReason::OtherResource
            | LogoutReason::NoProof
            | LogoutReason::ThirdParty => {}
        }
    }
    responses(&all)
}

pub(super) fn of_password() -> Vec<ErrorResponse> {
    let rejections = [
        PasswordRejection::Malformed,
        PasswordRejection::TooShort,
        PasswordRejection::Common,
        PasswordRejection::LikeUsername,
    ];
    for rejection in &rejections {
        match rejection {
            PasswordRejection::Malformed
            | PasswordRejection::TooShort
            | PasswordRejection::Common
            | PasswordRejection::LikeUsername => {}
        }
    }
    let mut all: Vec<_> = rejections.into_iter().map(PasswordChangeReason::Rejected).collect();
    all.extend(callers().map(PasswordChangeReason::Caller));
    all.push(PasswordChangeReason::OverAfterChange);
    all.push(PasswordChangeReason::NotReplaced(ReplaceError::Same));
    all.extend(of_current_password().map(PasswordChangeReason::NotReplaced));
    for reason in &all {
        match reason {
            PasswordChangeReason::Caller(CallerError::SessionOver | CallerError::ClientGone(_))
            | PasswordChangeReason::OverAfterChange
            | PasswordChangeReason::Rejected(_)
            | PasswordChangeReason::NotReplaced(
                ReplaceError::SessionOver
                | ReplaceError::Same
                | ReplaceError::WrongPassword
                | ReplaceError::BudgetSpent
                | ReplaceError::Renamed
                | ReplaceError::Password(_)
                | ReplaceError::Store(_),
            ) => {}
        }
    }
    responses(&all)
}

fn callers() -> [CallerError; 2] {
    [CallerError::SessionOver, CallerError::ClientGone(ClientError::Unknown)]
}

/// The errors of a check of the current password.
fn of_current_password() -> [ReplaceError; 6] {
    [
        ReplaceError::SessionOver,
        ReplaceError::WrongPassword,
        ReplaceError::BudgetSpent,
        ReplaceError::Renamed,
        ReplaceError::Password(PasswordError::Failed),
        ReplaceError::Store(MALFORMED),
    ]
}

pub(super) fn of_sessions(operation: &Operation) -> Vec<ErrorResponse> {
    let mut all = vec![SessionsReason::NotFound];
    for reason in &all {
        match reason {
            SessionsReason::NotFound => {}
        }
    }
    // The list is never absent.
    all.retain(|_| operation.method == "DELETE");
    responses(&all)
}

/// The error codes in redirects from `/authorize`.
pub(super) fn of_authorization() -> BTreeSet<String> {
    let of_request = [
        RequestRefusal::Repeated,
        RequestRefusal::Missing("x"),
        RequestRefusal::Malformed("x"),
        RequestRefusal::RequestObject,
        RequestRefusal::RequestUri,
        RequestRefusal::ResponseType,
        RequestRefusal::ResponseMode,
        RequestRefusal::ChallengeMethod,
        RequestRefusal::Scope,
        RequestRefusal::Target(TargetError::Unknown),
    ];
    let mut all: Vec<_> = of_request.into_iter().map(AuthorizeReason::Request).collect();
    all.extend([
        AuthorizeReason::LoginRequired,
        AuthorizeReason::ConsentRequired,
        AuthorizeReason::InteractionRequired,
        AuthorizeReason::GivenUp,
    ]);
    for reason in &all {
        match reason {
            AuthorizeReason::Request(refusal) => match refusal {
                RequestRefusal::Repeated
                | RequestRefusal::Missing(_)
                | RequestRefusal::Malformed(_)
                | RequestRefusal::RequestObject
                | RequestRefusal::RequestUri
                | RequestRefusal::ResponseType
                | RequestRefusal::ResponseMode
                | RequestRefusal::ChallengeMethod
                | RequestRefusal::Scope
                | RequestRefusal::Target(_) => {}
            },
            // From `NoSuchPage` on, a page shows the error.
            AuthorizeReason::LoginRequired
            | AuthorizeReason::ConsentRequired
            | AuthorizeReason::InteractionRequired
            | AuthorizeReason::GivenUp
            | AuthorizeReason::NoSuchPage
            | AuthorizeReason::Client(_)
            | AuthorizeReason::Document(_)
            | AuthorizeReason::RedirectUri
            | AuthorizeReason::TwoTargets
            | AuthorizeReason::ForeignForm
            | AuthorizeReason::StaleForm
            | AuthorizeReason::IncompleteForm
            | AuthorizeReason::SignIn(_)
            | AuthorizeReason::Rejected(_)
            | AuthorizeReason::Same
            | AuthorizeReason::MalformedEmail
            | AuthorizeReason::Accounts(_)
            | AuthorizeReason::OtherClient => {}
        }
    }
    all.iter().map(|reason| reason.response().error.name().to_owned()).collect()
}

pub(super) fn of_userinfo() -> Vec<ErrorResponse> {
    let all = [UserinfoReason::Scope, UserinfoReason::UserCutOff];
    for reason in &all {
        match reason {
            UserinfoReason::Scope | UserinfoReason::UserCutOff => {}
        }
    }
    responses(&all)
}

pub(super) fn of_metadata(operation: &Operation) -> Vec<ErrorResponse> {
    let keys = PublicKeysError::Keys(KeysetError::NotMade);
    let mut all = vec![MetadataReason::NotFound, MetadataReason::Keys(keys)];
    for reason in &all {
        match reason {
            MetadataReason::NotFound | MetadataReason::Keys(_) => {}
        }
    }
    // The path may name another issuer or an unknown resource. Every other route has one path with its document, and a
    // preflight always has an answer.
    let may_be_none =
        operation.path.ends_with("/{issuer_path}") || operation.path.starts_with(route::PROTECTED_RESOURCE);
    let is_answered = operation.method == "OPTIONS" || !may_be_none;
    all.retain(|reason| !is_answered || !matches!(reason, MetadataReason::NotFound));
    responses(&all)
}

/// Its endpoints share the reasons, and each has some of them.
pub(super) fn of_accounts(operation: &Operation) -> Vec<ErrorResponse> {
    let path = operation.path.as_str();
    let is_of_session = [route::EMAIL, route::ACCOUNT].contains(&path);
    let sets_password = [route::SIGNUP_CONFIRM, route::RESET, route::EMAIL_UNDO].contains(&path);
    let is_redeem = sets_password || path == route::EMAIL_CONFIRM;
    let has_code = is_redeem && path != route::EMAIL_UNDO;
    let asks = [route::SIGNUP, route::FORGOT, route::RESEND, route::EMAIL].contains(&path);
    let is_of_sign_up = [route::SIGNUP, route::RESEND, route::SIGNUP_CONFIRM].contains(&path);
    let is_of_address = [route::EMAIL, route::EMAIL_CONFIRM, route::EMAIL_UNDO].contains(&path);
    let rejections = [
        PasswordRejection::Malformed,
        PasswordRejection::TooShort,
        PasswordRejection::Common,
        PasswordRejection::LikeUsername,
    ];
    let others = [
        AccountsReason::NoMail,
        AccountsReason::MailKey(MailKeyError::Unusable),
        AccountsReason::ThirdParty,
        AccountsReason::Closed,
        AccountsReason::Domain,
        AccountsReason::CaptchaMissing,
        AccountsReason::CaptchaUnsolved,
        AccountsReason::Captcha(CaptchaError::Malformed),
        AccountsReason::NetworkSpent(Mails::NETWORK_INTERVAL),
        AccountsReason::AddressSpent(Mails::NETWORK_INTERVAL),
        AccountsReason::UserSpent(Mails::NETWORK_INTERVAL),
        AccountsReason::ChangesSpent(Mails::NETWORK_INTERVAL),
        AccountsReason::NotAnAddress,
        AccountsReason::SameAddress,
        AccountsReason::ClaimsFull,
        AccountsReason::Ticket(TicketError::Forged),
        AccountsReason::OtherPurpose,
        AccountsReason::Over,
        AccountsReason::NoGuessLeft,
        AccountsReason::WrongCode,
        AccountsReason::ClientGone(ClientError::Disabled),
        AccountsReason::ClientCutOff,
        AccountsReason::Taken,
        AccountsReason::NoAccount,
        AccountsReason::Same,
        AccountsReason::Password(PasswordError::Failed),
    ];
    let all = others
        .into_iter()
        .chain(rejections.into_iter().map(AccountsReason::Rejected))
        .chain(callers().map(AccountsReason::Caller))
        .chain(of_current_password().map(AccountsReason::Current));
    let is_of_it = |reason: &AccountsReason| match reason {
        AccountsReason::ThirdParty => true,
        // A deletion needs no mail.
        AccountsReason::NoMail | AccountsReason::MailKey(_) => path != route::ACCOUNT,
        // A signed-in user needs no captcha.
        AccountsReason::CaptchaMissing | AccountsReason::CaptchaUnsolved | AccountsReason::Captcha(_) => {
            asks && !is_of_session
        }
        // Mails and tries of codes count for the network.
        AccountsReason::NetworkSpent(_) => asks || has_code,
        AccountsReason::Closed | AccountsReason::Domain => is_of_sign_up,
        AccountsReason::AddressSpent(_) => asks,
        AccountsReason::UserSpent(_) => path == route::EMAIL || path == route::RESEND,
        AccountsReason::ChangesSpent(_) => path == route::EMAIL_CONFIRM,
        AccountsReason::Caller(_) | AccountsReason::Current(_) => is_of_session,
        AccountsReason::NotAnAddress | AccountsReason::SameAddress => path == route::EMAIL,
        AccountsReason::ClaimsFull => is_of_address,
        AccountsReason::Ticket(_) | AccountsReason::Over => is_redeem || path == route::RESEND,
        AccountsReason::ClientGone(_) | AccountsReason::ClientCutOff => path == route::SIGNUP_CONFIRM,
        AccountsReason::Same => path == route::RESET || path == route::EMAIL_UNDO,
        AccountsReason::OtherPurpose | AccountsReason::NoGuessLeft | AccountsReason::WrongCode => has_code,
        AccountsReason::Taken | AccountsReason::NoAccount => is_redeem,
        AccountsReason::Rejected(_) | AccountsReason::Password(_) => sets_password,
        // No route leads there.
        AccountsReason::NoEndpoint => false,
    };
    responses(&all.filter(is_of_it).collect::<Vec<_>>())
}

fn responses<R: IntoErrorResponse>(reasons: &[R]) -> Vec<ErrorResponse> {
    reasons.iter().map(IntoErrorResponse::response).collect()
}
