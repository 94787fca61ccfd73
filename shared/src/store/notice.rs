//! Events that users are told about by mail.

/// An event that a user is told about by mail. The write of the event stores this name in the attribute
/// `notice`, and the table's stream brings it to the mailer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The password was changed.
    PasswordChanged,
    /// All sessions were ended, or all but the one that asked.
    SessionsEnded,
    /// A refresh token or an authorization code came twice, as after a theft, and its session was ended.
    Theft,
    /// A session began on a device that the user has no other session on.
    NewDevice,
    /// The user has no password yet, and someone tried to sign in with the user name.
    PasswordMissing,
}

impl Notice {
    /// All notices.
    pub const ALL: [Self; 5] =
        [Self::PasswordChanged, Self::SessionsEnded, Self::Theft, Self::NewDevice, Self::PasswordMissing];

    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::SessionsEnded => "sessions_ended",
            Self::Theft => "theft",
            Self::NewDevice => "new_device",
            Self::PasswordMissing => "password_missing",
        }
    }

    /// Parses the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_names_never_change_and_are_read_back() {
        let names = ["password_changed", "sessions_ended", "theft", "new_device", "password_missing"];
        assert_eq!(Notice::ALL.map(Notice::name), names);
        assert_eq!(names.map(Notice::parse), Notice::ALL.map(Some));
        for unknown in ["", "Theft", "theft ", "sign_up"] {
            assert_eq!(Notice::parse(unknown), None, "{unknown}");
        }
    }
}
