//! The machine's time, and what is made of times.

use std::time::{Duration, Instant};

use bench::report::Figure;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What calls took in one run, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) median: f64,
    /// One in a hundred took longer.
    pub(crate) p99: f64,
}

impl Latency {
    pub(crate) fn of(times: &[Duration]) -> Self {
        let mut times: Vec<f64> = times.iter().copied().map(microseconds).collect();
        times.sort_by(f64::total_cmp);
        let p99 = times[(times.len() - 1) * 99 / 100];
        Self { median: Figure::of("", times).median, p99 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_takes_longer_than_the_99th_percentile() {
        let times: Vec<Duration> = (1..=1000).map(Duration::from_micros).collect();
        let Latency { median, p99 } = Latency::of(&times);
        assert!((median - 500.5).abs() < 1e-6 && (p99 - 990.0).abs() < 1e-6, "{median} {p99}");
    }
}
