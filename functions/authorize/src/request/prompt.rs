//! The `prompt` parameter: the questions that a client wants asked (OpenID Connect Core 1.0 section 3.1.2.1).

/// The questions to ask the user in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four words")]
pub(crate) struct Prompts {
    /// Ask nothing.
    pub(crate) none: bool,
    /// Ask for the password.
    pub(crate) login: bool,
    /// Ask for consent.
    pub(crate) consent: bool,
    /// Ask for the account. A browser has one user at a time, so this shows the sign-in form.
    pub(crate) select_account: bool,
}

impl Prompts {
    /// Parses the values of the specification, separated by spaces. `none` must be the only one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut prompts = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompts.none = true,
                "login" => prompts.login = true,
                "consent" => prompts.consent = true,
                "select_account" => prompts.select_account = true,
                _ => return None,
            }
        }
        let asks = prompts.login || prompts.consent || prompts.select_account;
        (prompts.none != asks).then_some(prompts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_values_come_in_any_order_and_none_only_alone() {
        let none = Prompts { none: true, ..Prompts::default() };
        assert_eq!(Prompts::parse("none"), Some(none));
        let both = Prompts { login: true, consent: true, ..Prompts::default() };
        for text in ["login consent", "consent login", " login  consent login "] {
            assert_eq!(Prompts::parse(text), Some(both), "{text}");
        }
        for text in ["none login", "login none", "create", "Login", "login,consent", " "] {
            assert_eq!(Prompts::parse(text), None, "{text}");
        }
    }
}
