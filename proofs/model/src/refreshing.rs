//! The refresh function: a write and a concurrent read, and the consequences of both.

use std::time::Duration;

use refresh::{Bounds, Decision, Presented, Reuse, decide};
use shared::{clock::Timestamp, resource::WantedResource, store::User};

use crate::{
    revoking::Revoking,
    scenario::{Scenario, Tick, Weakness},
    store::{Row, Store, Write, at},
    token::{Jkt, Token},
};

/// A refresh in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Refreshing {
    /// The write of the rotation.
    pub write: Write,
    /// Its stage.
    pub stage: Stage,
    /// Whether one of its writes may reach the store after the function has given up.
    pub left_a_write: bool,
}

/// The stage of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The write and the read are under way.
    AtStore(Writing, Reading),
    /// The session is being ended.
    Ending(Why, Revoking),
    /// A rotation whose tokens weren't delivered is being marked.
    Marking,
    /// The answer is decided.
    Answering(Answer),
}

/// The state of the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Writing {
    /// Sent. The SDK can repeat it this many times.
    Sent(u8),
    /// Carried out, with this result.
    Done(Row),
    /// Refused by its condition, with this stored item.
    Refused(Option<Row>),
    /// Given up, whether it was carried out or not.
    Failed,
}

/// The state of the user's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reading {
    /// Requested.
    Sent,
    /// Read: sessions created before this instant are over.
    Done(Tick),
    /// Unreadable.
    Failed,
}

/// The reason for which a refresh ends the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The token was already used.
    Theft,
    /// The user's sessions were cut off.
    CutOff,
}

/// The answer to a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// 200.
    Tokens {
        /// The new refresh token.
        token: Token,
        /// The key that the new access token is bound to.
        access_jkt: Option<Jkt>,
        /// The time at which the session ends unless it is refreshed.
        expires_at: Tick,
        /// Whether a retry got the same successor again.
        is_retry: bool,
    },
    /// 400, `invalid_grant`.
    Refused(Refusal),
    /// 503.
    Unavailable {
        /// Whether any later retry will succeed. The protocol promises this for failures that could be noted.
        is_noted: bool,
    },
}

/// The reason for a refusal, which only the log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// The successor's use overtook it.
    Overtaken,
    /// The session is bound to another key than this token of the same generation: the table was restored.
    OtherKey,
    /// The token is bound, and there is no proof of its key.
    NoProof,
    /// The session is over, or this request ends it.
    Over,
}

impl Refreshing {
    /// A request that has arrived. Without a proof of its token's key, it never reaches a table.
    pub fn new(write: Write, scenario: &Scenario) -> Self {
        let is_proven = write.token.jkt.is_none() || write.token.jkt == write.proof;
        let stage = if is_proven || scenario.has(Weakness::NoProof) {
            Stage::AtStore(Writing::Sent(scenario.attempts - 1), Reading::Sent)
        } else {
            refused(Refusal::NoProof)
        };
        Self { write, stage, left_a_write: false }
    }

    /// The answer, once it is decided.
    pub fn answer(&self) -> Option<Answer> {
        match self.stage {
            Stage::Answering(answer) => Some(answer),
            Stage::AtStore(..) | Stage::Ending(..) | Stage::Marking => None,
        }
    }

    /// Whether it is refused for this reason.
    pub fn is_refused(&self, refusal: Refusal) -> bool {
        self.answer() == Some(Answer::Refused(refusal))
    }

    /// The store carries out the write. The acknowledgement may be lost.
    pub fn write(&mut self, store: &mut Store, is_acknowledged: bool, scenario: &Scenario) {
        let Stage::AtStore(Writing::Sent(attempts), user) = self.stage else { return };
        let result = store.rotate(&self.write, scenario);
        let write = match result {
            _ if !is_acknowledged => Self::unanswered(attempts),
            Ok(row) => Writing::Done(row),
            Err(stored) => Writing::Refused(stored),
        };
        self.settle(write, user, scenario);
    }

    /// The write is delayed, and may arrive after the function has given up.
    pub fn lose(&mut self, scenario: &Scenario) {
        let Stage::AtStore(Writing::Sent(attempts), user) = self.stage else { return };
        self.left_a_write = true;
        self.settle(Self::unanswered(attempts), user, scenario);
    }

