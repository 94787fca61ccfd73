//! Which mail is sent.

use mails::Purpose;
use shared::store::Notice;

use crate::account::Account;

/// A kind of mail. Its name is part of its templates' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// For a new address: a link and a code that confirm it.
    Confirm,
    /// For a sign-up with an address that has an account, or an invitation to it. It has no token.
    AlreadyRegistered,
    /// For the owner of an account: a link and a code that set a new password.
    Reset,
    /// For a forgotten password at an address without an account. It has no token.
    NoAccount,
    /// For a sign-up, an invitation or a forgotten password at a disabled account. It has no token.
    Disabled,
    /// For the new address of a user: a link and a code that confirm it.
    ChangeAddress,
    /// For the same, if that address has an account. It has no token.
    AddressTaken,
    /// For the old address of a user who has a new one: a link that undoes the change.
    AddressChanged,
    /// For an address that an operator invites: a link that creates the account.
    Invitation,
    /// For the user of an account that was deleted. It has no token.
    AccountDeleted,
    /// For the old address of a user to whom an operator gave another user name. It has no token.
    Renamed,
    /// For a user whose password was changed. It has no token.
    PasswordChanged,
    /// For a user who was signed out everywhere, or everywhere else. It has no token.
    SessionsEnded,
    /// For a user whose session ended since its refresh token or its code was used twice. It has no token.
    Theft,
    /// For a user who signed in on a new device. It has no token.
    NewDevice,
    /// For a user without a password, with whose name someone tried to sign in: a link that sets the first one.
    ChoosePassword,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Confirm,
        Self::AlreadyRegistered,
        Self::Reset,
        Self::NoAccount,
        Self::Disabled,
        Self::ChangeAddress,
        Self::AddressTaken,
        Self::AddressChanged,
        Self::Invitation,
        Self::AccountDeleted,
        Self::Renamed,
        Self::PasswordChanged,
        Self::SessionsEnded,
        Self::Theft,
        Self::NewDevice,
        Self::ChoosePassword,
    ];

    /// The mail for a purpose. The asker never learns which it is: only the reader of the mail does. `None`, if
    /// nobody needs the mail any more.
    pub(crate) fn of(purpose: Purpose, account: &Account) -> Option<Self> {
        Some(match (purpose, account) {
            (Purpose::SignUp, Account::Absent) => Self::Confirm,
            (Purpose::Invitation, Account::Absent) => Self::Invitation,
            (Purpose::SignUp | Purpose::Invitation, Account::Enabled(_)) => Self::AlreadyRegistered,
            (Purpose::Reset, Account::Enabled(_)) => Self::Reset,
            (Purpose::Reset, Account::Absent) => Self::NoAccount,
            (Purpose::SignUp | Purpose::Invitation | Purpose::Reset, Account::Disabled(_)) => Self::Disabled,
            (Purpose::Email, Account::Absent) => Self::ChangeAddress,
            (Purpose::Email, Account::Enabled(_) | Account::Disabled(_)) => Self::AddressTaken,
            (Purpose::Undo, _) => Self::AddressChanged,
            (Purpose::Deleted, _) => Self::AccountDeleted,
            (Purpose::Renamed, _) => Self::Renamed,
            (Purpose::Notice(Notice::PasswordChanged), _) => Self::PasswordChanged,
            (Purpose::Notice(Notice::SessionsEnded), _) => Self::SessionsEnded,
            (Purpose::Notice(Notice::Theft), _) => Self::Theft,
            (Purpose::Notice(Notice::NewDevice), _) => Self::NewDevice,
            (Purpose::Notice(Notice::PasswordMissing), Account::Enabled(_)) => Self::ChoosePassword,
            (Purpose::Notice(Notice::PasswordMissing), Account::Absent | Account::Disabled(_)) => {
                return None;
            }
        })
    }

    /// The name of the kind, as in the names of its templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::AlreadyRegistered => "already-registered",
            Self::Reset => "reset",
            Self::NoAccount => "no-account",
            Self::Disabled => "disabled",
            Self::ChangeAddress => "change-address",
            Self::AddressTaken => "address-taken",
            Self::AddressChanged => "address-changed",
            Self::Invitation => "invitation",
            Self::AccountDeleted => "account-deleted",
            Self::Renamed => "renamed",
            Self::PasswordChanged => "password-changed",
            Self::SessionsEnded => "sessions-ended",
            Self::Theft => "theft",
            Self::NewDevice => "new-device",
            Self::ChoosePassword => "choose-password",
        }
    }

    /// The link and the code of the mail.
    pub(crate) fn contents(self) -> Contents {
        match self {
            Self::Confirm | Self::Reset | Self::ChangeAddress => Contents::LinkAndCode,
            Self::AddressChanged | Self::Invitation | Self::ChoosePassword => Contents::Link,
            Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::SessionsEnded
            | Self::Theft
            | Self::NewDevice => Contents::Page,
            Self::NoAccount | Self::Disabled | Self::AddressTaken | Self::AccountDeleted | Self::Renamed => {
                Contents::Nothing
            }
        }
    }

    /// Whether the first release with mails had this kind. The layouts of operators were made for these.
    pub(crate) fn is_original(self) -> bool {
        matches!(
            self,
            Self::Confirm | Self::AlreadyRegistered | Self::Reset | Self::NoAccount | Self::Disabled
        )
    }
}

