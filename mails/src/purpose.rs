//! What a mail is for.

use std::time::Duration;

use shared::store::Notice;

const HOUR: Duration = Duration::from_secs(3600);
/// The shortest time that a mailbox's row stays after its last mail: longer than the day whose guesses it counts.
const ROW_TTL: Duration = hours(48);

/// The purpose of a mail: what its reader can do with it, or what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A new account.
    SignUp,
    /// A new password.
    Reset,
    /// A user's new address: the mail goes there.
    Email,
    /// A return to the old address: the mail goes there after the user has changed to a new one.
    Undo,
    /// A new account, by an operator's invitation.
    Invitation,
    /// Tells that the account was deleted.
    Deleted,
    /// Tells that an operator changed the user name: the mail goes to the address of before.
    Renamed,
    /// Tells what happened to the account.
    Notice(Notice),
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 12] = [
        Self::SignUp,
        Self::Reset,
        Self::Email,
        Self::Undo,
        Self::Invitation,
        Self::Deleted,
        Self::Renamed,
        Self::Notice(Notice::PasswordChanged),
        Self::Notice(Notice::SessionsEnded),
        Self::Notice(Notice::Theft),
        Self::Notice(Notice::NewDevice),
        Self::Notice(Notice::PasswordMissing),
    ];

    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Reset => "reset",
            Self::Email => "email",
            Self::Undo => "undo",
            Self::Invitation => "invitation",
            Self::Deleted => "deleted",
            Self::Renamed => "renamed",
            Self::Notice(notice) => notice.name(),
        }
    }

    /// Parses the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == text)
    }

    /// How long the link and the code in the mail are valid. A mail that has neither may be sent until then:
    /// later, it would only puzzle its reader.
    pub fn ttl(self) -> Duration {
        match self {
            Self::SignUp | Self::Reset | Self::Email => HOUR,
            Self::Undo => hours(72),
            Self::Invitation => hours(7 * 24),
            // No page waits for the link, whose reader may see the mail only in the evening. After a day, the
            // next attempt to sign in sends another one.
            Self::Notice(Notice::PasswordMissing) => hours(24),
            Self::Deleted
            | Self::Renamed
            | Self::Notice(
                Notice::PasswordChanged | Notice::SessionsEnded | Notice::Theft | Notice::NewDevice,
            ) => hours(48),
        }
    }

    /// How long a mailbox's row stays after its last mail: a day longer than the link, so that a mail which
    /// waits for its delivery, or a link that is too late, meets its row.
    pub(crate) fn row_ttl(self) -> Duration {
        ROW_TTL.max(self.ttl() + hours(24))
    }

    /// Whether the mail is about a user whose identifier the row has. The others are about their address.
    pub(crate) fn names_user(self) -> bool {
        match self {
            Self::SignUp | Self::Reset | Self::Invitation => false,
            Self::Email | Self::Undo | Self::Deleted | Self::Renamed | Self::Notice(_) => true,
        }
    }

    /// The byte in tokens.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::SignUp => 1,
            Self::Reset => 2,
            Self::Email => 3,
            Self::Undo => 4,
            Self::Invitation => 5,
            Self::Deleted => 6,
            Self::Notice(Notice::PasswordChanged) => 7,
            Self::Notice(Notice::SessionsEnded) => 8,
            Self::Notice(Notice::Theft) => 9,
            Self::Notice(Notice::NewDevice) => 10,
            Self::Notice(Notice::PasswordMissing) => 11,
            Self::Renamed => 12,
        }
    }

    /// The purpose with this byte.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.byte() == byte)
    }
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * HOUR.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_never_change_and_are_read_back() {
        let names = [
            "sign_up",
            "reset",
            "email",
            "undo",
            "invitation",
            "deleted",
            "renamed",
            "password_changed",
            "sessions_ended",
            "theft",
            "new_device",
            "password_missing",
        ];
        assert_eq!(Purpose::ALL.map(Purpose::name), names);
        assert_eq!(names.map(Purpose::parse), Purpose::ALL.map(Some));
        let bytes = [1, 2, 3, 4, 5, 6, 12, 7, 8, 9, 10, 11];
        assert_eq!(Purpose::ALL.map(Purpose::byte), bytes);
        assert_eq!(bytes.map(Purpose::from_byte), Purpose::ALL.map(Some));
        for unknown in ["", "Sign_up", "undo ", "notice"] {
            assert_eq!(Purpose::parse(unknown), None, "{unknown}");
        }
        for unknown in [0, 13, 255] {
            assert_eq!(Purpose::from_byte(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_notice_is_a_purpose() {
        let notices = Purpose::ALL.into_iter().filter_map(|purpose| match purpose {
            Purpose::Notice(notice) => Some(notice),
            _ => None,
        });
        assert_eq!(notices.collect::<Vec<_>>(), Notice::ALL);
    }

    #[test]
    fn a_row_stays_for_two_days_and_for_a_day_after_its_link() {
        let stay = |purpose: Purpose| purpose.row_ttl().as_secs() / 3600;
        assert_eq!(stay(Purpose::SignUp), 48);
        assert_eq!(stay(Purpose::Reset), 48);
        assert_eq!(stay(Purpose::Email), 48);
        assert_eq!(stay(Purpose::Undo), 96);
        assert_eq!(stay(Purpose::Invitation), 192);
        assert_eq!(stay(Purpose::Deleted), 72);
        assert_eq!(stay(Purpose::Renamed), 72);
        assert_eq!(stay(Purpose::Notice(Notice::Theft)), 72);
        assert_eq!(stay(Purpose::Notice(Notice::PasswordMissing)), 48);
    }
}
