//! The reasons that only one function has. Each list has every variant: one that is new doesn't compile until it is in the match, and
//! belongs in the list as well.

use login::LoginReason;
use logout::LogoutReason;
use metadata::MetadataReason;
use password::PasswordChangeReason;
use passwords::{PasswordError, PasswordRejection};
use refresh::{End, RefreshReason, Reuse};
use sessions::SessionsReason;
use shared::{
    client::ClientError,
    http::{ErrorResponse, IntoErrorResponse},
    keys::{KeysetError, PublicKeysError},
    tokens::RefreshTokenError,
};

use crate::harness::openapi::Operation;

pub(super) fn of_login() -> Vec<ErrorResponse> {
    let all = [
        LoginReason::GrantType,
        LoginReason::Scope,
        LoginReason::UnknownUsername,
        LoginReason::WrongPassword,
        LoginReason::BudgetSpent,
        LoginReason::CutOff,
        LoginReason::Password(PasswordError::Failed),
    ];
    for reason in &all {
        match reason {
            LoginReason::GrantType
            | LoginReason::Scope
            | LoginReason::UnknownUsername
            | LoginReason::WrongPassword
            | LoginReason::BudgetSpent
            | LoginReason::CutOff
            | LoginReason::Password(_) => {}
        }
    }
    responses(&all)
}

pub(super) fn of_refresh() -> Vec<ErrorResponse> {
    let all = [
        RefreshReason::GrantType,
        RefreshReason::Token(RefreshTokenError::Malformed),
        RefreshReason::Scope,
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

pub(super) fn of_logout() -> Vec<ErrorResponse> {
    let all = [LogoutReason::SessionOver];
    for reason in &all {
        match reason {
            LogoutReason::SessionOver => {}
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
    all.push(PasswordChangeReason::ClientGone(ClientError::Unknown));
    all.extend([
        PasswordChangeReason::SessionOver,
        PasswordChangeReason::OverAfterChange,
        PasswordChangeReason::Same,
        PasswordChangeReason::WrongPassword,
    ]);
    all.extend([PasswordChangeReason::BudgetSpent, PasswordChangeReason::Password(PasswordError::Failed)]);
    for reason in &all {
        match reason {
            PasswordChangeReason::SessionOver
            | PasswordChangeReason::OverAfterChange
            | PasswordChangeReason::ClientGone(_)
            | PasswordChangeReason::Rejected(_)
            | PasswordChangeReason::Same
            | PasswordChangeReason::WrongPassword
            | PasswordChangeReason::BudgetSpent
            | PasswordChangeReason::Password(_) => {}
        }
    }
    responses(&all)
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

pub(super) fn of_metadata(operation: &Operation) -> Vec<ErrorResponse> {
    let keys = PublicKeysError::Keys(KeysetError::NotMade);
    let mut all = vec![MetadataReason::NotFound, MetadataReason::Keys(keys)];
    for reason in &all {
        match reason {
            MetadataReason::NotFound | MetadataReason::Keys(_) => {}
        }
    }
    // A path that is another issuer's. The other routes have one path each, which has its document; and a preflight is answered
    // wherever it is for.
    let is_of_any_path = operation.path.ends_with("/{issuer_path}") && operation.method != "OPTIONS";
    all.retain(|reason| is_of_any_path || !matches!(reason, MetadataReason::NotFound));
    responses(&all)
}

fn responses<R: IntoErrorResponse>(reasons: &[R]) -> Vec<ErrorResponse> {
    reasons.iter().map(IntoErrorResponse::response).collect()
}
