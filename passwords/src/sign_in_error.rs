//! Why a sign-in was refused or failed.

use shared::{
    http::{ErrorCode, ErrorResponse, IntoErrorResponse},
    store::StoreError,
};

use crate::PasswordError;

/// Why a user name and a password were not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The user name doesn't exist.
    #[error("unknown user name")]
    UnknownUsername,
    /// The password is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// There were too many attempts on this user name.
    #[error("too many attempts on this user name")]
    BudgetSpent,
    /// The password is correct, but the user is deleted, disabled or cut off.
    #[error("the user may not sign in")]
    CutOff,
    /// The stored hash is unusable.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoErrorResponse for SignInError {
    fn response(&self) -> ErrorResponse {
        match self {
            // All four get the same answer: a difference would reveal which users exist.
            Self::UnknownUsername | Self::WrongPassword | Self::BudgetSpent | Self::CutOff => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The user name or the password is wrong.")
            }
            Self::Password(_) => ErrorResponse::server_error(),
            Self::Store(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownUsername => "unknown_username",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::CutOff => "user_cut_off",
            Self::Password(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}

impl SignInError {
    /// Whether the answer blames the user name or the password. Otherwise it is a failure of ours.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::UnknownUsername | Self::WrongPassword | Self::BudgetSpent | Self::CutOff => true,
            Self::Password(_) | Self::Store(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_distinct_reasons_and_one_answer() {
        let all = [
            SignInError::UnknownUsername,
            SignInError::WrongPassword,
            SignInError::BudgetSpent,
            SignInError::CutOff,
        ];
        let reasons = all.each_ref().map(IntoErrorResponse::reason);
        assert_eq!(reasons, ["unknown_username", "wrong_password", "budget_spent", "user_cut_off"]);
        for error in all {
            assert!(error.is_refusal());
            let response = error.response();
            assert_eq!(response.error, ErrorCode::InvalidGrant);
            assert_eq!(response.error_description, "The user name or the password is wrong.");
        }
    }

    #[test]
    fn our_failures_are_server_errors() {
        let malformed = StoreError::Malformed { table: "Users", attribute: "username" };
        for (error, reason) in [
            (SignInError::from(PasswordError::Unusable), "password_hash_unusable"),
            (SignInError::from(malformed), "malformed_item"),
        ] {
            assert!(!error.is_refusal());
            assert_eq!((error.reason(), error.response().error), (reason, ErrorCode::ServerError));
        }
    }
}
