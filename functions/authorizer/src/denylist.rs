//! The denylist: a copy of all sessions that ended lately, pulled every few seconds.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::Client;
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    error::chain,
    ids::SessionId,
    store::{CLOCK_TOLERANCE, Revocation, Revocations, SessionRevoker},
};
use tokio::sync::Mutex;

use crate::pull::{PullError, pull};

/// How often the denylist is pulled, unless configured: within this time a logout takes effect.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// How old the copy may get while the store is away, unless configured.
const MAX_AGE: Duration = Duration::from_secs(60);
/// How many rows an authorizer keeps, unless configured: those of twelve a second for a day. A start reads 67 MB then, and
/// takes some seconds.
const MAX_ROWS: usize = 1_000_000;
/// How long a store that could not be reached is left alone, while the copy is young enough.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How far each pull goes back behind the one before it. A row may be written as late as it may be, by a machine whose clock
/// is behind, and the pull before it was timed by a clock that is ahead.
pub const OVERLAP: Duration =
    Duration::from_secs(SessionRevoker::ROW_DELAY.as_secs() + 2 * CLOCK_TOLERANCE.as_secs());

#[derive(Debug)]
pub(crate) struct Denylist {
    revocations: Revocations,
    interval: Duration,
    max_age: Duration,
    max_rows: usize,
    copy: Mutex<DenylistCopy>,
}

/// 16 bytes a session and as little as can be beside it: there may be a hundred thousand.
#[derive(Debug, Default)]
struct DenylistCopy {
    sessions: HashMap<[u8; 16], Timestamp>,
    /// Of those that are to be refused later, from when on: the sessions that were replaced in the last minute.
    later: HashMap<[u8; 16], Timestamp>,
    pulled_at: Option<Timestamp>,
    pull_at: Timestamp,
    /// Until when it is known to be too long to be pulled, so that not each request reads as far as the bound.
    too_long_until: Timestamp,
}

impl Denylist {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let seconds = |name, default| environment.seconds(name, default, 1..=3600);
        let interval = seconds(variable::DENYLIST_INTERVAL, INTERVAL)?;
        let max_age = seconds(variable::DENYLIST_MAX_AGE, MAX_AGE)?;
        if max_age < interval {
            let reason = format!("it is less than {}", variable::DENYLIST_INTERVAL);
            return Err(EnvironmentError::Unusable(variable::DENYLIST_MAX_AGE, reason));
        }
        let max_rows = environment.count(variable::DENYLIST_MAX_ROWS, MAX_ROWS, 1..=10_000_000)?;
        let revocations = Revocations::new(environment, client)?;
        Ok(Self { revocations, interval, max_age, max_rows, copy: Mutex::default() })
    }

    /// Pulls what is relevant.
    pub(crate) async fn prepare(&self, now: Timestamp) -> Result<(), PullError> {
        self.refresh(&mut *self.copy.lock().await, now).await
    }

    /// Whether a session is on the denylist, of which the copy is made current first.
    pub(crate) async fn has(&self, session_id: &SessionId, now: Timestamp) -> Result<bool, PullError> {
        let mut copy = self.copy.lock().await;
        self.refresh(&mut copy, now).await?;
        Ok(copy.refuses(session_id.to_bytes(), now))
    }

    /// Pulls, if it is time to; goes on with the copy if that fails, for as long as the copy is young enough.
    async fn refresh(&self, copy: &mut DenylistCopy, now: Timestamp) -> Result<(), PullError> {
        let is_current = copy.pulled_at.is_some_and(|pulled_at| pulled_at <= now && now < copy.pull_at);
        if is_current {
            return Ok(());
        }
        match self.pull(copy, now).await {
            Ok(()) => {
                copy.pulled_at = Some(now);
                copy.pull_at = now + self.interval;
                Ok(())
            }
            Err(error) if copy.pulled_at.is_some_and(|at| at <= now && now.since(at) <= self.max_age) => {
                tracing::warn!(
                    function = "authorizer",
                    reason = chain(&error),
                    "going on with an older denylist"
                );
                copy.pull_at = now + RETRY_INTERVAL;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Adds what is new, as long as the copy stays within its bound. Beyond it nothing is known of what isn't in the copy.
    async fn pull(&self, copy: &mut DenylistCopy, now: Timestamp) -> Result<(), PullError> {
        let until = copy.too_long_until;
        if now < until && until <= now + self.interval {
            return Err(PullError::TooLong(self.max_rows));
        }
        copy.sessions.retain(|_, expires_at| now < *expires_at);
        copy.later.retain(|_, effective_at| now < *effective_at);
        let pulled = pull(&self.revocations, copy.pull_from(now), now, self.max_rows).await;
        let pulled = pulled.and_then(|rows| {
            for row in rows {
                copy.add(&row);
            }
            if copy.sessions.len() > self.max_rows { Err(PullError::TooLong(self.max_rows)) } else { Ok(()) }
        });
        if let Err(PullError::TooLong(_)) = pulled {
            copy.too_long_until = now + self.interval;
        }
        pulled
    }
}

impl DenylistCopy {
    /// Rows come again and in any order. What a row refuses at once stays so, whatever another row of the session says.
    fn add(&mut self, row: &Revocation) {
        let is_known = self.sessions.insert(row.session, row.expires_at).is_some();
        if row.effective_at == Timestamp::default() {
            self.later.remove(&row.session);
        } else if !is_known {
            self.later.insert(row.session, row.effective_at);
        }
    }

    fn refuses(&self, session: [u8; 16], now: Timestamp) -> bool {
        let is_listed = self.sessions.get(&session).is_some_and(|expires_at| now < *expires_at);
        is_listed && self.later.get(&session).is_none_or(|effective_at| *effective_at <= now)
    }

    /// From where on rows are wanted: all that are relevant, or what may be new since the last pull.
    fn pull_from(&self, now: Timestamp) -> Timestamp {
        let earliest = now - (Revocations::TTL + OVERLAP);
        match self.pulled_at {
            None => earliest,
            Some(pulled_at) => (pulled_at.min(now) - OVERLAP).max(earliest),
        }
    }
}
