//! The undo of a change of the address.

use super::{
    scenario::{Scenario, Weakness},
    store::{Credential, Party, Store, User, Written, mail_id},
};
use crate::scenario::Tick;

/// An undo in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Undoing {
    /// The mail.
    pub mail: u8,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of an undo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The row of the mail is about to be read.
    Arrived,
    /// The user is about to be read.
    ReadingUser,
    /// The credential of this user is about to be read.
    ReadingCredential(User),
    /// The undo is about to be written.
    Writing(User, Credential),
    /// The user's sessions from before this time are about to end.
    Ending(Tick),
    /// 200.
    Done,
    /// Refused.
    Refused,
}

impl Undoing {
    /// A request that has arrived.
    pub fn new(mail: u8) -> Self {
        Self { mail, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, party: Party, store: &mut Store, scenario: &Scenario) {
        let letter = store.letter(self.mail);
        let Some(user_id) = letter.user else { return self.stage = Stage::Refused };
        self.stage = match std::mem::replace(&mut self.stage, Stage::Refused) {
            Stage::Arrived if letter.is_current && letter.is_in_time(began) => Stage::ReadingUser,
            Stage::ReadingUser => {
                match store.enabled(user_id).and_then(|user| self.undone(user, store, scenario)) {
                    Some(_) => Stage::ReadingCredential(store.users[user_id].clone().unwrap_or_default()),
                    None => Stage::Refused,
                }
            }
            Stage::ReadingCredential(user) => {
                let credential = user.name.and_then(|name| store.credential(name));
                match credential.filter(|credential| credential.user == user_id) {
                    Some(credential) => Stage::Writing(user, credential),
                    None => Stage::ReadingUser,
                }
            }
            Stage::Writing(user, credential) => {
                let new = credential.replaced(party.chooses(), began);
                match self.write(&user, credential, new, began, store, scenario) {
                    Written::Done => Stage::Ending(new.valid_from.max(user.not_before)),
                    Written::Changed => Stage::ReadingUser,
                    Written::Over | Written::Taken => Stage::Refused,
                }
            }
            Stage::Ending(not_before) => {
                if !scenario.has(Weakness::UndoLeavesSessions) {
                    store.end_sessions(user_id, |_, session| session.created_at < not_before);
                }
                Stage::Done
            }
            Stage::Done => Stage::Done,
            Stage::Arrived | Stage::Refused => Stage::Refused,
        };
    }

    /// The user after this undo. `None`, if the change can't be undone any more.
    fn undone(&self, user: &User, store: &Store, scenario: &Scenario) -> Option<User> {
        if scenario.has(Weakness::UndoneAt) {
            let is_later =
                user.undone_at.is_none_or(|undone_at| store.letter(self.mail).asked_at > undone_at);
            return is_later.then(|| user.clone());
        }
        let undos = user.undos().before(mail_id(self.mail))?;
        Some(user.with_undos(&undos, None))
    }

    fn write(
        &self,
        user: &User,
        credential: Credential,
        new: Credential,
        now: Tick,
        store: &mut Store,
        scenario: &Scenario,
    ) -> Written {
        let name = store.letter(self.mail).address;
        if !store.may_use_up(self.mail, scenario) {
            return Written::Over;
        }
        if store.user(credential.user) != Some(user) {
            return Written::Changed;
        }
        if name != credential.name && store.credential(name).is_some() {
            return Written::Taken;
        }
        let undone = self.undone(user, store, scenario);
        let Some(undone) = undone.filter(|_| store.credential(credential.name) == Some(credential)) else {
            return Written::Changed;
        };
        store.use_up(self.mail, scenario);
        store.delete_credential(credential.name);
        let new = if scenario.has(Weakness::UndoLeavesPassword) { credential } else { new };
        store.put_credential(Credential { name, ..new });
        let not_before = new.valid_from.max(user.not_before);
        let not_before =
            if scenario.has(Weakness::UndoLeavesSessions) { user.not_before } else { not_before };
        let undone =
            User { name: Some(name), not_before, undone_at: Self::undone_at(now, scenario), ..undone };
        store.put_user(credential.user, undone, now);
        Written::Done
    }

    fn undone_at(now: Tick, scenario: &Scenario) -> Option<Tick> {
        scenario.has(Weakness::UndoneAt).then_some(now)
    }
}
