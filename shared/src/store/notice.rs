//! Events that users are told about by mail.

/// An event that a user is told about by mail. The write of the event stores this name in the attribute
/// `notice`, and the table's stream brings it to the mailer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The password was changed.
    PasswordChanged,
    /// All sessions were ended.
    SessionsEnded,
    /// A refresh token came twice, as after a theft, and its session was ended.
    Theft,
    /// A session began on a device that the user has no other session on.
    NewDevice,
}

impl Notice {
    /// All notices.
    pub const ALL: [Self; 4] = [Self::PasswordChanged, Self::SessionsEnded, Self::Theft, Self::NewDevice];

    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::SessionsEnded => "sessions_ended",
            Self::Theft => "theft",
            Self::NewDevice => "new_device",
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
        let names = ["password_changed", "sessions_ended", "theft", "new_device"];
        assert_eq!(Notice::ALL.map(Notice::name), names);
        assert_eq!(names.map(Notice::parse), Notice::ALL.map(Some));
        for unknown in ["", "Theft", "theft ", "sign_up"] {
            assert_eq!(Notice::parse(unknown), None, "{unknown}");
        }
    }
}
