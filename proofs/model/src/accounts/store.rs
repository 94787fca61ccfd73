//! The tables, as far as accounts by mail need them, and DynamoDB's transactions on them.

use std::time::Duration;

use accounts::Undos;
use mails::MailId;
use shared::{clock::Timestamp, store};

use super::scenario::{LINK_TTL, OVERLAP, Scenario, UNDO_TTL, Weakness};
use crate::scenario::Tick;

/// The user whose account it is.
pub const OWNER: usize = 0;
/// The session that asks for a deletion: the owner's, or that of a thief.
pub const ASKING: usize = 0;

/// A mail address. It is also a user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// The account's address. The owner reads it.
    Owners,
    /// An address that the thief reads.
    Thiefs,
    /// Another one.
    ThiefsOther,
    /// An address without an account. The owner reads it too.
    Free,
}

/// The purpose of a mail with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// To open an account that was asked for.
    SignUp,
    /// To open an account that an operator offers.
    Invitation,
    /// To set another password.
    Reset,
    /// To change the address to this one.
    Email,
    /// To undo the change from this address.
    Undo,
    /// To set a password where there is none yet.
    FirstPassword,
}

/// A password, by who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Password {
    /// None yet: an operator imported the user without one.
    Missing,
    /// The owner's first one, which the thief of a scenario knows.
    First,
    /// Another of the owner's.
    Owners,
    /// One of the thief's.
    Thiefs,
}

/// A party that sends requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// The owner of the account, or of the mailbox that wants one.
    Owner,
    /// A thief.
    Thief,
}

impl Party {
    /// The password that it chooses.
    pub fn chooses(self) -> Password {
        match self {
            Self::Owner => Password::Owners,
            Self::Thief => Password::Thiefs,
        }
    }

    /// Whether it knows this password.
    pub fn knows(self, password: Password) -> bool {
        password == Password::First || password == self.chooses()
    }
}

/// A mail with a link, as its reader has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Letter {
    /// The identifier of the mail.
    pub id: u8,
    /// The purpose of its link.
    pub purpose: Purpose,
    /// The address that it was sent to.
    pub address: Address,
    /// The user that it's about.
    pub user: Option<usize>,
    /// The time at which it was asked for.
    pub asked_at: Tick,
    /// Whether it is the latest of its address and purpose, and unused: the row of Mails has its identifier.
    pub is_current: bool,
    /// Not in the tables: whether it was used.
    pub was_used: bool,
}

impl Letter {
    /// Whether its link has not expired.
    pub fn is_in_time(&self, now: Tick) -> bool {
        let ttl = if self.purpose == Purpose::Undo { UNDO_TTL } else { LINK_TTL };
        now < self.asked_at + ttl
    }
}

/// An item of Credentials, whose key is the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Credential {
    /// The user name.
    pub name: Address,
    /// The user.
    pub user: usize,
    /// The password.
    pub password: Password,
    /// The earliest time at which sessions begin under the password.
    pub valid_from: Tick,
}

impl Credential {
    /// The credential with a new password.
    #[must_use]
    pub fn replaced(self, password: Password, now: Tick) -> Self {
        Self { password, valid_from: (self.valid_from + 1).max(now + OVERLAP), ..self }
    }
}

/// An item of Users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct User {
    /// The user name. `None`, if the item is what a write without a condition left.
    pub name: Option<Address>,
    /// Sessions that were created before this time are over.
    pub not_before: Tick,
    /// Whether the user is disabled, and being deleted.
    pub is_deleting: bool,
    /// The changes of the address that can be undone, oldest first: the time and the mail of each.
    pub undos: Vec<(Tick, u8)>,
    /// The time of the last undo, for a mistake.
    pub undone_at: Option<Tick>,
}

impl User {
    /// The code's own rule.
    pub fn admits(&self, created_at: Tick) -> bool {
        let user = store::User {
            disabled: self.is_deleting,
            not_before: at(self.not_before),
            ..store::User::default()
        };
        user.admits(at(created_at))
    }

    /// The changes that can be undone, in the code's own type.
    pub fn undos(&self) -> Undos {
        self.undos.iter().fold(Undos::default(), |undos, (time, id)| {
            // Only a full list refuses a change, and this list had room when the change was added.
            undos.clone().with(mail_id(*id), at(*time), at(*time)).unwrap_or(undos)
        })
    }

    /// This user, after the code's own rule has changed the list.
    #[must_use]
    pub fn with_undos(&self, undos: &Undos, added: Option<(Tick, u8)>) -> Self {
        let mut user = self.clone();
        user.undos.extend(added);
        user.undos.retain(|(_, id)| undos.clone().before(mail_id(*id)).is_some());
        user
    }
}

/// An item of Sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session {
    /// Its user.
    pub user: usize,
    /// The party that has its tokens.
    pub party: Party,
    /// The time of its creation.
    pub created_at: Tick,
    /// Whether it was ended.
    pub is_over: bool,
}

