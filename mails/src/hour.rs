//! The bound of a mailbox: so many requests in any hour.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{self, L, N};
use shared::clock::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The latest requests of a mailbox, newest first: as many as an hour may have. A request is within the bound
/// if the last of as many is an hour old. That is exact for requests in any order, also of two clocks that
/// differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latest(Vec<Timestamp>);

impl Latest {
    /// Reads the stored form. `None`, if it is malformed.
    pub(crate) fn parse(value: &AttributeValue) -> Option<Self> {
        let instants = value.as_l().ok()?.iter().map(|instant| {
            let instant = Timestamp::from_unix(instant.as_n().ok()?.parse().ok()?);
            (instant < Timestamp::END).then_some(instant)
        });
        let instants: Vec<_> = instants.collect::<Option<_>>()?;
        instants.is_sorted_by(|newer, older| newer >= older).then_some(Self(instants))
    }

    /// The stored form.
    pub(crate) fn to_value(&self) -> AttributeValue {
        L(self.0.iter().map(|instant| N(instant.to_string())).collect())
    }

    /// The latest request.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.0.first().copied()
    }

    /// Adds a request to at most `bound` in any hour.
    ///
    /// # Errors
    ///
    /// The time to wait, if the hour has as many.
    pub(crate) fn with(mut self, now: Timestamp, bound: usize) -> Result<Self, Duration> {
        if let Some(last) = bound.checked_sub(1).and_then(|last| self.0.get(last)) {
            let over_at = *last + HOUR;
            if over_at > now {
                return Err(over_at.since(now));
            }
        }
        let place = self.0.partition_point(|newer| *newer > now);
        self.0.insert(place, now);
        self.0.truncate(bound);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row and the requests that it allowed.
    #[derive(Clone, Default)]
    struct Address {
        row: Latest,
        allowed: Vec<u64>,
    }

    impl Address {
        /// What the writes of [`crate::slot`] do.
        fn ask(&mut self, second: u64, bound: usize) -> Result<(), Duration> {
            let now = Timestamp::from_unix(second);
            let next = self.row.clone().with(now, bound)?;
            assert!(next.0.len() <= bound);
            assert_eq!(Latest::parse(&next.to_value()).as_ref(), Some(&next));
            self.row = next;
            self.allowed.push(second);
            Ok(())
        }

        /// Asks, and holds the answer against all requests that were allowed.
        fn ask_and_check(&mut self, second: u64, bound: usize) {
            let counted = self.allowed.iter().filter(|earlier| **earlier + 3600 > second).count();
            match self.ask(second, bound) {
                Ok(()) => assert!(counted < bound, "{second}: {:?}", self.allowed),
                Err(wait) => {
                    assert!(counted >= bound, "{second}: {:?}", self.allowed);
                    assert!(self.clone().ask(second + wait.as_secs() - 1, bound).is_err());
                    assert_eq!(self.clone().ask(second + wait.as_secs(), bound), Ok(()));
                }
            }
            for start in &self.allowed {
                let hour = *start..start + 3600;
                let count = self.allowed.iter().filter(|instant| hour.contains(instant)).count();
                assert!(count <= bound, "{hour:?}: {:?}", self.allowed);
            }
        }
    }

    const START: u64 = 1_800_000_000;

    /// All sequences of six of these instants, in any order that clocks less than an hour apart can show.
    #[test]
    fn no_hour_has_more_and_no_request_that_fits_is_refused() {
        const INSTANTS: [u64; 8] = [0, 1, 1800, 3599, 3600, 3601, 7199, 7200];
        let sequences = 0..INSTANTS.len().pow(6);
        for (bound, number) in sequences.flat_map(|number| [(1, number), (2, number), (3, number)]) {
            let mut address = Address::default();
            let mut latest = 0;
            for place in 0..6 {
                let instant = INSTANTS[number / INSTANTS.len().pow(place) % INSTANTS.len()];
                if instant + 3600 <= latest {
                    break;
                }
                latest = latest.max(instant);
                address.ask_and_check(START + instant, bound);
            }
        }
    }

    #[test]
    fn no_hour_of_a_long_time_has_more() {
        // Knuth's linear congruential generator (MMIX).
        let mut state = 28_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for bound in 5..=10 {
            for pause in [10, 400, 1500, 8000] {
                let (mut address, mut second) = (Address::default(), START);
                for _ in 0..300 {
                    second += below(pause);
                    // The clocks differ by up to ten seconds.
                    address.ask_and_check(second - below(10), bound);
                }
            }
        }
    }

    #[test]
    fn the_whole_bound_is_there_at_once_and_again_an_hour_later() {
        for bound in 5..=10 {
            let mut address = Address::default();
            for start in [START, START + 3600, START + 7200, START + 90_000] {
                assert_eq!((0..40).filter(|_| address.ask(start, bound).is_ok()).count(), bound);
                assert_eq!(address.ask(start + 3599, bound), Err(Duration::from_secs(1)));
            }
        }
    }

    /// The parameter was changed.
    #[test]
    fn a_longer_row_is_within_a_smaller_bound_once_enough_of_it_is_an_hour_old() {
        let mut address = Address::default();
        for second in 0..10 {
            address.ask(START + second, 10).unwrap();
        }
        assert_eq!(address.ask(START + 10, 5), Err(Duration::from_secs(3595)));
        address.ask(START + 3605, 5).unwrap();
        assert_eq!(address.row.0.len(), 5);
    }

    #[test]
    fn a_malformed_row_is_no_list() {
        let list = |numbers: &[&str]| L(numbers.iter().map(|number| N((*number).to_owned())).collect());
        for good in [&[][..], &["7"], &["7", "7", "5"]] {
            assert_eq!(Latest::parse(&list(good)).unwrap().to_value(), list(good));
        }
        for bad in [&["5", "7"][..], &["-1"], &["1.5"], &["18446744073709551616"], &["1800000000000"]] {
            assert_eq!(Latest::parse(&list(bad)), None, "{bad:?}");
        }
        for mistyped in [N("7".to_owned()), L(vec![AttributeValue::S("7".to_owned())])] {
            assert_eq!(Latest::parse(&mistyped), None, "{mistyped:?}");
        }
    }
}
