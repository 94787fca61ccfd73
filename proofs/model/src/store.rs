//! The tables, as far as the protocol needs them, and DynamoDB's atomic operations on them.

use std::{sync::LazyLock, time::Duration};

use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    resource::GrantedResources,
    scope::Scope,
    store::{Session, SessionKey},
};

use crate::{
    scenario::{Binding, MARK_TTL, Scenario, Tick, Weakness},
    token::{Jkt, Token, Tokens},
};

/// The client's session.
pub const CLIENTS: usize = 0;
/// The session of another device, from which the user ends sessions.
pub const OTHER: usize = 1;
/// The session of a login with the old password during its change.
pub const LATE: usize = 2;
/// The session that replaces the asking one after a change of password.
pub const ANEW: usize = 3;
const SESSIONS: usize = 4;

/// The retry key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The client's `Idempotency-Key`, one per token.
    Clients(u8),
    /// A random key for one request.
    Random(u8),
}

/// A session's item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// The number of rotations of its refresh token.
    pub generation: u8,
    /// The time of the last rotation.
    pub rotated_at: Tick,
    /// The retry key of the last rotation.
    pub retry_key: Option<Key>,
    /// Whether the last rotation's tokens are known to be unissued.
    pub is_undelivered: bool,
    /// The key that the session is bound to.
    pub jkt: Option<Jkt>,
    /// The time at which a request began to end the session.
    pub ended_at: Option<Tick>,
    /// The time of the session's creation.
    pub created_at: Tick,
    /// The time at which it ends unless it is refreshed.
    pub expires_at: Tick,
    /// The time at which it ends in any case.
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
            jkt: (scenario.binding == Binding::AtLogin).then_some(Jkt::Clients),
            ended_at: None,
            created_at,
            expires_at: created_at + scenario.idle,
            absolute_expires_at: created_at + scenario.absolute,
        }
    }

    /// Whether it is live at this time.
    pub fn is_live(&self, now: Tick) -> bool {
        now < self.expires_at.min(self.absolute_expires_at)
    }

    /// The session in the code's own type, for the code's own decision.
    pub fn session(&self) -> Session {
        Session {
            generation: self.generation.into(),
            rotated_at: at(self.rotated_at),
            retry_key: self.retry_key.map(Key::text),
            undelivered: self.is_undelivered,
            jkt: self.jkt.map(Jkt::thumbprint),
            created_at: at(self.created_at),
            expires_at: at(self.expires_at),
            absolute_expires_at: at(self.absolute_expires_at),
            ..ANY.clone()
        }
    }
}

impl Key {
    /// The key in the code's own type.
    pub fn text(self) -> String {
        match self {
            Self::Clients(key) => format!("client {key}"),
            Self::Random(key) => format!("random {key}"),
        }
    }
}

/// The time in the code's own type: a tick is a second.
pub fn at(tick: Tick) -> Timestamp {
    Timestamp::from_unix(1_000_000) + Duration::from_secs(tick.into())
}

/// The members that no decision depends on.
static ANY: LazyLock<Session> = LazyLock::new(|| Session {
    key: SessionKey {
        // Unwrap safety: the three constants have the right form.
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
    jkt: None,
    is_refreshable: true,
    scope: Scope::default(),
    resources: GrantedResources::default(),
    device_name: None,
    user_agent: None,
    address: None,
    expires_at: at(0),
    absolute_expires_at: at(0),
});

/// The write of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Write {
    /// The session.
    pub session: usize,
    /// The token that was presented.
    pub token: Token,
    /// The key that the request has a proof of.
    pub proof: Option<Jkt>,
    /// The retry key of the request.
    pub key: Key,
    /// The time at which the request began.
    pub now: Tick,
}

impl Write {
    /// The key that the successor becomes bound to.
    pub fn jkt(&self) -> Option<Jkt> {
        self.token.jkt.or(self.proof)
    }
}

