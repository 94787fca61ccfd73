//! The reasons for which the pages refuse requests.

use std::fmt;

use accounts::AccountsReason;
use lambda_http::{Body, Response};
use passwords::{PasswordRejection, SignInError};
use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

use crate::{DocumentError, RequestRefusal};

/// Why a request was refused or failed.
pub type AuthorizeError = EndpointError<Refused>;

/// A refusal, with its page or redirect.
#[derive(thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// The reason.
    pub reason: AuthorizeReason,
    answer: Box<Response<Body>>,
}

impl Refused {
    pub(crate) fn new(reason: AuthorizeReason, answer: Response<Body>) -> Self {
        Self { reason, answer: Box::new(answer) }
    }

    /// The same refusal with a changed answer.
    pub(crate) fn with_answer(self, change: impl FnOnce(Response<Body>) -> Response<Body>) -> Self {
        let Self { reason, answer } = self;
        Self::new(reason, change(*answer))
    }

    pub(crate) fn answer(&self) -> &Response<Body> {
        &self.answer
    }
}

/// Shows only the reason: a page contains a form's token, and a redirect the client's state.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl IntoErrorResponse for Refused {
    fn response(&self) -> ErrorResponse {
        self.reason.response()
    }

    fn reason(&self) -> &'static str {
        self.reason.reason()
    }
}

/// A reason that only the pages have.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeReason {
    /// The page doesn't exist.
    #[error("there is no such page")]
    NoSuchPage,
    /// The client is missing, unknown, or disabled.
    #[error("no registered and enabled client")]
    Client(ClientReason),
    /// The client's metadata document can't be used.
    #[error(transparent)]
    Document(DocumentError),
    /// The redirect URI is missing or not registered for the client.
    #[error("a redirect URI that is not registered")]
    RedirectUri,
    /// The client or the redirect URI is repeated.
    #[error("more than one client or redirect URI")]
    TwoTargets,
    /// The client's request is invalid. The client gets the error.
    #[error(transparent)]
    Request(RequestRefusal),
    /// The expected user isn't signed in, and the client forbids a page.
    #[error("no user is signed in, and the client forbids a page")]
    LoginRequired,
    /// The user has not consented, and the client forbids a page.
    #[error("the user has not consented, and the client forbids a page")]
    ConsentRequired,
    /// The user has to confirm the sign-in, and the client forbids a page.
    #[error("the user has to confirm the sign-in, and the client forbids a page")]
    InteractionRequired,
    /// The user cancelled the sign-in.
    #[error("the user cancelled the sign-in")]
    GivenUp,
    /// The form comes from another site.
    #[error("a form from another site")]
    ForeignForm,
    /// The form is of another browser, for another purpose, or of a key that is gone.
    #[error("a form that is not this browser's, or for something else")]
    StaleForm,
    /// One of our forms lacks a field.
    #[error("a form that is incomplete")]
    IncompleteForm,
    /// The user name or the password is wrong, or the user may not sign in.
    #[error(transparent)]
    SignIn(SignInError),
    /// The new password is not allowed.
    #[error(transparent)]
    Rejected(PasswordRejection),
    /// The new password is the current one.
    #[error("the new password is the current one")]
    Same,
    /// The text is not an email address.
    #[error("a text that is not an email address")]
    MalformedEmail,
    /// A mail, a link or a code is refused.
    #[error(transparent)]
    Accounts(AccountsReason),
    /// The `client_id` of a logout request differs from the ID token's.
    #[error("an ID token of another client")]
    OtherClient,
}

/// Why a client is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientReason {
    /// The request has no `client_id`, or an invalid one.
    Missing,
    /// The client is not registered.
    Unknown,
    /// The client is disabled.
    Disabled,
}

impl IntoErrorResponse for AuthorizeReason {
    fn response(&self) -> ErrorResponse {
        let invalid = |description: &'static str| ErrorResponse::new(ErrorCode::InvalidRequest, description);
        match self {
            Self::NoSuchPage => ErrorResponse::new(ErrorCode::NotFound, "There is no such page."),
            Self::Client(_) => invalid("The client is unknown."),
            Self::Document(error) => error.response(),
            Self::RedirectUri => invalid("The redirect URI is not registered."),
            Self::TwoTargets => invalid("The client or the redirect URI is repeated."),
            Self::Request(refusal) => refusal.response(),
            Self::LoginRequired => ErrorResponse::new(ErrorCode::LoginRequired, "The user has to sign in."),
            Self::ConsentRequired => {
                ErrorResponse::new(ErrorCode::ConsentRequired, "The user has to consent.")
            }
            Self::InteractionRequired => {
                ErrorResponse::new(ErrorCode::InteractionRequired, "The user has to confirm the sign-in.")
            }
            Self::GivenUp => ErrorResponse::new(ErrorCode::AccessDenied, "The user did not sign in."),
            Self::ForeignForm => {
                ErrorResponse::new(ErrorCode::AccessDenied, "The form was sent from another site.")
            }
            Self::StaleForm => invalid("The form is from another browser, or too old."),
            Self::IncompleteForm => invalid("The form is incomplete."),
            Self::SignIn(error) => error.response(),
            Self::Rejected(_) | Self::Same => {
                ErrorResponse::new(ErrorCode::PasswordRejected, "The new password is not allowed.")
            }
            Self::MalformedEmail => invalid("The email address is malformed."),
            Self::Accounts(reason) => reason.response(),
            Self::OtherClient => invalid("The ID token was issued to another client."),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchPage => "unknown_page",
            Self::Client(ClientReason::Missing) => "no_client",
            Self::Client(ClientReason::Unknown) => "unknown_client",
            Self::Client(ClientReason::Disabled) => "client_disabled",
            Self::Document(error) => error.reason(),
            Self::RedirectUri => "redirect_uri",
            Self::TwoTargets => "repeated_parameter",
            Self::Request(refusal) => refusal.reason(),
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::GivenUp => "given_up",
            Self::ForeignForm => "foreign_form",
            Self::StaleForm => "stale_form",
            Self::IncompleteForm => "incomplete_form",
            Self::SignIn(error) => error.reason(),
            Self::Rejected(rejection) => rejection.reason(),
            Self::Same => "same_password",
            Self::MalformedEmail => "malformed_parameter",
            Self::Accounts(reason) => reason.reason(),
            Self::OtherClient => "foreign_token",
        }
    }
}
