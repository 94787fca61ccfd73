//! A submitted form of these pages.

use accounts::Solution;
use secrecy::SecretString;
use shared::http::{RequestError, parameter as shared_parameter};

use crate::request::{Pairs, Repeated, parameter};

/// A submitted form of these pages.
pub(super) struct MailForm {
    pub(super) csrf: String,
    pub(super) action: Option<MailAction>,
    /// The address as typed. Later forms repeat it, to show it again.
    pub(super) email: String,
    /// The token of the request for a mail.
    pub(super) request: Option<SecretString>,
    pub(super) code: Option<SecretString>,
    /// The token of a link.
    pub(super) token: Option<SecretString>,
    /// The user name that the form with the password showed.
    pub(super) username: String,
    pub(super) new_password: Option<SecretString>,
    /// The password of the signed-in user.
    pub(super) current_password: Option<SecretString>,
    /// The solution of the captcha. One that is too long counts as none.
    pub(super) captcha: Option<Solution>,
}

/// The button that the user pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailAction {
    Ask,
    EnterCode,
    Resend,
    ChoosePassword,
    ConfirmEmail,
}

impl MailForm {
    /// Parses a form. No field may be repeated. The captcha's widget sends its solution in a field with
    /// the service's name.
    pub(super) fn parse(pairs: &Pairs, captcha_field: Option<&str>) -> Result<Self, RequestError> {
        if pairs.has_repeated() {
            return Err(RequestError::Repeated);
        }
        let text = |name| pairs.one(name).map(|text| text.unwrap_or_default().to_owned());
        let secret = |name| pairs.secret(name).map(Option::<&SecretString>::cloned);
        let action = match pairs.one(parameter::ACTION).map_err(repeated)? {
            Some(name) => MailAction::parse(name),
            // A form without a button means its first one.
            None if pairs.has(shared_parameter::NEW_PASSWORD) => Some(MailAction::ChoosePassword),
            None if pairs.has(shared_parameter::TOKEN) => Some(MailAction::ConfirmEmail),
            None if pairs.has(shared_parameter::CODE) => Some(MailAction::EnterCode),
            None => pairs.has(shared_parameter::EMAIL).then_some(MailAction::Ask),
        };
        let captcha = captcha_field.map(secret).transpose().map_err(repeated)?.flatten();
        Ok(Self {
            captcha: captcha.as_ref().and_then(Solution::parse),
            csrf: text(parameter::CSRF).map_err(repeated)?,
            action,
            email: text(shared_parameter::EMAIL).map_err(repeated)?,
            request: secret(shared_parameter::REQUEST).map_err(repeated)?,
            code: secret(shared_parameter::CODE).map_err(repeated)?,
            token: secret(shared_parameter::TOKEN).map_err(repeated)?,
            username: text(shared_parameter::USERNAME).map_err(repeated)?,
            new_password: secret(shared_parameter::NEW_PASSWORD).map_err(repeated)?,
            current_password: secret(shared_parameter::CURRENT_PASSWORD).map_err(repeated)?,
        })
    }
}

impl MailAction {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ask" => Self::Ask,
            "enter-code" => Self::EnterCode,
            "resend" => Self::Resend,
            "choose-password" => Self::ChoosePassword,
            "confirm-email" => Self::ConfirmEmail,
            _ => return None,
        })
    }
}

fn repeated(Repeated: Repeated) -> RequestError {
    RequestError::Repeated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::pairs_of as pairs;

    #[test]
    fn without_a_button_the_fields_decide_the_action() {
        let action = |fields: &[(&str, &str)]| MailForm::parse(&pairs(fields), None).ok().unwrap().action;
        let of_code = [("email", "x"), ("request", "y"), ("code", "")];
        assert_eq!(action(&[("email", "x")]), Some(MailAction::Ask));
        assert_eq!(action(&of_code), Some(MailAction::EnterCode));
        let of_link = [("token", "x"), ("username", "y"), ("new_password", "")];
        assert_eq!(action(&of_link), Some(MailAction::ChoosePassword));
        assert_eq!(action(&[("token", "x")]), Some(MailAction::ConfirmEmail));
        assert_eq!(action(&[("email", "x"), ("action", "resend")]), Some(MailAction::Resend));
        assert_eq!(action(&[("email", "x"), ("action", "sign-in")]), None);
        assert_eq!(action(&[("username", "x")]), None);
    }

    #[test]
    fn a_captcha_is_in_the_field_of_its_widget() {
        let field = Some("cf-turnstile-response");
        let has_captcha = |fields: &[(&str, &str)], field| {
            MailForm::parse(&pairs(fields), field).ok().unwrap().captcha.is_some()
        };
        assert!(has_captcha(&[("cf-turnstile-response", "solved")], field));
        assert!(!has_captcha(&[("cf-turnstile-response", "")], field));
        assert!(!has_captcha(&[("h-captcha-response", "solved"), ("captcha", "solved")], field));
        assert!(!has_captcha(&[("cf-turnstile-response", &"x".repeat(5000))], field));
        assert!(!has_captcha(&[("cf-turnstile-response", "solved")], None));
    }

    #[test]
    fn a_repeated_field_is_refused() {
        for name in ["token", "csrf", "anything"] {
            assert_eq!(
                MailForm::parse(&pairs(&[(name, "1"), (name, "2")]), None).err(),
                Some(RequestError::Repeated)
            );
        }
    }
}
