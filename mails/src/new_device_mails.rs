//! Which users are told of sessions on new devices.

use shared::{
    environment::{Environment, EnvironmentError, variable},
    store::User,
};

/// Which users get a mail about a session on a new device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDeviceMails {
    /// None.
    No,
    /// Those who asked for it.
    Wanted,
    /// All.
    Yes,
}

impl NewDeviceMails {
    /// Reads `NEW_DEVICE_MAILS`.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if it is another word than `no`, `wanted` and `yes`.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let choices = [("no", Self::No), ("wanted", Self::Wanted), ("yes", Self::Yes)];
        environment.choice(variable::NEW_DEVICE_MAILS, choices)
    }

    /// Whether this user is told.
    pub fn tells(self, user: &User) -> bool {
        match self {
            Self::No => false,
            Self::Wanted => user.new_device_mails,
            Self::Yes => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_unknown_is_refused() {
        let read = |word: &str| {
            let variable = (variable::NEW_DEVICE_MAILS.to_owned(), word.to_owned());
            NewDeviceMails::from_environment(&Environment::from_variables([variable]))
        };
        for (word, expected) in [
            ("", NewDeviceMails::No),
            ("no", NewDeviceMails::No),
            ("wanted", NewDeviceMails::Wanted),
            ("yes", NewDeviceMails::Yes),
        ] {
            assert_eq!(read(word), Ok(expected), "{word}");
        }
        for word in ["Yes", "on", "true", "want"] {
            assert!(read(word).is_err(), "{word}");
        }
    }

    #[test]
    fn the_wish_of_a_user_counts_only_where_it_is_asked_for() {
        let [without, with] = [false, true].map(|wish| User { new_device_mails: wish, ..User::default() });
        let told = |mails: NewDeviceMails| [mails.tells(&without), mails.tells(&with)];
        assert_eq!(told(NewDeviceMails::No), [false, false]);
        assert_eq!(told(NewDeviceMails::Wanted), [false, true]);
        assert_eq!(told(NewDeviceMails::Yes), [true, true]);
    }
}
