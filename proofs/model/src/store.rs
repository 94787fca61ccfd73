//! The tables, as far as the protocol needs them, and what DynamoDB does to them in one step.

use std::{sync::LazyLock, time::Duration};

use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    scope::Scope,
    store::{Session, SessionKey},
};

use crate::{
    scenario::{MARK_TTL, Scenario, Weakness},
    tick::Tick,
};

/// The client's session.
pub const CLIENTS: usize = 0;
/// The session of another device, from which the user ends sessions.
pub const OTHER: usize = 1;
/// The session of a login with the old password that is under way while the password is changed.
pub const LATE: usize = 2;
/// The session that goes on after a change of password.
pub const ANEW: usize = 3;
const SESSIONS: usize = 4;

/// What a retry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The client's `Idempotency-Key`, one for each token.
    Clients(u8),
    /// Made up for one request.
    Random(u8),
}

/// A session's item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// How many times its refresh token was replaced.
    pub generation: u8,
    /// When it was last replaced.
    pub rotated_at: Tick,
    /// What a retry of the last rotation shows.
    pub retry_key: Option<Key>,
    /// Whether the tokens of the last rotation are known not to have been issued.
    pub is_undelivered: bool,
    /// When a request began to end the session.
    pub ended_at: Option<Tick>,
    /// When the session was created.
    pub created_at: Tick,
    /// When it ends unless it is refreshed.
    pub expires_at: Tick,
    /// When it ends in any case.
    pub absolute_expires_at: Tick,
}

impl Row {
    /// A new session.
    pub fn new(created_at: Tick, scenario: &Scenario) -> Self {
        Self {
            generation: 0,
            rotated_at: created_at,
            retry_key: None,
            is_undelivered: false,
            ended_at: None,
            created_at,
            expires_at: created_at + scenario.idle,
            absolute_expires_at: created_at + scenario.absolute,
        }
    }

    /// Whether it lives at this instant.
    pub fn is_live(&self, now: Tick) -> bool {
        now < self.expires_at.min(self.absolute_expires_at)
    }

    /// The session as the code has it, so that the code's own decision can be asked.
    pub fn session(&self) -> Session {
        Session {
            generation: self.generation.into(),
            rotated_at: at(self.rotated_at),
            retry_key: self.retry_key.map(Key::text),
            undelivered: self.is_undelivered,
            created_at: at(self.created_at),
            expires_at: at(self.expires_at),
            absolute_expires_at: at(self.absolute_expires_at),
            ..ANY.clone()
        }
    }
}

impl Key {
    /// The key as the code has it.
    pub fn text(self) -> String {
        match self {
            Self::Clients(key) => format!("client {key}"),
            Self::Random(key) => format!("random {key}"),
        }
    }
}

/// The instant as the code has it: a tick is a second.
pub fn at(tick: Tick) -> Timestamp {
    Timestamp::from_unix(1_000_000) + Duration::from_secs(tick.into())
}

/// What no decision depends on.
static ANY: LazyLock<Session> = LazyLock::new(|| Session {
    key: SessionKey {
        // Unwrap safety: all three are constants of the right form.
        user_id: UserId::parse("user").expect("an identifier"),
        client_id: ClientId::parse("client").expect("an identifier"),
        session_id: SessionId::of_secret(b"secret"),
    },
    generation: 0,
    rotated_at: at(0),
    retry_key: None,
    undelivered: false,
    created_at: at(0),
    auth_time: at(0),
    scope: Scope::default(),
    device_name: None,
    user_agent: None,
    address: None,
    expires_at: at(0),
    absolute_expires_at: at(0),
});

/// The write of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Write {
    /// Which session.
    pub session: usize,
    /// The generation of the token that was presented.
    pub generation: u8,
    /// What a retry of the request shows.
    pub key: Key,
    /// When the request began.
    pub now: Tick,
}

/// The tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Sessions.
    pub sessions: [Option<Row>; SESSIONS],
    /// Revocations: of each session a bit for each instant of which there is a row.
    pub denylist: [u16; SESSIONS],
    /// Users: sessions created before this are over.
    pub not_before: Tick,
    /// Credentials: when sessions of the password begin at the earliest.
    pub valid_from: Tick,
    /// Credentials: whether it is the new password.
    pub is_changed: bool,
    /// No part of the tables: the generations of the client's session that were exchanged for another.
    pub exchanged: u16,
    /// No part of the tables: whether one was exchanged twice.
    pub was_forked: bool,
}

impl Store {
    /// With the client's session and that of another device.
    pub fn new(scenario: &Scenario) -> Self {
        let row = Some(Row::new(0, scenario));
        Self {
            sessions: [row, row, None, None],
            denylist: [0; SESSIONS],
            not_before: 0,
            valid_from: 0,
            is_changed: false,
            exchanged: 0,
            was_forked: false,
        }
    }

    /// The conditional update of a rotation: the new item, or the old one with which the condition failed.
    ///
    /// # Errors
    ///
    /// The item as it is, where the condition doesn't hold.
    pub fn rotate(&mut self, write: &Write, scenario: &Scenario) -> Result<Row, Option<Row>> {
        let Write { session, generation, key, now } = *write;
        let stored = self.sessions[session];
        let Some(row) = stored.filter(|row| Self::condition(*row, write, scenario)) else {
            if !scenario.has(Weakness::NoCondition) {
                return Err(stored);
            }
            return Ok(
                *self.sessions[session].insert(Row { generation: generation + 1, ..Row::new(now, scenario) })
            );
        };
        let bit = 1 << generation;
        self.was_forked |= session == CLIENTS && self.exchanged & bit != 0;
        self.exchanged |= if session == CLIENTS { bit } else { 0 };
        let rotated = Row {
            generation: generation + 1,
            rotated_at: now,
            retry_key: Some(key),
            is_undelivered: false,
            expires_at: now + scenario.idle,
            ..row
        };
        Ok(*self.sessions[session].insert(rotated))
    }

    fn condition(row: Row, write: &Write, scenario: &Scenario) -> bool {
        (row.generation == write.generation || scenario.has(Weakness::NoGeneration))
            && row.expires_at > write.now
            && (row.absolute_expires_at > write.now || scenario.has(Weakness::NoAbsoluteEnd))
    }

    /// Whether a session is on the denylist.
    pub fn is_denied(&self, session: usize) -> bool {
        self.denylist[session] != 0
    }

    /// The mark with which the end of a session begins: the instant of it, if the session is there.
    pub fn mark(&mut self, session: usize, now: Tick, scenario: &Scenario) -> Option<Tick> {
        let row = self.sessions[session].as_mut()?;
        let is_of_now = |ended_at: &Tick| ended_at + MARK_TTL >= now && !scenario.has(Weakness::OwnInstants);
        let ended_at = row.ended_at.filter(is_of_now).unwrap_or(now);
        row.ended_at = Some(ended_at);
        Some(ended_at)
    }

    /// Notes that this rotation, if it was carried out, brought nobody its tokens.
    pub fn mark_undelivered(&mut self, write: &Write) {
        if let Some(row) = &mut self.sessions[write.session]
            && row.generation == write.generation + 1
            && row.retry_key == Some(write.key)
        {
            row.is_undelivered = true;
        }
    }
}
