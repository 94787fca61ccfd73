//! Who sends requests: a client that does what it should, and a thief.

use crate::{refreshing::Answer, scenario::Scenario, store::Key, tick::Tick};

/// The client that the session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// The generation of the refresh token that it has.
    pub generation: u8,
    /// When that ends unless it is used.
    pub expires_at: Tick,
    /// When it first used this token, if it has.
    pub first_asked_at: Option<Tick>,
    /// Whether it has used this token more than once.
    pub has_retried: bool,
    /// When it last sent a request that it then gave up waiting for.
    pub abandoned_at: Option<Tick>,
    /// When it sent the request that it waits for.
    pub waits_since: Option<Tick>,
    /// Requests that it may still send.
    pub requests: u8,
    /// Whether its user is logged in.
    pub standing: Standing,
}

/// Whether a client's user is logged in, as far as the client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Logged in.
    LoggedIn,
    /// The user has left.
    Left,
    /// It was told that the session is over.
    LoggedOut,
    /// It was told so although nobody wanted it, and although its time wasn't up.
    Wronged,
}

impl Client {
    /// A client whose user has just logged in.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            generation: 0,
            expires_at: scenario.idle.min(scenario.absolute),
            first_asked_at: None,
            has_retried: false,
            abandoned_at: None,
            waits_since: None,
            requests: scenario.client_requests,
            standing: Standing::LoggedIn,
        }
    }

    /// Whether it may send a request now. What is asked of a client: without an `Idempotency-Key` it retries within the
    /// leeway or not at all; and it doesn't use a new token in the very second in which it gave up on an older request,
    /// which is the shortest time that the store can tell.
    pub fn can_ask(&self, now: Tick, scenario: &Scenario) -> bool {
        let is_in_time = match self.first_asked_at {
            None => self.abandoned_at.is_none_or(|abandoned_at| abandoned_at < now),
            Some(first) => scenario.client_has_keys || now <= first + scenario.leeway,
        };
        self.requests > 0 && self.standing == Standing::LoggedIn && is_in_time
    }

    /// Sends a request; if it was still waiting for an answer, it waits no longer.
    pub fn ask(&mut self, now: Tick) {
        self.requests -= 1;
        self.abandoned_at = self.waits_since.or(self.abandoned_at);
        self.waits_since = Some(now);
        self.has_retried = self.first_asked_at.is_some();
        self.first_asked_at.get_or_insert(now);
    }

    /// What a retry of its request shows.
    pub fn key(&self, scenario: &Scenario) -> Option<Key> {
        scenario.client_has_keys.then_some(Key::Clients(self.generation))
    }

    /// Hears the answer to the request that it waits for, which began then.
    pub fn hear(&mut self, answer: Answer, began: Tick, is_alone: bool) {
        self.waits_since = None;
        match answer {
            Answer::Tokens { generation, expires_at, .. } => {
                (self.generation, self.expires_at) = (generation, expires_at);
                self.first_asked_at = None;
            }
            Answer::Refused { .. } => {
                let is_wronged = is_alone && began < self.expires_at;
                self.standing = if is_wronged { Standing::Wronged } else { Standing::LoggedOut };
            }
            // A failure that was noted is as if the token had not been used: it may retry as late as it likes.
            Answer::Unavailable { is_noted: true } if !self.has_retried => {
                self.first_asked_at = None;
            }
            Answer::Unavailable { .. } => {}
        }
    }
}

/// Somebody who came by a refresh token of the client's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thief {
    /// The generations that it has, a bit each.
    pub known: u16,
    /// Those that it copied from the client, with the key if there is one.
    pub copied: u16,
    /// Requests that it may still send.
    pub requests: u8,
}

impl Thief {
    /// The generations of the tokens that it has.
    pub fn generations(&self) -> impl Iterator<Item = u8> {
        (0..16).filter(|generation| self.known & (1 << generation) != 0)
    }

    /// Copies what the client has.
    pub fn copy(&mut self, generation: u8) {
        self.copied |= 1 << generation;
        self.learn(generation);
    }

    /// Whether it copied this one from the client.
    pub fn has_copied(&self, generation: u8) -> bool {
        self.copied & (1 << generation) != 0
    }

    /// Has one more token.
    pub fn learn(&mut self, generation: u8) {
        self.known |= 1 << generation;
    }
}