/// What a mail lets its reader do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// A link with a token, and a code.
    LinkAndCode,
    /// A link with a token.
    Link,
    /// A link without a token, to the page for a forgotten password; in a notice, if that page helps its
    /// reader.
    Page,
    /// Neither a link nor a code.
    Nothing,
}

impl Contents {
    /// Whether the link is a secret, without which the mail would be useless.
    pub(crate) fn has_token(self) -> bool {
        matches!(self, Self::LinkAndCode | Self::Link)
    }

    pub(crate) fn has_code(self) -> bool {
        self == Self::LinkAndCode
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use mails::EmailAddress;
    use shared::ids::UserId;

    use super::*;
    use crate::account::Owner;

    fn owner() -> Owner {
        Owner {
            user_id: UserId::parse("u1").unwrap(),
            address: EmailAddress::parse("ada@example.com").unwrap(),
        }
    }

    #[test]
    fn only_a_free_address_and_the_user_of_an_enabled_account_get_a_token() {
        use Contents::{Link, LinkAndCode, Nothing, Page};
        for (purpose, account, kind, contents) in [
            (Purpose::SignUp, Account::Absent, Kind::Confirm, LinkAndCode),
            (Purpose::SignUp, Account::Enabled(owner()), Kind::AlreadyRegistered, Page),
            (Purpose::SignUp, Account::Disabled(owner()), Kind::Disabled, Nothing),
            (Purpose::Reset, Account::Absent, Kind::NoAccount, Nothing),
            (Purpose::Reset, Account::Enabled(owner()), Kind::Reset, LinkAndCode),
            (Purpose::Reset, Account::Disabled(owner()), Kind::Disabled, Nothing),
            (Purpose::Email, Account::Absent, Kind::ChangeAddress, LinkAndCode),
            (Purpose::Email, Account::Enabled(owner()), Kind::AddressTaken, Nothing),
            (Purpose::Email, Account::Disabled(owner()), Kind::AddressTaken, Nothing),
            (Purpose::Invitation, Account::Absent, Kind::Invitation, Link),
            (Purpose::Invitation, Account::Enabled(owner()), Kind::AlreadyRegistered, Page),
            (Purpose::Invitation, Account::Disabled(owner()), Kind::Disabled, Nothing),
            (Purpose::Notice(Notice::PasswordMissing), Account::Enabled(owner()), Kind::ChoosePassword, Link),
        ] {
            assert_eq!(Kind::of(purpose, &account), Some(kind));
            assert_eq!(kind.contents(), contents, "{}", kind.name());
        }
    }

    #[test]
    fn other_mails_do_not_depend_on_the_account_of_their_address() {
        use Contents::{Link, Nothing, Page};
        for (purpose, kind, contents) in [
            (Purpose::Undo, Kind::AddressChanged, Link),
            (Purpose::Deleted, Kind::AccountDeleted, Nothing),
            (Purpose::Renamed, Kind::Renamed, Nothing),
            (Purpose::Notice(Notice::PasswordChanged), Kind::PasswordChanged, Page),
            (Purpose::Notice(Notice::SessionsEnded), Kind::SessionsEnded, Page),
            (Purpose::Notice(Notice::Theft), Kind::Theft, Page),
            (Purpose::Notice(Notice::NewDevice), Kind::NewDevice, Page),
        ] {
            for account in [Account::Absent, Account::Enabled(owner()), Account::Disabled(owner())] {
                assert_eq!(Kind::of(purpose, &account), Some(kind));
            }
            assert_eq!(kind.contents(), contents, "{}", kind.name());
        }
    }

    /// An account that is gone or disabled has no use for a first password.
    #[test]
    fn only_an_enabled_account_gets_the_link_to_its_first_password() {
        for account in [Account::Absent, Account::Disabled(owner())] {
            assert_eq!(Kind::of(Purpose::Notice(Notice::PasswordMissing), &account), None);
        }
    }

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        let names: HashSet<_> = Kind::ALL.map(Kind::name).into();
        assert_eq!(names.len(), Kind::ALL.len());
        assert_eq!(Kind::ALL.into_iter().filter(|kind| kind.is_original()).count(), 5);
    }
}
