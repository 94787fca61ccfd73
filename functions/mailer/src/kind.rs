//! Which mail is sent.

use mails::Purpose;

use crate::account::Account;

/// A kind of mail. Its name is part of its templates' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a new address: a link and a code that confirm it.
    Confirm,
    /// For a sign-up with an address that has an account. It has no token.
    AlreadyRegistered,
    /// For the owner of an account: a link and a code that set a new password.
    Reset,
    /// For a forgotten password at an address without an account. It has no token.
    NoAccount,
    /// For any request about a disabled account. It has no token.
    Disabled,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Confirm, Self::AlreadyRegistered, Self::Reset, Self::NoAccount, Self::Disabled];

    /// The mail for a request. The requester never learns which one it is: only its reader does.
    pub(crate) fn of(purpose: Purpose, account: &Account) -> Self {
        match (purpose, account) {
            (Purpose::SignUp, Account::Absent) => Self::Confirm,
            (Purpose::SignUp, Account::Enabled(_)) => Self::AlreadyRegistered,
            (Purpose::Reset, Account::Enabled(_)) => Self::Reset,
            (Purpose::Reset, Account::Absent) => Self::NoAccount,
            (Purpose::SignUp | Purpose::Reset, Account::Disabled(_)) => Self::Disabled,
        }
    }

    /// The name of the kind, as in the names of its templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::AlreadyRegistered => "already-registered",
            Self::Reset => "reset",
            Self::NoAccount => "no-account",
            Self::Disabled => "disabled",
        }
    }

    /// Whether the mail has a link with a token, and a code.
    pub(crate) fn has_token(self) -> bool {
        match self {
            Self::Confirm | Self::Reset => true,
            Self::AlreadyRegistered | Self::NoAccount | Self::Disabled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use mails::EmailAddress;
    use shared::ids::UserId;

    use super::*;
    use crate::account::Owner;

    #[test]
    fn only_a_new_address_and_an_enabled_account_get_a_token() {
        let owner = || Owner {
            user_id: UserId::parse("u1").unwrap(),
            address: EmailAddress::parse("ada@example.com").unwrap(),
        };
        for (purpose, account, kind, has_token) in [
            (Purpose::SignUp, Account::Absent, Kind::Confirm, true),
            (Purpose::SignUp, Account::Enabled(owner()), Kind::AlreadyRegistered, false),
            (Purpose::SignUp, Account::Disabled(owner()), Kind::Disabled, false),
            (Purpose::Reset, Account::Absent, Kind::NoAccount, false),
            (Purpose::Reset, Account::Enabled(owner()), Kind::Reset, true),
            (Purpose::Reset, Account::Disabled(owner()), Kind::Disabled, false),
        ] {
            assert_eq!(Kind::of(purpose, &account), kind);
            assert_eq!(kind.has_token(), has_token, "{}", kind.name());
        }
    }
}
