//! What the denylist takes: `RevocationCheck` `denylist`, by the rate of logouts.

use authorizer::{DENYLIST_INTERVAL, DENYLIST_OVERLAP};
use shared::{clock::Timestamp, ids::SessionId, store::Revocations};

use crate::{read_units, size};

/// The denylist at a rate of logouts, or of whatever else ends sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denylist {
    pub(crate) logouts: f64,
}

impl Denylist {
    /// Bytes of one row.
    pub(crate) fn row_bytes() -> u64 {
        size(&Revocations::row(&SessionId::of_secret(b"any"), Timestamp::from_unix(1_800_000_123)))
    }

    /// Seconds between two pulls of an environment.
    pub(crate) fn interval() -> u64 {
        DENYLIST_INTERVAL.as_secs()
    }

    /// How many seconds of rows a pull comes upon.
    pub(crate) fn reaches_back(interval: u64) -> u64 {
        interval + DENYLIST_OVERLAP.as_secs()
    }

    /// Read units of one pull.
    pub(crate) fn pull_units(self, interval: u64) -> f64 {
        units(self.bytes_of(Self::reaches_back(interval)))
    }

    /// Rows that are relevant, all of which an environment reads at its start.
    pub(crate) fn rows(self) -> f64 {
        let seconds = Revocations::TTL + DENYLIST_OVERLAP;
        self.logouts * seconds.as_secs_f64()
    }

    /// Read units of a start.
    pub(crate) fn start_units(self) -> f64 {
        units(self.bytes_of((Revocations::TTL + DENYLIST_OVERLAP).as_secs()))
    }

    /// Bytes of the copy in an environment: a hash table, which is grown by doubling it and kept seven eighths full at most,
    /// with 24 bytes for each session and its end, and one more.
    pub(crate) fn copy_bytes(self) -> f64 {
        let mut buckets = 4.0;
        while buckets * 7.0 / 8.0 < self.rows() {
            buckets *= 2.0;
        }
        buckets * 25.0
    }

    /// The rate at which pulls by so many environments ask for `limit` read units a second.
    pub(crate) fn where_pulls_take(limit: f64, environments: f64, interval: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds and bytes, few of either")]
        let (interval, bytes) = (interval as f64, (Self::reaches_back(interval) * Self::row_bytes()) as f64);
        limit / (environments / interval * bytes / 4096.0)
    }

    fn bytes_of(self, seconds: u64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "bytes of a day, far below 2^53"
        )]
        let bytes = (self.logouts * (seconds * Self::row_bytes()) as f64) as u64;
        bytes
    }
}

fn units(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let units = read_units(bytes) as f64;
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_reads_half_a_minute_of_rows_and_a_start_a_day_of_them() {
        let denylist = Denylist { logouts: 10.0 };
        let row = 4096.0 / f64::from(u32::try_from(Denylist::row_bytes()).unwrap());
        assert!((denylist.pull_units(10) - (300.0 / row).ceil()).abs() < 1e-9);
        assert!((denylist.rows() - 864_800.0).abs() < 1e-9, "a day, a minute, and the overlap");
        assert!((denylist.start_units() - (864_800.0 / row).ceil()).abs() < 1.5);
    }

    #[test]
    fn where_pulls_take_a_partition_they_do() {
        let logouts = Denylist::where_pulls_take(3000.0, 1000.0, 10);
        let asked = 100.0 * Denylist { logouts }.pull_units(10);
        assert!((asked - 3000.0).abs() < 100.0, "a unit for each of a hundred pulls, at most: {asked}");
    }
}
