//! The confirmation of a sign-up or an invitation, which opens an account.

use super::{
    scenario::{Scenario, Weakness},
    store::{Credential, Party, Store, User, Written},
};
use crate::scenario::Tick;

/// A confirmation in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Opening {
    /// The mail.
    pub mail: u8,
    /// Whether the caller has the mail's link or code, or only the token of the request.
    pub has_read: bool,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The row of the mail is about to be read.
    Arrived,
    /// All is checked. The account is about to be written.
    Writing,
    /// 200.
    Done,
    /// Refused.
    Refused,
}

impl Opening {
    /// A request that has arrived.
    pub fn new(mail: u8, has_read: bool) -> Self {
        Self { mail, has_read, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, began: Tick, party: Party, store: &mut Store, scenario: &Scenario) {
        self.stage = match self.stage {
            Stage::Arrived => self.arrived(began, store, scenario),
            Stage::Writing => match self.write(party, store, scenario) {
                Written::Done => Stage::Done,
                Written::Over | Written::Taken | Written::Changed => Stage::Refused,
            },
            Stage::Done => Stage::Done,
            Stage::Refused => Stage::Refused,
        };
    }

    fn arrived(&self, began: Tick, store: &mut Store, scenario: &Scenario) -> Stage {
        let letter = store.letter(self.mail);
        let is_proof = self.has_read || scenario.has(Weakness::RequestIsEnough);
        if !(is_proof && letter.is_current && letter.is_in_time(began)) {
            return Stage::Refused;
        }
        if scenario.has(Weakness::UsedUpBefore) {
            store.use_up(self.mail, scenario);
        }
        Stage::Writing
    }

    fn write(&self, party: Party, store: &mut Store, scenario: &Scenario) -> Written {
        let name = store.letter(self.mail).address;
        if !store.may_use_up(self.mail, scenario) {
            return Written::Over;
        }
        if store.credential(name).is_some() && !scenario.has(Weakness::NoNameCondition) {
            return Written::Taken;
        }
        store.use_up(self.mail, scenario);
        store.was_unconfirmed |= !self.has_read;
        let user = store.users.len();
        store.users.push(Some(User { name: Some(name), ..User::default() }));
        store.put_credential(Credential { name, user, password: party.chooses(), valid_from: 0 });
        Written::Done
    }
}