/// The tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Sessions.
    pub sessions: [Option<Row>; SESSIONS],
    /// Revocations: for each session, a bit for each time that has a row.
    pub denylist: [u16; SESSIONS],
    /// Users: sessions created before this time are over.
    pub not_before: Tick,
    /// Credentials: the earliest time at which sessions begin under the password.
    pub valid_from: Tick,
    /// Credentials: whether the password is the new one.
    pub is_changed: bool,
    /// Not in the tables: the client's tokens that were issued as successors.
    pub successors: Tokens,
    /// Not in the tables: whether a token was exchanged twice.
    pub was_forked: bool,
}

impl Store {
    /// The tables with the client's session and another device's.
    pub fn new(scenario: &Scenario) -> Self {
        let row = Some(Row::new(0, scenario));
        Self {
            sessions: [row, row, None, None],
            denylist: [0; SESSIONS],
            not_before: 0,
            valid_from: 0,
            is_changed: false,
            successors: Tokens::default(),
            was_forked: false,
        }
    }

    /// The conditional update of a rotation. Returns the new item.
    ///
    /// # Errors
    ///
    /// The stored item, if the condition fails.
    pub fn rotate(&mut self, write: &Write, scenario: &Scenario) -> Result<Row, Option<Row>> {
        let Write { session, token, key, now, .. } = *write;
        let generation = token.generation + 1;
        let stored = self.sessions[session];
        let Some(row) = stored.filter(|row| Self::condition(row, write, scenario)) else {
            if !scenario.has(Weakness::NoCondition) {
                return Err(stored);
            }
            return Ok(*self.sessions[session].insert(Row { generation, ..Row::new(now, scenario) }));
        };
        let binds = token.jkt.is_none() && !scenario.has(Weakness::KeyIsNotStored);
        let rotated = Row {
            generation,
            rotated_at: now,
            retry_key: Some(key),
            is_undelivered: false,
            jkt: write.proof.filter(|_| binds).or(row.jkt),
            expires_at: now + scenario.idle,
            ..row
        };
        if session == CLIENTS {
            self.was_forked |= self.successors.has_generation(generation);
            self.successors.insert(Token { generation, jkt: rotated.jkt });
        }
        Ok(*self.sessions[session].insert(rotated))
    }

    /// Whether the store would carry out this rotation.
    pub fn accepts(&self, write: &Write, scenario: &Scenario) -> bool {
        self.sessions[write.session].is_some_and(|row| Self::condition(&row, write, scenario))
    }

    fn condition(row: &Row, write: &Write, scenario: &Scenario) -> bool {
        (row.generation == write.token.generation || scenario.has(Weakness::NoGeneration))
            && (row.jkt == write.token.jkt || scenario.has(Weakness::NoKeyInCondition))
            && row.expires_at > write.now
            && (row.absolute_expires_at > write.now || scenario.has(Weakness::NoAbsoluteEnd))
    }

    /// Whether a session is on the denylist.
    pub fn is_denied(&self, session: usize) -> bool {
        self.denylist[session] != 0
    }

    /// Marks a session as ending, and returns the time of its end. `None` if the session doesn't exist.
    pub fn mark(&mut self, session: usize, now: Tick, scenario: &Scenario) -> Option<Tick> {
        let row = self.sessions[session].as_mut()?;
        let is_of_now = |ended_at: &Tick| ended_at + MARK_TTL >= now && !scenario.has(Weakness::OwnInstants);
        let ended_at = row.ended_at.filter(is_of_now).unwrap_or(now);
        row.ended_at = Some(ended_at);
        Some(ended_at)
    }

    /// Marks the tokens of this rotation as undelivered, if it was carried out.
    pub fn mark_undelivered(&mut self, write: &Write) {
        if let Some(row) = &mut self.sessions[write.session]
            && row.generation == write.token.generation + 1
            && row.retry_key == Some(write.key)
        {
            row.is_undelivered = true;
        }
    }
}
