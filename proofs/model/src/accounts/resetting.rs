//! A new password, by a link. The link to a first password works while no password is set.

use super::{
    scenario::{Scenario, Weakness},
    store::{Credential, Party, Password, Purpose, Store, User, Written},
};
use crate::scenario::Tick;

/// A reset in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resetting {
    /// The mail.
    pub mail: u8,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a reset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The row of the mail is about to be read.
    Arrived,
    /// The credential is about to be read.
    ReadingCredential,
    /// The user of this credential is about to be read.
    ReadingUser(Credential),
    /// The password is about to be replaced.
    Writing {
        /// The credential, as it was read.
        seen: Credential,
        /// The user's cut-off, as it was read.
        not_before: Tick,
    },
    /// The user's sessions from before this time are about to end.
    Ending {
        /// The user.
        user: usize,
        /// The time.
        not_before: Tick,
    },
    /// 200.
    Done,
    /// Refused.
    Refused,
}

impl Resetting {
    /// A request that has arrived.
    pub fn new(mail: u8) -> Self {
        Self { mail, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, party: Party, store: &mut Store, scenario: &Scenario) {
        let letter = store.letter(self.mail);
        self.stage = match self.stage {
            Stage::Arrived if letter.is_current && letter.is_in_time(began) => {
                if scenario.has(Weakness::UsedUpBefore) {
                    store.use_up(self.mail, scenario);
                }
                Stage::ReadingCredential
            }
            Stage::ReadingCredential => match store.credential(letter.address) {
                Some(seen) if self.may_replace(seen, store, scenario) => Stage::ReadingUser(seen),
                Some(_) | None => Stage::Refused,
            },
            Stage::ReadingUser(seen) => match store.enabled(seen.user) {
                Some(user) => Stage::Writing { seen, not_before: user.not_before },
                None => Stage::Refused,
            },
            Stage::Writing { seen, not_before } => {
                let new = seen.replaced(party.chooses(), began);
                let not_before = not_before.max(new.valid_from);
                match self.write(seen, new, not_before, store, scenario) {
                    Written::Done => Stage::Ending { user: seen.user, not_before },
                    Written::Changed => Stage::ReadingCredential,
                    Written::Over | Written::Taken => Stage::Refused,
                }
            }
            Stage::Ending { user, not_before } => {
                store.end_sessions(user, |_, session| session.created_at < not_before);
                Stage::Done
            }
            Stage::Done => Stage::Done,
            Stage::Arrived | Stage::Refused => Stage::Refused,
        };
    }

    /// Whether the link may replace the password of this credential.
    fn may_replace(&self, seen: Credential, store: &Store, scenario: &Scenario) -> bool {
        let letter = store.letter(self.mail);
        match letter.purpose {
            Purpose::FirstPassword => {
                let is_missing = seen.password == Password::Missing || scenario.has(Weakness::FirstReplaces);
                is_missing && letter.user == Some(seen.user)
            }
            _ => true,
        }
    }

    fn write(
        &self,
        seen: Credential,
        new: Credential,
        not_before: Tick,
        store: &mut Store,
        scenario: &Scenario,
    ) -> Written {
        if !store.may_use_up(self.mail, scenario) {
            return Written::Over;
        }
        let now = store.credential(seen.name);
        if now.is_none() || now != Some(seen) && !scenario.has(Weakness::NoCredentialCondition) {
            return Written::Changed;
        }
        let is_as_read = store.enabled(seen.user).is_some_and(|user| user.not_before <= not_before);
        if !is_as_read && !scenario.has(Weakness::NoUserCondition) {
            return Written::Changed;
        }
        let is_first = store.letter(self.mail).purpose == Purpose::FirstPassword;
        store.was_replaced |= is_first && now.is_some_and(|now| now.password != Password::Missing);
        store.use_up(self.mail, scenario);
        store.put_credential(new);
        // Without its condition, an update creates an item that isn't there.
        let user = store.user(seen.user).cloned().unwrap_or_default();
        store.put_user(seen.user, User { not_before, ..user }, not_before);
        Written::Done
    }
}
