//! The parties that send requests: a well-behaved client and a thief.

use crate::{
    refreshing::Answer,
    scenario::{Binding, Scenario, Tick},
    store::Key,
    token::{Jkt, Token, Tokens},
};

/// The client that the session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its refresh token.
    pub token: Token,
    /// The key of the proofs that it sends with this token.
    pub proof: Option<Jkt>,
    /// Whether it has used this token. A retry has to repeat the proof's key, or its absence.
    pub has_asked: bool,
    /// The time at which the session ends unless it is refreshed.
    pub expires_at: Tick,
    /// The time at which it first used this token, if it has.
    pub first_asked_at: Option<Tick>,
    /// Whether it has used this token more than once.
    pub has_retried: bool,
    /// The time at which it last sent a request that it then abandoned.
    pub abandoned_at: Option<Tick>,
    /// The time at which it sent the request that it waits for.
    pub waits_since: Option<Tick>,
    /// The requests that it may still send.
    pub requests: u8,
    /// Whether its user is logged in.
    pub standing: Standing,
}

/// The client's knowledge of whether its user is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Logged in.
    LoggedIn,
    /// The user has logged out.
    Left,
    /// A response said that the session is over.
    LoggedOut,
    /// A response said so before the session's time was up, although no party had ended it.
    Wronged,
}

impl Client {
    /// A client whose user has just logged in.
    pub fn new(scenario: &Scenario) -> Self {
        let jkt = (scenario.binding == Binding::AtLogin).then_some(Jkt::Clients);
        Self {
            token: Token { generation: 0, jkt },
            proof: jkt,
            has_asked: false,
            expires_at: scenario.idle.min(scenario.absolute),
            first_asked_at: None,
            has_retried: false,
            abandoned_at: None,
            waits_since: None,
            requests: scenario.client_requests,
            standing: Standing::LoggedIn,
        }
    }

    /// The keys of the proofs that its next request may have. It may start to send proofs with any token. A retry
    /// repeats the first try's key, or its absence.
    pub fn proofs(&self, scenario: &Scenario) -> impl Iterator<Item = Option<Jkt>> + use<> {
        let begins = scenario.binding == Binding::AtRefresh && self.proof.is_none() && !self.has_asked;
        [self.proof].into_iter().chain(begins.then_some(Some(Jkt::Clients)))
    }

    /// Whether it may send a request now. Clients have two duties. Without an `Idempotency-Key`, they retry within the
    /// leeway or not at all. After giving up on a request, they wait for the next second before they use a newer token,
    /// since the store can't tell shorter times.
    pub fn can_ask(&self, now: Tick, scenario: &Scenario) -> bool {
        let is_in_time = match self.first_asked_at {
            None => self.abandoned_at.is_none_or(|abandoned_at| abandoned_at < now),
            Some(_) => self.may_retry(now, scenario),
        };
        self.requests > 0 && self.standing == Standing::LoggedIn && is_in_time
    }

    /// Whether a retry of its request would be in time.
    pub fn may_retry(&self, now: Tick, scenario: &Scenario) -> bool {
        let in_time = |first: Tick| scenario.client_has_keys || now <= first + scenario.leeway;
        self.first_asked_at.is_some_and(in_time)
    }

    /// Sends a request, and stops waiting for an earlier one.
    pub fn ask(&mut self, proof: Option<Jkt>, now: Tick) {
        self.requests -= 1;
        (self.proof, self.has_asked) = (proof, true);
        self.abandoned_at = self.waits_since.max(self.abandoned_at);
        self.waits_since = Some(now);
        self.has_retried = self.first_asked_at.is_some();
        self.first_asked_at.get_or_insert(now);
    }

    /// The retry key of its request.
    pub fn key(&self, scenario: &Scenario) -> Option<Key> {
        scenario.client_has_keys.then_some(Key::Clients(self.token.generation))
    }

    /// Hears the answer to the request that it sent at `began`. A refusal is wrong unless some party may have ended the
    /// session.
    pub fn hear(&mut self, answer: Answer, began: Tick, may_be_over: bool) {
        self.waits_since = None;
        match answer {
            Answer::Tokens { token, expires_at, .. } => {
                (self.token, self.expires_at) = (token, expires_at);
                (self.proof, self.has_asked) = (token.jkt, false);
                self.first_asked_at = None;
            }
            Answer::Refused(_) => {
                let is_wronged = !may_be_over && began < self.expires_at;
                self.standing = if is_wronged { Standing::Wronged } else { Standing::LoggedOut };
            }
            // A noted failure counts as if the token hadn't been used: the client may retry at any time.
            Answer::Unavailable { is_noted: true } if !self.has_retried => {
                self.first_asked_at = None;
            }
            Answer::Unavailable { .. } => {}
        }
    }
}

/// A thief who obtained some of the client's refresh tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thief {
    /// The tokens that it knows.
    pub known: Tokens,
    /// The tokens that it copied from the client, with the `Idempotency-Key` if there is one.
    pub copied: Tokens,
    /// The requests that it may still send.
    pub requests: u8,
    /// The logouts that it may still send.
    pub logouts: u8,
}

impl Thief {
    /// Copies the client's token.
    pub fn copy(&mut self, token: Token) {
        self.copied.insert(token);
        self.known.insert(token);
    }
}
