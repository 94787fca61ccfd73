//! The refresh function: one write, one read beside it, and what follows from the two.

use std::time::Duration;

use refresh::{Bounds, Decision, Presented, decide};
use shared::{clock::Timestamp, store::User};

use crate::{
    revoking::Revoking,
    scenario::{Scenario, Weakness},
    store::{Row, Store, Write, at},
    tick::Tick,
};

/// A refresh that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Refreshing {
    /// What it writes.
    pub write: Write,
    /// How far it is.
    pub stage: Stage,
    /// Whether a write of it may reach the store after it has given up.
    pub left_a_write: bool,
}

/// How far a refresh is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Both requests are out.
    AtStore(Writing, Reading),
    /// The session is being ended.
    Ending(Why, Revoking),
    /// A rotation that brought nobody its tokens is being marked.
    Marking,
    /// It knows what to say.
    Answering(Answer),
}

/// What is known of the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Writing {
    /// Sent; the SDK sends it again this many times.
    Sent(u8),
    /// Carried out.
    Done(Row),
    /// Its condition failed, with this item.
    Refused(Option<Row>),
    /// Given up, whether or not it was carried out.
    Failed,
}

/// What is known of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    /// Asked for.
    Sent,
    /// Sessions created before this are over.
    Done(Tick),
    /// Not to be had.
    Failed,
}

/// Why a session is ended by a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The token was used before.
    Theft,
    /// The user was cut off.
    CutOff,
}

/// What a refresh says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// 200.
    Tokens {
        /// The generation of the new refresh token.
        generation: u8,
        /// When it ends unless it is used.
        expires_at: Tick,
        /// Whether it is the successor that was given before.
        is_retry: bool,
    },
    /// 400, `invalid_grant`.
    Refused {
        /// Because it was overtaken by the use of its successor.
        is_overtaken: bool,
    },
    /// 503.
    Unavailable {
        /// Whether any later retry is served, as is promised for failures that could be noted.
        is_noted: bool,
    },
}

impl Refreshing {
    /// A request that has come in.
    pub fn new(write: Write, scenario: &Scenario) -> Self {
        let stage = Stage::AtStore(Writing::Sent(scenario.attempts - 1), Reading::Sent);
        Self { write, stage, left_a_write: false }
    }

    /// The store carries out the write and says so, unless the acknowledgement is lost.
    pub fn write(&mut self, store: &mut Store, is_acknowledged: bool, scenario: &Scenario) {
        let result = store.rotate(&self.write, scenario);
        let Stage::AtStore(Writing::Sent(attempts), user) = self.stage else { return };
        let write = match result {
            _ if !is_acknowledged => Self::unanswered(attempts),
            Ok(row) => Writing::Done(row),
            Err(stored) => Writing::Refused(stored),
        };
        self.settle(write, user, scenario);
    }

    /// The write hangs on its way, and may arrive when nobody waits for it any more.
    pub fn lose(&mut self, scenario: &Scenario) {
        let Stage::AtStore(Writing::Sent(attempts), user) = self.stage else { return };
        self.left_a_write = true;
        self.settle(Self::unanswered(attempts), user, scenario);
    }

    fn unanswered(attempts: u8) -> Writing {
        attempts.checked_sub(1).map_or(Writing::Failed, Writing::Sent)
    }

    /// The user's record comes back, or doesn't.
    pub fn read(&mut self, not_before: Option<Tick>, scenario: &Scenario) {
        let Stage::AtStore(write, Reading::Sent) = self.stage else { return };
        self.settle(write, not_before.map_or(Reading::Failed, Reading::Done), scenario);
    }

    /// The next of what follows without another choice.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        let Write { session, now, .. } = self.write;
        self.stage = match self.stage {
            Stage::Ending(why, revoking) => match revoking.go_on(session, now, store, scenario) {
                Revoking::Over => refused(),
                revoking => Stage::Ending(why, revoking),
            },
            Stage::Marking => {
                store.mark_undelivered(&self.write);
                unavailable(!self.left_a_write)
            }
            stage => stage,
        };
    }

    /// What follows could not be done.
    pub fn fail(&mut self) {
        self.stage = unavailable(false);
    }

    /// Once both have come back: what they mean.
    fn settle(&mut self, write: Writing, user: Reading, scenario: &Scenario) {
        self.stage = match (write, user) {
            (Writing::Sent(_), _) | (_, Reading::Sent) => Stage::AtStore(write, user),
            (Writing::Refused(_), Reading::Failed) => unavailable(false),
            (Writing::Refused(stored), Reading::Done(not_before)) => {
                self.refused(stored, not_before, scenario)
            }
            (Writing::Done(row), Reading::Done(not_before)) => self.admitted(row, not_before, false),
            (Writing::Done(_), Reading::Failed) if scenario.has(Weakness::NoMark) => unavailable(true),
            (Writing::Done(_) | Writing::Failed, _) => Stage::Marking,
        };
    }

    /// What a failed condition means: the code's own decision.
    fn refused(&self, stored: Option<Row>, not_before: Tick, scenario: &Scenario) -> Stage {
        let session = stored.map(|row| row.session());
        let key = self.write.key.text();
        let retry_key = if scenario.has(Weakness::NoRetryKey) { "nobody's" } else { &key };
        let presented = Presented { generation: self.write.generation.into(), retry_key, scope: None };
        let mut now = at(self.write.now);
        if scenario.has(Weakness::OvertakenIsTheft) {
            now = now.max(session.as_ref().map_or(now, |session| session.rotated_at));
        }
        let leeway = Duration::from_secs(scenario.leeway.into());
        let bounds = Bounds { now, leeway, not_before: Timestamp::default() };
        match (decide(session.as_ref(), presented, bounds), stored) {
            _ if scenario.has(Weakness::FailureIsTheft) => Stage::Ending(Why::Theft, Revoking::Marking),
            (Decision::Retried, Some(row)) => self.admitted(row, not_before, true),
            (Decision::Reused(_), _) if scenario.has(Weakness::TheftIsIgnored) => refused(),
            (Decision::Reused(_), _) => Stage::Ending(Why::Theft, Revoking::Marking),
            (Decision::Overtaken, _) => Stage::Answering(Answer::Refused { is_overtaken: true }),
            (Decision::Ended(_) | Decision::ScopeExceeded | Decision::Ahead | Decision::Retried, _) => {
                refused()
            }
        }
    }

    /// The tokens, if the user may go on: the code's own rule.
    fn admitted(&self, row: Row, not_before: Tick, is_retry: bool) -> Stage {
        let user = User { not_before: at(not_before), ..User::default() };
        if !user.admits(at(row.created_at)) {
            return Stage::Ending(Why::CutOff, Revoking::Marking);
        }
        let generation = self.write.generation + 1;
        let expires_at = row.expires_at.min(row.absolute_expires_at);
        Stage::Answering(Answer::Tokens { generation, expires_at, is_retry })
    }
}

fn refused() -> Stage {
    Stage::Answering(Answer::Refused { is_overtaken: false })
}

fn unavailable(is_noted: bool) -> Stage {
    Stage::Answering(Answer::Unavailable { is_noted })
}
