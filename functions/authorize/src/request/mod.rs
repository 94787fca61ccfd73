//! The page and the parameters of a request.

mod authorization;
mod pairs;
mod prompt;

pub(crate) use self::{
    authorization::{AuthorizationRequest, Hint, OFFLINE_ACCESS},
    pairs::{Pairs, Repeated, query},
    prompt::Prompts,
};

use shared::{http::parameter as shared_parameter, route};

use crate::by_mail::MailPage;

/// The names of parameters that only the pages have.
pub(crate) mod parameter {
    /// RFC 6749 section 3.1.1.
    pub(crate) const RESPONSE_TYPE: &str = "response_type";
    /// OAuth 2.0 Multiple Response Type Encoding Practices section 2.1.
    pub(crate) const RESPONSE_MODE: &str = "response_mode";
    /// RFC 6749 section 4.1.1.
    pub(crate) const STATE: &str = "state";
    /// RFC 7636 section 4.3.
    pub(crate) const CODE_CHALLENGE: &str = "code_challenge";
    /// RFC 7636 section 4.3.
    pub(crate) const CODE_CHALLENGE_METHOD: &str = "code_challenge_method";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const NONCE: &str = "nonce";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const PROMPT: &str = "prompt";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const MAX_AGE: &str = "max_age";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const UI_LOCALES: &str = "ui_locales";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const LOGIN_HINT: &str = "login_hint";
    /// OpenID Connect Core 1.0 section 3.1.2.1.
    pub(crate) const ID_TOKEN_HINT: &str = "id_token_hint";
    /// OpenID Connect Core 1.0 section 6.1.
    pub(crate) const REQUEST: &str = "request";
    /// OpenID Connect Core 1.0 section 6.2.
    pub(crate) const REQUEST_URI: &str = "request_uri";
    /// RFC 9449 section 10.
    pub(crate) const DPOP_JKT: &str = "dpop_jkt";
    /// OpenID Connect RP-Initiated Logout 1.0 section 2.
    pub(crate) const POST_LOGOUT_REDIRECT_URI: &str = "post_logout_redirect_uri";
    /// Our forms: the token that binds a form to its browser.
    pub(crate) const CSRF: &str = "csrf";
    /// Our forms: the button that the user pressed.
    pub(crate) const ACTION: &str = "action";
    /// The account's form: the session to end.
    pub(crate) const SESSION: &str = "session";
    /// The form that deletes an account: whether the user has confirmed it.
    pub(crate) const CONFIRM: &str = "confirm";
}

/// The parameters of an authorization request.
pub(crate) const OF_AUTHORIZATION: [&str; 16] = [
    shared_parameter::CLIENT_ID,
    shared_parameter::REDIRECT_URI,
    shared_parameter::SCOPE,
    shared_parameter::RESOURCE,
    parameter::RESPONSE_TYPE,
    parameter::RESPONSE_MODE,
    parameter::STATE,
    parameter::CODE_CHALLENGE,
    parameter::CODE_CHALLENGE_METHOD,
    parameter::NONCE,
    parameter::PROMPT,
    parameter::MAX_AGE,
    parameter::UI_LOCALES,
    parameter::LOGIN_HINT,
    parameter::ID_TOKEN_HINT,
    parameter::DPOP_JKT,
];

/// A page of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Authorize,
    Account,
    ByMail(MailPage),
    Delete,
    EndSession,
}

impl Place {
    const ALL: [(&str, Self); 11] = [
        (route::AUTHORIZE, Self::Authorize),
        (route::ACCOUNT, Self::Account),
        Self::by_mail(MailPage::New),
        Self::by_mail(MailPage::Confirm),
        Self::by_mail(MailPage::Forgot),
        Self::by_mail(MailPage::Reset),
        Self::by_mail(MailPage::Email),
        Self::by_mail(MailPage::EmailConfirm),
        Self::by_mail(MailPage::EmailUndo),
        (route::ACCOUNT_DELETE, Self::Delete),
        (route::END_SESSION, Self::EndSession),
    ];

    const fn by_mail(page: MailPage) -> (&'static str, Self) {
        (page.path(), Self::ByMail(page))
    }

    /// The page at a path, which may begin with the API's stage or a domain's base path.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(suffix, _)| path.ends_with(suffix)).map(|(_, place)| place)
    }
}

#[cfg(test)]
pub(crate) use self::pairs::tests::pairs as pairs_of;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_and_a_base_path_may_stand_before_a_page() {
        for before in ["", "/prod", "/base/path"] {
            for (path, place) in Place::ALL {
                assert_eq!(Place::of_path(&format!("{before}{path}")), Some(place), "{before}{path}");
            }
        }
        for path in ["", "/", "/authorize/", "/xauthorize", "/authorizer", "/account/x", "/sessions"] {
            assert_eq!(Place::of_path(path), None, "{path}");
        }
    }
}
