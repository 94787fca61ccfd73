//! The confirmation of another address.

use super::{
    scenario::{Scenario, Weakness},
    store::{Credential, Purpose, Store, User, Written, at, mail_id},
};
use crate::scenario::Tick;

/// A confirmation in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Changing {
    /// The mail.
    pub mail: u8,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The row of the mail is about to be read.
    Arrived,
    /// The user who asked is about to be read.
    ReadingUser,
    /// The credential of this user is about to be read.
    ReadingCredential(User),
    /// The change is about to be written.
    Writing(User, Credential),
    /// The change is written, and the mail to the old address isn't: a mistake.
    Telling(User),
    /// 200.
    Done,
    /// Refused.
    Refused,
}

impl Changing {
    /// A request that has arrived.
    pub fn new(mail: u8) -> Self {
        Self { mail, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, store: &mut Store, scenario: &Scenario) {
        let letter = store.letter(self.mail);
        let Some(user_id) = letter.user else { return self.stage = Stage::Refused };
        self.stage = match std::mem::replace(&mut self.stage, Stage::Refused) {
            Stage::Arrived if letter.is_current && letter.is_in_time(began) => Stage::ReadingUser,
            Stage::ReadingUser => match store.enabled(user_id) {
                Some(user)
                    if is_good(user, letter.asked_at, scenario) && user.name != Some(letter.address) =>
                {
                    Stage::ReadingCredential(user.clone())
                }
                _ => Stage::Refused,
            },
            Stage::ReadingCredential(user) => {
                let credential = user.name.and_then(|name| store.credential(name));
                match credential.filter(|credential| credential.user == user_id) {
                    Some(credential) => Stage::Writing(user, credential),
                    None => Stage::ReadingUser,
                }
            }
            Stage::Writing(user, credential) => match self.write(&user, credential, began, store, scenario) {
                Written::Done if scenario.has(Weakness::UndoMailAfter) => Stage::Telling(user),
                Written::Done => Stage::Done,
                Written::Changed => Stage::ReadingUser,
                Written::Over | Written::Taken => Stage::Refused,
            },
            Stage::Telling(user) => {
                tell(user_id, &user, began, store);
                Stage::Done
            }
            stage @ (Stage::Done | Stage::Refused) => stage,
            Stage::Arrived => Stage::Refused,
        };
    }

    fn write(
        &self,
        user: &User,
        credential: Credential,
        now: Tick,
        store: &mut Store,
        scenario: &Scenario,
    ) -> Written {
        let name = store.letter(self.mail).address;
        if !store.may_use_up(self.mail, scenario) {
            return Written::Over;
        }
        if store.credential(name).is_some() && !scenario.has(Weakness::NoNameCondition) {
            return Written::Taken;
        }
        let is_as_read = store.user(credential.user) == Some(user);
        if store.credential(credential.name) != Some(credential)
            || !(is_as_read || scenario.has(Weakness::NoRecordCondition))
        {
            return Written::Changed;
        }
        let id = store.next_id();
        let Ok(undos) = user.undos().with(mail_id(id), at(now), at(now)) else { return Written::Taken };
        store.use_up(self.mail, scenario);
        store.delete_credential(credential.name);
        store.put_credential(Credential { name, ..credential });
        let written = user.with_undos(&undos, Some((now, id)));
        // The write sets these attributes, and leaves the others.
        let stored = store.user(credential.user).cloned().unwrap_or_default();
        let changed = User { name: Some(name), undos: written.undos, ..stored };
        store.put_user(credential.user, changed, now);
        if !scenario.has(Weakness::UndoMailAfter) {
            tell(credential.user, user, now, store);
        }
        Written::Done
    }
}

/// Writes the mail to the old address, with the undo.
fn tell(user_id: usize, user: &User, now: Tick, store: &mut Store) {
    if let Some(old) = user.name {
        store.write(Purpose::Undo, old, Some(user_id), now);
    }
}

/// Whether a request of this time is still good.
fn is_good(user: &User, asked_at: Tick, scenario: &Scenario) -> bool {
    scenario.has(Weakness::RequestOutlivesCutOff)
        || (user.admits(asked_at) && at(asked_at) >= user.undos().latest())
}
