//! A deletion of the account, by its user.

use super::{
    scenario::{Scenario, Weakness},
    store::{Party, Store, User},
};

/// A deletion in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deleting {
    /// The session that asks.
    pub session: usize,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The session, the user and the password are about to be checked.
    Arrived,
    /// The user is about to be disabled.
    Disabling,
    /// The other sessions are about to end.
    EndingOthers,
    /// The user is about to be read.
    ReadingUser,
    /// This user and the credential are about to be deleted.
    Writing(User),
    /// The user is deleted, and this credential isn't: a mistake.
    WritingCredential(User),
    /// The session that asks is about to end.
    EndingOwn,
    /// 204.
    Done,
    /// Refused.
    Refused,
}

impl Deleting {
    /// A request that has arrived.
    pub fn new(session: usize) -> Self {
        Self { session, stage: Stage::Arrived }
    }

    /// Takes the next step.
    pub fn go_on(&mut self, party: Party, store: &mut Store, scenario: &Scenario) {
        let user_id = store.sessions[self.session].user;
        self.stage = match std::mem::replace(&mut self.stage, Stage::Refused) {
            Stage::Arrived => self.arrived(party, store, scenario),
            Stage::Disabling => {
                let created_at = store.sessions[self.session].created_at;
                match &mut store.users[user_id] {
                    None => Stage::EndingOwn,
                    Some(user)
                        if user.not_before <= created_at
                            || scenario.has(Weakness::DeletionOutlivesCutOff) =>
                    {
                        user.is_deleting = true;
                        Stage::EndingOthers
                    }
                    Some(_) => Stage::Refused,
                }
            }
            Stage::EndingOthers => {
                store.end_sessions(user_id, |i, _| i != self.session);
                Stage::ReadingUser
            }
            Stage::ReadingUser => store.user(user_id).cloned().map_or(Stage::EndingOwn, Stage::Writing),
            Stage::Writing(user) => self.write(user, store, scenario),
            Stage::WritingCredential(user) => {
                user.name.into_iter().for_each(|name| store.delete_credential(name));
                Stage::EndingOwn
            }
            Stage::EndingOwn => {
                store.sessions[self.session].is_over = true;
                Stage::Done
            }
            stage @ (Stage::Done | Stage::Refused) => stage,
        };
    }

    fn arrived(&self, party: Party, store: &mut Store, scenario: &Scenario) -> Stage {
        let session = store.sessions[self.session];
        if session.is_over {
            return Stage::Refused;
        }
        let Some(user) = store.user(session.user) else { return Stage::EndingOwn };
        let is_admitted = User { is_deleting: false, ..user.clone() }.admits(session.created_at);
        let credential = user.name.and_then(|name| store.credential(name));
        let is_right = credential.is_some_and(|it| it.user == session.user && party.knows(it.password));
        if !(is_admitted && is_right) {
            return Stage::Refused;
        }
        if scenario.has(Weakness::OwnSessionFirst) {
            store.sessions[self.session].is_over = true;
        }
        Stage::Disabling
    }

    fn write(&self, user: User, store: &mut Store, scenario: &Scenario) -> Stage {
        let user_id = store.sessions[self.session].user;
        let own = user.name.and_then(|name| store.credential(name)).filter(|own| own.user == user_id);
        let Some(own) = own.filter(|_| store.user(user_id).is_some_and(|user| user.is_deleting)) else {
            // Another deletion was faster, or the user was renamed.
            return Stage::ReadingUser;
        };
        store.users[user_id] = None;
        if scenario.has(Weakness::UserBeforeCredential) {
            return Stage::WritingCredential(user);
        }
        store.delete_credential(own.name);
        Stage::EndingOwn
    }
}
