//! A submitted form of the pages.

use secrecy::SecretString;
use shared::{
    http::{RequestError, parameter as shared_parameter},
    ids::SessionId,
};

use crate::request::{Pairs, Repeated, parameter};

/// A submitted form of the pages.
pub(crate) struct Form {
    pub(crate) csrf: String,
    pub(crate) action: Option<Action>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) current_password: Option<SecretString>,
    pub(crate) new_password: Option<SecretString>,
    pub(crate) session: Option<SessionId>,
    /// Whether the user has confirmed the deletion of the account.
    pub(crate) is_confirmed: bool,
}

/// The button that the user pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    SignIn,
    ChangePassword,
    Cancel,
    Allow,
    Deny,
    Continue,
    End,
    EndAll,
    SignOut,
    /// To get mails about new devices, or to stop them.
    NewDeviceMails {
        is_wanted: bool,
    },
    Delete,
}

impl Form {
    /// Parses a form. No field may be repeated.
    pub(crate) fn parse(pairs: &Pairs) -> Result<Self, RequestError> {
        if pairs.has_repeated() {
            return Err(RequestError::Repeated);
        }
        let text = |name| pairs.one(name).map_err(repeated).map(|text| text.map(str::to_owned));
        let secret = |name| pairs.secret(name).map_err(repeated).map(Option::<&SecretString>::cloned);
        let (password, current_password) =
            (secret(shared_parameter::PASSWORD)?, secret(shared_parameter::CURRENT_PASSWORD)?);
        let action = match pairs.one(parameter::ACTION).map_err(repeated)? {
            Some(name) => Action::parse(name),
            // A form without a button means its first one.
            None if password.is_some() => Some(Action::SignIn),
            None if pairs.has(shared_parameter::NEW_PASSWORD) => Some(Action::ChangePassword),
            None => current_password.is_some().then_some(Action::Delete),
        };
        Ok(Self {
            csrf: text(parameter::CSRF)?.unwrap_or_default(),
            action,
            username: text(shared_parameter::USERNAME)?,
            password,
            current_password,
            new_password: secret(shared_parameter::NEW_PASSWORD)?,
            is_confirmed: text(parameter::CONFIRM)?.is_some(),
            session: text(parameter::SESSION)?.and_then(|text| SessionId::parse(&text)),
        })
    }

    /// The user name as typed, for a repeated form.
    pub(crate) fn typed_username(&self) -> &str {
        self.username.as_deref().unwrap_or_default()
    }
}

impl Action {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sign-in" => Self::SignIn,
            "change-password" => Self::ChangePassword,
            "cancel" => Self::Cancel,
            "allow" => Self::Allow,
            "deny" => Self::Deny,
            "continue" => Self::Continue,
            "end" => Self::End,
            "end-all" => Self::EndAll,
            "sign-out" => Self::SignOut,
            "new-device-mails-on" => Self::NewDeviceMails { is_wanted: true },
            "new-device-mails-off" => Self::NewDeviceMails { is_wanted: false },
            "delete" => Self::Delete,
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
        let action = |fields: &[(&str, &str)]| Form::parse(&pairs(fields)).ok().unwrap().action;
        assert_eq!(action(&[("password", "x"), ("action", "cancel")]), Some(Action::Cancel));
        assert_eq!(action(&[("password", "x")]), Some(Action::SignIn));
        assert_eq!(action(&[("current_password", "x"), ("new_password", "y")]), Some(Action::ChangePassword));
        assert_eq!(action(&[("current_password", "x"), ("confirm", "yes")]), Some(Action::Delete));
        assert_eq!(action(&[("username", "x")]), None);
        assert_eq!(action(&[("password", "x"), ("action", "Sign-in")]), None);
    }

    #[test]
    fn a_repeated_field_is_refused() {
        for name in ["password", "csrf", "anything"] {
            assert_eq!(Form::parse(&pairs(&[(name, "1"), (name, "2")])).err(), Some(RequestError::Repeated));
        }
    }
}