    fn unanswered(attempts: u8) -> Writing {
        attempts.checked_sub(1).map_or(Writing::Failed, Writing::Sent)
    }

    /// The user's record is read, or can't be.
    pub fn read(&mut self, not_before: Option<Tick>, scenario: &Scenario) {
        let Stage::AtStore(write, Reading::Sent) = self.stage else { return };
        self.settle(write, not_before.map_or(Reading::Failed, Reading::Done), scenario);
    }

    /// Takes the next step.
    pub fn go_on(&mut self, store: &mut Store, scenario: &Scenario) {
        let Write { session, now, .. } = self.write;
        self.stage = match self.stage {
            Stage::Ending(why, revoking) => match revoking.go_on(session, now, store, scenario) {
                Revoking::Over => refused(Refusal::Over),
                revoking => Stage::Ending(why, revoking),
            },
            Stage::Marking => {
                store.mark_undelivered(&self.write);
                unavailable(!self.left_a_write)
            }
            stage => stage,
        };
    }

    /// Fails the next step.
    pub fn fail(&mut self) {
        self.stage = unavailable(false);
    }

    /// Interprets the results once both are there.
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

    /// Asks the code's own decision about a failed condition.
    fn refused(&self, stored: Option<Row>, not_before: Tick, scenario: &Scenario) -> Stage {
        let session = stored.map(|row| row.session());
        let key = self.write.key.text();
        let retry_key = if scenario.has(Weakness::NoRetryKey) { "nobody's" } else { &key };
        let jkt = match scenario.weakness {
            Weakness::RetryOfAnyKey => stored.and_then(|row| row.jkt),
            Weakness::RetryOfTheTokensKey => self.write.token.jkt,
            _ => self.write.proof,
        };
        let presented = Presented {
            generation: self.write.token.generation.into(),
            retry_key,
            scope: None,
            resource: WantedResource { audience: "api", named: None },
            jkt: jkt.map(Jkt::thumbprint),
        };
        let mut now = at(self.write.now);
        if scenario.has(Weakness::OvertakenIsTheft) {
            now = now.max(session.as_ref().map_or(now, |session| session.rotated_at));
        }
        let leeway = Duration::from_secs(scenario.leeway.into());
        let bounds = Bounds { now, leeway, not_before: Timestamp::default() };
        match (decide(session.as_ref(), presented, bounds), stored) {
            _ if scenario.has(Weakness::FailureIsTheft) => Stage::Ending(Why::Theft, Revoking::Marking),
            (Decision::Retried, Some(row)) => self.admitted(row, not_before, true),
            (Decision::Reused(_), _) if scenario.has(Weakness::TheftIsIgnored) => refused(Refusal::Over),
            (Decision::Reused(Reuse::OtherKey), _) if scenario.has(Weakness::OtherKeyIsRefused) => {
                refused(Refusal::OtherKey)
            }
            (Decision::Reused(_), _) => Stage::Ending(Why::Theft, Revoking::Marking),
            (Decision::OtherKey, _) => refused(Refusal::OtherKey),
            (Decision::Overtaken, _) => refused(Refusal::Overtaken),
            (
                Decision::Ended(_)
                | Decision::ScopeExceeded
                | Decision::Target(_)
                | Decision::Ahead
                | Decision::Retried,
                _,
            ) => refused(Refusal::Over),
        }
    }

    /// Issues tokens if the code's own rule admits the user.
    fn admitted(&self, row: Row, not_before: Tick, is_retry: bool) -> Stage {
        let user = User { not_before: at(not_before), ..User::default() };
        if !user.admits(at(row.created_at)) {
            return Stage::Ending(Why::CutOff, Revoking::Marking);
        }
        // Where the session has no key, the access token takes the request's: a retry may bring a proof.
        let token = Token { generation: self.write.token.generation + 1, jkt: row.jkt };
        let expires_at = row.expires_at.min(row.absolute_expires_at);
        Stage::Answering(Answer::Tokens {
            token,
            access_jkt: row.jkt.or(self.write.proof),
            expires_at,
            is_retry,
        })
    }
}

fn refused(refusal: Refusal) -> Stage {
    Stage::Answering(Answer::Refused(refusal))
}

fn unavailable(is_noted: bool) -> Stage {
    Stage::Answering(Answer::Unavailable { is_noted })
}
