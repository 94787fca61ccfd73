//! The reasons for which requests about accounts by mail are refused.

use std::time::Duration;

use mails::{MailKeyError, TicketError};
use passwords::{CallerError, PasswordError, PasswordRejection, ReplaceError};
use shared::{
    client::ClientError,
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse, RequestError, parameter},
};

use crate::captcha_error::CaptchaError;

/// Why a request about an account by mail was refused or failed.
pub type AccountsError = EndpointError<AccountsReason>;

/// A reason that only these endpoints and their pages have.
#[derive(Debug, thiserror::Error)]
pub enum AccountsReason {
    /// The path names no endpoint of this function.
    #[error("there is no such endpoint")]
    NoEndpoint,
    /// The deployment sends no mail.
    #[error("the deployment sends no mail")]
    NoMail,
    /// The key of links and codes can't be read.
    #[error(transparent)]
    MailKey(MailKeyError),
    /// The client is a third party's, which must see no password.
    #[error("a third party's client")]
    ThirdParty,
    /// Nobody may sign up at this client.
    #[error("sign-up is closed at this client")]
    Closed,
    /// Addresses of this domain may not sign up.
    #[error("addresses of this domain may not sign up")]
    Domain,
    /// The deployment has a captcha, and the request has no solution.
    #[error("no solution of the captcha")]
    CaptchaMissing,
    /// The operator's function says that the captcha was not solved.
    #[error("the captcha was not solved")]
    CaptchaUnsolved,
    /// The operator's function for captchas failed.
    #[error(transparent)]
    Captcha(CaptchaError),
    /// The caller's network asked for too many mails, or tried too many codes. With the time after which it
    /// may again.
    #[error("too many requests of the caller's network")]
    NetworkSpent(Duration),
    /// Too many mails were asked for to the address. With the time after which another may be.
    #[error("too many mails to the address")]
    AddressSpent(Duration),
    /// A user asked for too many mails to other addresses. With the time after which another request is
    /// accepted.
    #[error("too many requests of the user")]
    UserSpent(Duration),
    /// The user's address changed too often. With the time after which another change is accepted.
    #[error("too many changes of the address")]
    ChangesSpent(Duration),
    /// The caller may change no account.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The current password was not accepted.
    #[error(transparent)]
    Current(ReplaceError),
    /// The user's name is no mail address.
    #[error("the user's name is no address")]
    NotAnAddress,
    /// The new address is the user's already.
    #[error("the address is the user's already")]
    SameAddress,
    /// The user's claims are as long as they may be, without the new address.
    #[error("the user's claims leave no room for the address")]
    ClaimsFull,
    /// The token is not one of ours, or has expired.
    #[error(transparent)]
    Ticket(TicketError),
    /// The token is for another purpose.
    #[error("a token for another purpose")]
    OtherPurpose,
    /// The mail was used, or another was asked for since.
    #[error("the mail was used or replaced")]
    Over,
    /// Too many codes were tried, or the request of the code is over.
    #[error("no guess of the code is left")]
    NoGuessLeft,
    /// The code is wrong.
    #[error("wrong code")]
    WrongCode,
    /// The client that the mail was asked for at is gone or disabled.
    #[error(transparent)]
    ClientGone(ClientError),
    /// The client's sessions of this instant are over.
    #[error("the client is cut off")]
    ClientCutOff,
    /// The address has had an account since.
    #[error("the address has an account")]
    Taken,
    /// The account is gone or disabled.
    #[error("no enabled account has the address")]
    NoAccount,
    /// The password is not allowed.
    #[error(transparent)]
    Rejected(PasswordRejection),
    /// The user has to change the password, and the new one is the current one.
    #[error("the new password is the current one")]
    Same,
    /// The password can't be hashed or compared.
    #[error(transparent)]
    Password(PasswordError),
}

impl AccountsReason {
    /// Converts an error of the check of the current password.
    pub(crate) fn current(error: ReplaceError) -> AccountsError {
        match error {
            ReplaceError::Store(error) => error.into(),
            error => Self::Current(error).into(),
        }
    }

    /// Converts an error of the client that a mail was asked for at. A plain `?` would answer
    /// `invalid_client`, although no client authenticates by it.
    pub(crate) fn gone(error: ClientError) -> AccountsError {
        match error {
            ClientError::Store(error) => error.into(),
            ClientError::Unknown | ClientError::Unproven | ClientError::Disabled => {
                Self::ClientGone(error).into()
            }
        }
    }
}

