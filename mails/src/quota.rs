//! Quotas of networks: so many requests at once, and then one an interval.

use std::time::Duration;

use shared::clock::Timestamp;

const HOUR: u64 = 3600;

/// A number of requests an hour, counted by the generic cell rate algorithm (ITU-T I.371): a row has a
/// single number, the instant until which its requests fill the quota. Each request moves it an interval
/// ahead. It may be ahead of the time by the whole quota, so requests need no gap between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    requests: u32,
    interval: Duration,
}

/// The instants that a request compares with the stored one, and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The instant of the request. An absent or earlier stored instant becomes [`Step::restarted`].
    pub(crate) now: Timestamp,
    /// The latest stored instant at which a request is allowed. It moves ahead by the interval.
    pub(crate) latest: Timestamp,
    /// The instant after the first request.
    pub(crate) restarted: Timestamp,
}

impl Quota {
    /// A quota of `requests` an hour.
    pub(crate) const fn per_hour(requests: u32) -> Self {
        // Rounded up: the last of the requests that come at once is never one too many.
        Self { requests, interval: Duration::from_secs(HOUR.div_ceil(requests as u64)) }
    }

    /// The time after which one more request is allowed, once the quota is spent.
    pub(crate) const fn interval(self) -> Duration {
        self.interval
    }

    /// The comparison and the write of a request.
    pub(crate) fn step(self, now: Timestamp) -> Step {
        let latest = now + self.interval * self.requests.saturating_sub(1);
        Step { now, latest, restarted: now + self.interval }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the two conditional writes of [`crate::Mails`] do to a row.
    fn ask(quota: Quota, stored: &mut Option<Timestamp>, now: u64) -> bool {
        let step = quota.step(Timestamp::from_unix(now));
        match *stored {
            Some(instant) if instant >= step.now && instant > step.latest => return false,
            Some(instant) if instant >= step.now => *stored = Some(instant + quota.interval()),
            _ => *stored = Some(step.restarted),
        }
        true
    }

    #[test]
    fn the_whole_quota_is_there_at_once_and_no_more() {
        for requests in 1..=60 {
            let (quota, mut stored) = (Quota::per_hour(requests), None);
            let allowed = (0..200).filter(|_| ask(quota, &mut stored, 1000)).count();
            assert_eq!(u32::try_from(allowed), Ok(requests));
        }
    }

    #[test]
    fn one_more_request_is_allowed_after_an_interval() {
        let (quota, mut stored) = (Quota::per_hour(7), None);
        assert_eq!(quota.interval().as_secs(), 515);
        assert_eq!((0..8).filter(|_| ask(quota, &mut stored, 1000)).count(), 7);
        assert!(!ask(quota, &mut stored, 1514));
        assert!(ask(quota, &mut stored, 1515));
        assert!(!ask(quota, &mut stored, 1515));
    }

    #[test]
    fn the_whole_quota_is_back_after_an_hour_without_requests() {
        let (quota, mut stored) = (Quota::per_hour(5), None);
        for start in [0, 3600, 7200] {
            assert_eq!((0..9).filter(|_| ask(quota, &mut stored, start)).count(), 5, "{start}");
        }
    }

    #[test]
    fn a_day_has_no_more_than_its_hours_and_one_quota() {
        let (quota, mut stored) = (Quota::per_hour(5), None);
        let allowed = (0..86_400).filter(|second| ask(quota, &mut stored, *second)).count();
        assert_eq!(allowed, 5 + 24 * 5 - 1);
    }
}
