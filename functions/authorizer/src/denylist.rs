//! A copy of the denylist, pulled every few seconds.

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

/// The default interval between pulls. A logout takes effect within this time.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// The default maximum age of the copy if the store is unavailable.
const MAX_AGE: Duration = Duration::from_secs(60);
/// The default maximum number of rows, enough for twelve a second over a day. A start with that many reads
/// 67 MB and takes some seconds.
const MAX_ROWS: usize = 1_000_000;
/// How long to wait before asking an unreachable store again, while the copy is young enough.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// How far a pull reaches back before the previous one. A row may be written with the longest delay by a
/// machine whose clock is behind, while a clock that is ahead timed the previous pull.
const OVERLAP: Duration =
    Duration::from_secs(SessionRevoker::ROW_DELAY.as_secs() + 2 * CLOCK_TOLERANCE.as_secs());

#[derive(Debug)]
pub(crate) struct Denylist {
    revocations: Revocations,
    interval: Duration,
    max_age: Duration,
    max_rows: usize,
    copy: Mutex<DenylistCopy>,
}

/// The copy. A session takes little more than 16 bytes, since there may be a hundred thousand.
#[derive(Debug, Default)]
struct DenylistCopy {
    sessions: HashMap<[u8; 16], Timestamp>,
    /// The instants from which some sessions are refused: those replaced in the last minute.
    later: HashMap<[u8; 16], Timestamp>,
    pulled_at: Option<Timestamp>,
    pull_at: Timestamp,
    /// The time until which the denylist counts as too long, so that not every request reads up to the limit.
    too_long_until: Timestamp,
}

impl Denylist {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        let seconds = |name, default| environment.seconds(name, default, 1..=3600);
        let interval = seconds(variable::DENYLIST_INTERVAL, INTERVAL)?;
        let max_age = seconds(variable::DENYLIST_MAX_AGE, MAX_AGE)?;
        if max_age < interval {
            let reason = format!("it must be at least {}", variable::DENYLIST_INTERVAL);
            return Err(EnvironmentError::Unusable(variable::DENYLIST_MAX_AGE, reason));
        }
        let max_rows = environment.count(variable::DENYLIST_MAX_ROWS, MAX_ROWS, 1..=10_000_000)?;
        let revocations = Revocations::new(environment, client)?;
        Ok(Self { revocations, interval, max_age, max_rows, copy: Mutex::default() })
    }

    /// Pulls the rows that matter.
    pub(crate) async fn prepare(&self, now: Timestamp) -> Result<(), PullError> {
        self.refresh(&mut *self.copy.lock().await, now).await
    }

    /// Whether a session is on the denylist, after updating the copy.
    pub(crate) async fn has(&self, session_id: &SessionId, now: Timestamp) -> Result<bool, PullError> {
        let mut copy = self.copy.lock().await;
        self.refresh(&mut copy, now).await?;
        Ok(copy.refuses(session_id.to_bytes(), now))
    }

    /// Pulls if it is due. If that fails, a copy that is young enough stays in use.
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
                    "continuing with an older denylist"
                );
                copy.pull_at = now + RETRY_INTERVAL;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Adds new rows, while the copy stays within its limit. Beyond it, a missing session proves nothing.
    async fn pull(&self, copy: &mut DenylistCopy, now: Timestamp) -> Result<(), PullError> {
        let until = copy.too_long_until;
        if now < until && until <= now + self.interval {
            return Err(PullError::TooLong(self.max_rows));
        }
        copy.forget(now);
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
    /// Adds a row. Rows may repeat and come in any order. If one row refuses the session at once, no other
    /// row changes that.
    fn add(&mut self, row: &Revocation) {
        let is_known = self.sessions.insert(row.session, row.expires_at).is_some();
        if row.effective_at == Timestamp::default() {
            self.later.remove(&row.session);
        } else if !is_known {
            self.later.insert(row.session, row.effective_at);
        }
    }

    /// Drops what no longer matters.
    fn forget(&mut self, now: Timestamp) {
        let is_ahead = |_: &[u8; 16], instant: &mut Timestamp| now < *instant;
        self.sessions.retain(is_ahead);
        self.later.retain(is_ahead);
    }

    fn refuses(&self, session: [u8; 16], now: Timestamp) -> bool {
        let is_listed = self.sessions.get(&session).is_some_and(|expires_at| now < *expires_at);
        is_listed && self.later.get(&session).is_none_or(|effective_at| *effective_at <= now)
    }

    /// The instant from which to read rows: all that matter, or those since the last pull.
    fn pull_from(&self, now: Timestamp) -> Timestamp {
        let earliest = now - (Revocations::TTL + OVERLAP);
        match self.pulled_at {
            None => earliest,
            Some(pulled_at) => (pulled_at.min(now) - OVERLAP).max(earliest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(NOW + seconds)
    }

    #[test]
    fn a_session_is_refused_from_the_earliest_instant_of_its_rows_until_it_expires() {
        const AT_ONCE: Option<u64> = None;
        let session = [7; 16];
        for (rows, refused) in [
            (&[AT_ONCE][..], 0..100),
            (&[Some(10)], 10..100),
            (&[Some(10), AT_ONCE], 0..100),
            (&[AT_ONCE, Some(10)], 0..100),
            (&[Some(10), Some(20)], 10..100),
        ] {
            let mut copy = DenylistCopy::default();
            for effective_at in rows {
                let effective_at = effective_at.map_or_else(Timestamp::default, at);
                copy.add(&Revocation { session, effective_at, expires_at: at(100) });
            }
            for seconds in [0, 9, 10, 19, 20, 99, 100] {
                assert_eq!(
                    copy.refuses(session, at(seconds)),
                    refused.contains(&seconds),
                    "{rows:?} {seconds}"
                );
            }
            assert!(!copy.refuses([8; 16], at(50)), "{rows:?}");
        }
    }

    #[test]
    fn a_copy_forgets_what_has_expired_and_what_is_in_effect() {
        let mut copy = DenylistCopy::default();
        copy.add(&Revocation { session: [7; 16], effective_at: at(10), expires_at: at(100) });
        for (now, sessions, later) in [(9, 1, 1), (10, 1, 0), (99, 1, 0), (100, 0, 0)] {
            copy.forget(at(now));
            assert_eq!((copy.sessions.len(), copy.later.len()), (sessions, later), "{now}");
        }
    }

    #[test]
    fn a_pull_reaches_back_before_the_last_one_but_not_beyond_what_matters() {
        // A row is written at most 20 s late, by a clock at most 5 s behind; another may be as much ahead.
        assert_eq!(OVERLAP.as_secs(), 20 + 2 * 5);
        let now = at(0);
        let all = now - (Revocations::TTL + OVERLAP);
        for (pulled_at, from) in [
            (None, all),
            (Some(now - Duration::from_secs(15)), now - Duration::from_secs(15) - OVERLAP),
            (Some(now + Duration::from_secs(15)), now - OVERLAP),
            (Some(now - Revocations::TTL), all),
            (Some(now - 2 * Revocations::TTL), all),
        ] {
            let copy = DenylistCopy { pulled_at, ..DenylistCopy::default() };
            assert_eq!(copy.pull_from(now), from, "{pulled_at:?}");
        }
    }
}