impl IntoErrorResponse for AccountsReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::NoEndpoint => ErrorResponse::new(ErrorCode::NotFound, "There is no such endpoint."),
            Self::NoMail => ErrorResponse::unavailable("This deployment sends no mail."),
            Self::MailKey(_) | Self::Captcha(_) => ErrorResponse::unavailable("Try again in a moment."),
            Self::ThirdParty => ErrorResponse::new(
                ErrorCode::UnauthorizedClient,
                "The users of this client do this at the pages.",
            ),
            Self::Closed => ErrorResponse::new(ErrorCode::AccessDenied, "Sign-up is closed."),
            Self::Domain => {
                ErrorResponse::new(ErrorCode::AccessDenied, "Addresses of this domain may not sign up.")
            }
            Self::CaptchaMissing => (&RequestError::Missing(parameter::CAPTCHA)).into(),
            Self::CaptchaUnsolved => {
                ErrorResponse::new(ErrorCode::InvalidRequest, "The captcha was not solved.")
            }
            Self::NetworkSpent(retry_after)
            | Self::AddressSpent(retry_after)
            | Self::UserSpent(retry_after)
            | Self::ChangesSpent(retry_after) => ErrorResponse::too_many(*retry_after),
            Self::Caller(error) => error.response(),
            Self::Current(error) => error.response(),
            Self::NotAnAddress => ErrorResponse::new(
                ErrorCode::InvalidRequest,
                "The user name of this account is not a mail address.",
            ),
            Self::SameAddress => {
                ErrorResponse::new(ErrorCode::InvalidRequest, "The account has this mail address already.")
            }
            Self::ClaimsFull => ErrorResponse::new(
                ErrorCode::InvalidRequest,
                "The account has too many claims to take this mail address.",
            ),
            // All get the same answer: a difference would reveal what the owner of the address has done.
            Self::Ticket(_)
            | Self::OtherPurpose
            | Self::Over
            | Self::NoGuessLeft
            | Self::WrongCode
            | Self::ClientGone(_)
            | Self::ClientCutOff
            | Self::Taken
            | Self::NoAccount => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The link or the code is wrong, used or too old. Ask for another mail.",
            ),
            Self::Rejected(rejection) => {
                ErrorResponse::new(ErrorCode::PasswordRejected, rejection.description())
            }
            Self::Same => {
                ErrorResponse::new(ErrorCode::PasswordRejected, "The new password is the current one.")
            }
            Self::Password(_) => ErrorResponse::server_error(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NoEndpoint => "unknown_endpoint",
            Self::NoMail => "no_mail",
            Self::MailKey(error) => error.reason(),
            Self::ThirdParty => "third_party",
            Self::Closed => "sign_up_closed",
            Self::Domain => "domain_not_allowed",
            Self::CaptchaMissing => "captcha_missing",
            Self::CaptchaUnsolved => "captcha_unsolved",
            Self::Captcha(error) => error.reason(),
            Self::NetworkSpent(_) => "network_mails_spent",
            Self::AddressSpent(_) => "address_mails_spent",
            Self::UserSpent(_) => "user_mails_spent",
            Self::ChangesSpent(_) => "address_changes_spent",
            Self::Caller(error) => error.reason(),
            Self::Current(error) => error.reason(),
            Self::NotAnAddress => "username_not_an_address",
            Self::SameAddress => "same_address",
            Self::ClaimsFull => "claims_full",
            Self::Ticket(error) => error.reason(),
            Self::OtherPurpose => "mail_of_other_purpose",
            Self::Over => "mail_over",
            Self::NoGuessLeft => "codes_spent",
            Self::WrongCode => "wrong_code",
            Self::ClientGone(error) => error.reason(),
            Self::ClientCutOff => "client_cut_off",
            Self::Taken => "account_exists",
            Self::NoAccount => "user_cut_off",
            Self::Rejected(rejection) => rejection.reason(),
            Self::Same => "same_password",
            Self::Password(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::{http::ErrorCode, store::StoreError};

    use super::*;

    #[test]
    fn all_ways_not_to_own_the_mail_get_one_answer() {
        let all = [
            AccountsReason::Ticket(TicketError::Forged),
            AccountsReason::Ticket(TicketError::Expired),
            AccountsReason::OtherPurpose,
            AccountsReason::Over,
            AccountsReason::NoGuessLeft,
            AccountsReason::WrongCode,
            AccountsReason::ClientGone(ClientError::Disabled),
            AccountsReason::ClientCutOff,
            AccountsReason::Taken,
            AccountsReason::NoAccount,
        ];
        let first = all[0].response();
        assert_eq!((first.status.as_u16(), first.error), (400, ErrorCode::InvalidGrant));
        for reason in &all {
            assert_eq!(reason.response(), first, "{reason:?}");
        }
        let reasons: std::collections::BTreeSet<_> = all.iter().map(IntoErrorResponse::reason).collect();
        assert_eq!(reasons.len(), all.len(), "the log tells them apart");
    }

    #[test]
    fn the_current_password_is_rejected_as_others_are() {
        let same = AccountsReason::Same;
        let response = same.response();
        assert_eq!((response.status.as_u16(), response.error), (400, ErrorCode::PasswordRejected));
        assert_eq!(response.error_description, "The new password is the current one.");
        assert_eq!(same.reason(), "same_password");
    }

    #[test]
    fn a_wrong_password_and_a_spent_budget_get_one_answer() {
        let [wrong, spent] =
            [ReplaceError::WrongPassword, ReplaceError::BudgetSpent].map(AccountsReason::Current);
        assert_eq!((wrong.response(), wrong.response().error), (spent.response(), ErrorCode::InvalidGrant));
        assert_ne!(wrong.reason(), spent.reason());
        let failed = StoreError::Malformed { table: "Users", attribute: "username" };
        let failed = AccountsReason::current(failed.into());
        assert!(matches!(failed, AccountsError::Store(_)), "a failure of the store is no refusal");
    }

    #[test]
    fn an_address_that_can_not_be_the_accounts_is_a_clear_refusal() {
        let all = [AccountsReason::NotAnAddress, AccountsReason::SameAddress, AccountsReason::ClaimsFull];
        let responses = all.each_ref().map(IntoErrorResponse::response);
        for response in &responses {
            assert_eq!((response.status.as_u16(), response.error), (400, ErrorCode::InvalidRequest));
        }
        let texts: std::collections::BTreeSet<_> = responses.iter().map(|r| &*r.error_description).collect();
        assert_eq!(texts.len(), all.len());
    }

    #[test]
    fn spent_quotas_get_one_answer_and_their_own_wait() {
        let network = AccountsReason::NetworkSpent(Duration::from_secs(60)).response();
        let address = AccountsReason::AddressSpent(Duration::from_secs(720)).response();
        let user = AccountsReason::UserSpent(Duration::from_secs(360)).response();
        let changes = AccountsReason::ChangesSpent(Duration::from_secs(7200)).response();
        for other in [&address, &user, &changes] {
            assert_eq!((network.status, network.error), (other.status, other.error));
            assert_eq!(network.error_description, other.error_description);
        }
        assert_eq!(network.status.as_u16(), 429);
        for (response, seconds) in [(address, "720"), (user, "360"), (changes, "7200")] {
            assert_eq!(response.into_response().headers()["retry-after"], seconds);
        }
    }

    #[test]
    fn a_deployment_without_mail_and_a_closed_one_say_so() {
        let codes = [AccountsReason::NoMail, AccountsReason::Closed, AccountsReason::Domain]
            .map(|reason| (reason.response().status.as_u16(), reason.response().error.name()));
        assert_eq!(codes, [(503, "temporarily_unavailable"), (403, "access_denied"), (403, "access_denied")]);
    }
    #[test]
    fn an_unsolved_captcha_is_a_refusal_and_one_that_can_not_be_checked_a_failure() {
        let missing = AccountsReason::CaptchaMissing.response();
        assert_eq!((missing.status.as_u16(), missing.error), (400, ErrorCode::InvalidRequest));
        assert!(missing.error_description.contains("captcha"), "{missing:?}");
        let unsolved = AccountsReason::CaptchaUnsolved.response();
        assert_eq!((unsolved.status.as_u16(), unsolved.error), (400, ErrorCode::InvalidRequest));
        let failures = [
            CaptchaError::NotCalled("timed out".to_owned()),
            CaptchaError::Failed("Unhandled".to_owned()),
            CaptchaError::Malformed,
        ];
        let failures = failures.map(AccountsReason::Captcha);
        for failure in &failures {
            assert_eq!(failure.response().error.name(), "temporarily_unavailable");
            assert_eq!(failure.response().status.as_u16(), 503);
        }
        let reasons: std::collections::BTreeSet<_> = failures.iter().map(IntoErrorResponse::reason).collect();
        assert_eq!(reasons.len(), failures.len());
    }
}
