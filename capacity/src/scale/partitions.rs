//! The partitions of a table, how hot they get, and how DynamoDB splits them.

use super::{
    keys::Place,
    limits::{PARTITION_READS, PARTITION_WRITES},
};

/// What is asked of one place within a second, in units.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) place: Place,
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

/// All that is asked of a table within a second, in the order of places.
#[derive(Clone, Debug)]
pub(crate) struct Second(Vec<Access>);

impl Second {
    pub(crate) fn new(mut accesses: Vec<Access>) -> Self {
        accesses.sort_unstable_by(|a, b| a.place.cmp(&b.place));
        Self(accesses)
    }

    /// Read and write units in all.
    pub(crate) fn units(&self) -> (f64, f64) {
        units(&self.0)
    }
}

fn units(accesses: &[Access]) -> (f64, f64) {
    accesses.iter().fold((0.0, 0.0), |(reads, writes), access| (reads + access.reads, writes + access.writes))
}

/// The partitions of a table: where each but the first begins.
#[derive(Clone, Debug)]
pub(crate) struct Partitions(Vec<Place>);

/// What a second was to the partitions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heat {
    /// How much of what a partition takes the hottest was asked for: 1.0 is all of it.
    pub(crate) hottest: f64,
    /// Of all units that were asked for, the share beyond what their partitions take.
    pub(crate) throttled: f64,
}

/// A partition that is asked for this much of what it takes is split: AWS says "near".
const SPLIT_AT: f64 = 0.9;
/// Rounds of splitting. DynamoDB takes minutes for each.
const ROUNDS: usize = 12;

impl Partitions {
    /// As many as there are in a table that is ready for so many units a second.
    pub(crate) fn ready_for(writes: f64, reads: f64) -> Self {
        let partitions = (writes / PARTITION_WRITES).max(reads / PARTITION_READS).ceil();
        Self::even(count(partitions))
    }

    /// The hashes in so many equal parts.
    pub(crate) fn even(n: usize) -> Self {
        Self((1..n).map(|i| Place::cut(i, n)).collect())
    }

    pub(crate) fn heat(&self, second: &Second) -> Heat {
        let loads: Vec<_> = self.divide(second).map(units).collect();
        let asked: f64 = loads.iter().map(|(reads, writes)| reads + writes).sum();
        let beyond = |(reads, writes): &(f64, f64)| {
            (reads - PARTITION_READS).max(0.0) + (writes - PARTITION_WRITES).max(0.0)
        };
        let throttled = loads.iter().map(beyond).sum::<f64>() / asked.max(1.0);
        Heat { hottest: loads.into_iter().map(utilisation).fold(0.0, f64::max), throttled }
    }

    /// Splits partitions that are asked for nearly all that they take, as DynamoDB does ("split for heat": AWS Database Blog,
    /// "Scaling DynamoDB: How partitions, hot keys, and split for heat impact performance"), in the middle of what is asked
    /// for, for as long as such a second goes on and there is something to split: an item is never divided.
    pub(crate) fn split_for_heat(&mut self, second: &Second) {
        for _ in 0..ROUNDS {
            let hot = self.divide(second).filter(|accesses| utilisation(units(accesses)) > SPLIT_AT);
            let starts: Vec<Place> = hot.filter_map(middle).collect();
            if starts.is_empty() {
                return;
            }
            self.0.extend(starts);
            self.0.sort_unstable();
        }
    }

    /// What is asked of each partition.
    fn divide<'a>(&'a self, second: &'a Second) -> impl Iterator<Item = &'a [Access]> {
        let accesses = &second.0;
        let index = |start: &Place| accesses.partition_point(|access| access.place < *start);
        let starts = std::iter::once(0).chain(self.0.iter().map(index));
        let ends = self.0.iter().map(index).chain([accesses.len()]);
        starts.zip(ends).map(|(start, end)| &accesses[start..end])
    }
}

/// Where the second half of a partition would begin: at a place that is not its first.
fn middle(accesses: &[Access]) -> Option<Place> {
    let (reads, writes) = units(accesses);
    let mut before = 0.0;
    let half = accesses.iter().position(|access| {
        before += access.reads + access.writes;
        2.0 * before >= reads + writes
    })?;
    let first = &accesses.first()?.place;
    accesses[half..].iter().map(|access| &access.place).find(|place| *place != first).cloned()
}

fn utilisation((reads, writes): (f64, f64)) -> f64 {
    (reads / PARTITION_READS).max(writes / PARTITION_WRITES)
}

fn count(partitions: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand partitions")]
    let n = partitions.max(1.0) as usize;
    n
}

#[cfg(test)]
mod tests {
    use shared::{
        clock::Timestamp,
        ids::{SessionId, UserId},
    };

    use super::*;

    fn write(place: Place) -> Access {
        Access { place, reads: 0.0, writes: 1.0 }
    }

    fn users(n: u32) -> Second {
        let user = |i| write(Place::of_user(&UserId::parse(&format!("user-{i}")).unwrap()));
        Second::new((0..n).map(user).collect())
    }

    /// Rows that are written within one second of the hour.
    fn rows(n: u32, second: u64) -> Second {
        let at = Timestamp::from_unix(1_800_000_000 + second);
        let row = |i: u32| write(Place::of_revocation(&SessionId::of_secret(&i.to_be_bytes()), at));
        Second::new((0..n).map(row).collect())
    }

    #[test]
    fn many_keys_are_spread_evenly() {
        let heat = Partitions::even(10).heat(&users(5000));
        assert!((0.45..0.6).contains(&heat.hottest) && heat.throttled.abs() < 1e-9, "{heat:?}");
    }

    #[test]
    fn many_keys_are_split_until_each_partition_can_take_its_part() {
        let (mut partitions, second) = (Partitions::even(1), users(5000));
        assert!((partitions.heat(&second).throttled - 0.8).abs() < 1e-9);
        partitions.split_for_heat(&second);
        assert!(partitions.heat(&second).hottest <= 0.9 && partitions.0.len() >= 5);
    }

    #[test]
    fn one_item_is_as_hot_after_a_split_as_before() {
        let place = Place::of_user(&UserId::parse("ada").unwrap());
        let second = Second::new((0..2000).map(|_| write(place.clone())).collect());
        let mut partitions = Partitions::even(4);
        partitions.split_for_heat(&second);
        assert!((partitions.heat(&second).hottest - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_split_by_what_was_written_does_nothing_for_what_is_written_later_in_the_same_hour() {
        let mut partitions = Partitions::even(4);
        partitions.split_for_heat(&rows(4000, 0));
        assert!(partitions.heat(&rows(4000, 0)).hottest <= 0.9, "the same second again would fit");
        assert!(
            (partitions.heat(&rows(4000, 1)).hottest - 4.0).abs() < 1e-9,
            "the next one goes to the last"
        );
    }
}
