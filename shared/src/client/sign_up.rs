//! Who may create an account.

use crate::environment::{Environment, EnvironmentError, variable};

/// Who may create an account at a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Nobody: the operator creates the accounts.
    Closed,
    /// Nobody without an invitation.
    Invited,
    /// Everybody whose address is of an allowed domain.
    Open,
}

impl SignUp {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Invited, Self::Open];

    /// The deployment's default: `SIGN_UP`, otherwise [`SignUp::Closed`].
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Unusable`], if the variable is another word.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        environment.choice(variable::SIGN_UP, Self::ALL.map(|sign_up| (sign_up.name(), sign_up)))
    }

    /// The value as variables and records have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invited => "invited",
            Self::Open => "open",
        }
    }

    /// Parses such a value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign_up| sign_up.name() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_up_is_closed_unless_the_operator_opens_it() {
        let sign_up = |value: &str| {
            let variable = (variable::SIGN_UP.to_owned(), value.to_owned());
            SignUp::from_environment(&Environment::from_variables([variable]))
        };
        assert_eq!(sign_up(""), Ok(SignUp::Closed));
        for known in SignUp::ALL {
            assert_eq!(sign_up(known.name()), Ok(known));
        }
        for unknown in ["Open", "yes", "on"] {
            assert!(sign_up(unknown).is_err(), "{unknown}");
        }
    }
}