/// The tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Store {
    /// Mails: all that were ever written. A row has the current one.
    pub letters: Vec<Letter>,
    /// Credentials.
    pub credentials: Vec<Credential>,
    /// Users. `None` for those who are deleted.
    pub users: Vec<Option<User>>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Not in the tables: whether a link worked that was used or replaced before.
    pub was_used_again: bool,
    /// Not in the tables: whether an account was opened for an address whose mail its opener hadn't read.
    pub was_unconfirmed: bool,
    /// Not in the tables: whether a link to a first password replaced a password.
    pub was_replaced: bool,
    /// Not in the tables: the time at which the account left its owner's address, while it is at another.
    pub left_at: Option<Tick>,
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it is written.
    Done,
    /// Nothing is: the link was used or replaced.
    Over,
    /// Nothing is: the name has an account.
    Taken,
    /// Nothing is: the account was changed since it was read.
    Changed,
}

impl Store {
    /// The credential with this name.
    pub fn credential(&self, name: Address) -> Option<Credential> {
        self.credentials.iter().copied().find(|credential| credential.name == name)
    }

    /// The item of this user.
    pub fn user(&self, user: usize) -> Option<&User> {
        self.users[user].as_ref()
    }

    /// The item of this user, unless the user is disabled.
    pub fn enabled(&self, user: usize) -> Option<&User> {
        self.user(user).filter(|user| !user.is_deleting)
    }

    /// The letter with this identifier.
    pub fn letter(&self, id: u8) -> Letter {
        self.letters[usize::from(id)]
    }

    /// Whether a session would be refreshed.
    pub fn goes_on(&self, session: &Session) -> bool {
        !session.is_over && self.user(session.user).is_some_and(|user| user.admits(session.created_at))
    }

    /// Puts a mail into the row of its address and purpose. It replaces the one before.
    pub fn write(&mut self, purpose: Purpose, address: Address, user: Option<usize>, asked_at: Tick) -> u8 {
        let id = self.next_id();
        for letter in &mut self.letters {
            letter.is_current &= (letter.purpose, letter.address) != (purpose, address);
        }
        let (is_current, was_used) = (true, false);
        self.letters.push(Letter { id, purpose, address, user, asked_at, is_current, was_used });
        id
    }

    /// The identifier of the next mail.
    pub(crate) fn next_id(&self) -> u8 {
        // Unwrap safety: the bounds of a scenario allow only a few mails.
        u8::try_from(self.letters.len()).expect("few mails")
    }

    /// Whether the transaction's condition on the row of the mail holds.
    pub fn may_use_up(&self, id: u8, scenario: &Scenario) -> bool {
        let is_checked = !scenario.has(Weakness::NoMailCondition) && !scenario.has(Weakness::UsedUpBefore);
        self.letter(id).is_current || !is_checked
    }

    /// The transaction's write of the row of the mail.
    pub fn use_up(&mut self, id: u8, scenario: &Scenario) {
        let letter = &mut self.letters[usize::from(id)];
        if !scenario.has(Weakness::UsedUpBefore) {
            self.was_used_again |= !letter.is_current;
        }
        (letter.is_current, letter.was_used) = (false, true);
    }

    /// Puts a credential, in place of the one with its name.
    pub fn put_credential(&mut self, credential: Credential) {
        self.credentials.retain(|other| other.name != credential.name);
        self.credentials.push(credential);
        self.credentials.sort_unstable();
    }

    /// Deletes a credential.
    pub fn delete_credential(&mut self, name: Address) {
        self.credentials.retain(|credential| credential.name != name);
    }

    /// Puts the item of a user.
    pub fn put_user(&mut self, user: usize, item: User, now: Tick) {
        if user == OWNER {
            let is_away = item.name.is_some_and(|name| name != Address::Owners);
            self.left_at = is_away.then(|| self.left_at.unwrap_or(now));
        }
        self.users[user] = Some(item);
    }

    /// Ends the sessions of a user that this rule chooses.
    pub fn end_sessions(&mut self, user: usize, is_meant: impl Fn(usize, &Session) -> bool) {
        for (i, session) in self.sessions.iter_mut().enumerate() {
            session.is_over |= session.user == user && is_meant(i, session);
        }
    }
}

/// The time in the code's own type. A tick is a day, so that an undo is good for [`UNDO_TTL`].
pub fn at(tick: Tick) -> Timestamp {
    Timestamp::from_unix(1_000_000) + Duration::from_secs(24 * 3600 * u64::from(tick))
}

/// The identifier of a mail in the code's own type.
pub(crate) fn mail_id(id: u8) -> MailId {
    let first = char::from(b'A' + id);
    // Unwrap safety: 22 letters of base64url, of which the last is `A`, are 16 bytes.
    MailId::parse(&format!("{first}{}", "A".repeat(21))).expect("an identifier")
}
