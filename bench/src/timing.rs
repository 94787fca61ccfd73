//! How well the time of an answer tells kinds of requests apart. The result is the AUC: the chance of telling two
//! requests of different kinds apart by which took longer. A half is a coin toss.

use std::{
    fmt::Display,
    net::IpAddr,
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    http::{Request, StatusCode},
};
use local::gateway::Gateway;
use serde_json::Value;
use shared::random::{Random, SystemRandom, bytes};

use crate::program::Failure;

/// Samples of each kind, unless the command line says otherwise.
const SAMPLES: usize = 10_000;
/// The highest acceptable AUC.
const BOUND: f64 = 0.55;

/// The number of samples of each kind.
///
/// # Errors
///
/// If the first argument is no number.
pub(crate) fn samples(arguments: &[String]) -> Result<usize, Failure> {
    Ok(arguments.first().map_or(Ok(SAMPLES), |n| n.parse())?)
}

/// The kinds in random order.
pub(crate) fn shuffled<K, const N: usize>(mut kinds: [K; N]) -> [K; N] {
    let random = SystemRandom::new();
    for i in (1..N).rev() {
        let [byte] = bytes::<1>(&random as &dyn Random);
        kinds.swap(i, usize::from(byte) % (i + 1));
    }
    kinds
}

/// The time of a request with this body, which must get this status.
///
/// # Errors
///
/// If it gets another.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) async fn time(
    gateway: &Gateway,
    source: IpAddr,
    path: &str,
    body: &Value,
    expected: StatusCode,
) -> Result<Duration, Failure> {
    let request = Request::post(path).header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_string()))?;
    let start = Instant::now();
    let response = gateway.handle(request, source).await;
    let time = start.elapsed();
    let status = response.status();
    if status == expected { Ok(time) } else { Err(format!("{path} answered {status}").into()) }
}

/// The measured times.
pub(crate) struct Times<K>(Vec<(K, Duration)>);

impl<K: Copy + PartialEq + Display> Times<K> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, kind: K, time: Duration) {
        self.0.push((kind, time));
    }

    /// Prints the times of each kind and the AUC of each pair that is compared.
    ///
    /// # Errors
    ///
    /// If a pair can be told apart.
    pub(crate) fn report(&self, kinds: &[K], is_compared: impl Fn(K, K) -> bool) -> Result<(), Failure> {
        for kind in kinds {
            let times = self.of(*kind);
            let (median, p95) = (times[times.len() / 2], times[times.len() * 95 / 100]);
            println!("{kind:<20} median {median:>10.3?}  95th percentile {p95:>10.3?}");
        }
        let mut worst = 0.5_f64;
        for (i, one) in kinds.iter().enumerate() {
            for other in kinds[i + 1..].iter().filter(|other| is_compared(*one, **other)) {
                let auc = auc(&self.of(*one), &self.of(*other));
                worst = worst.max(auc);
                println!("{one:<20} against {other:<20} AUC {auc:.4}");
            }
        }
        println!("worst AUC {worst:.4}; the bound is {BOUND}");
        if worst < BOUND { Ok(()) } else { Err("the kinds can be told apart".into()) }
    }

    /// The times of a kind, in order.
    fn of(&self, kind: K) -> Vec<Duration> {
        let mut times: Vec<Duration> = self.0.iter().filter(|(k, _)| *k == kind).map(|(_, t)| *t).collect();
        times.sort_unstable();
        times
    }
}

/// Mann-Whitney: the share of pairs in which the slower kind took longer, with ties counted half.
fn auc(one: &[Duration], other: &[Duration]) -> f64 {
    let (mut wins, mut below, mut not_above) = (0.0, 0, 0);
    for time in one {
        while other.get(below).is_some_and(|t| t < time) {
            below += 1;
        }
        not_above = not_above.max(below);
        while other.get(not_above).is_some_and(|t| t <= time) {
            not_above += 1;
        }
        wins += count(below) + count(not_above - below) / 2.0;
    }
    let auc = wins / (count(one.len()) * count(other.len()));
    auc.max(1.0 - auc)
}

fn count(n: usize) -> f64 {
    // Unwrap safety: there are fewer than four billion samples.
    u32::try_from(n).expect("a number of samples").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_score_one_half_and_separate_times_score_one() {
        let times = |range: std::ops::Range<u64>| range.map(Duration::from_millis).collect::<Vec<_>>();
        assert!((auc(&times(0..100), &times(0..100)) - 0.5).abs() < 1e-9);
        assert!((auc(&times(0..100), &times(100..200)) - 1.0).abs() < 1e-9);
        assert!((auc(&times(100..200), &times(0..100)) - 1.0).abs() < 1e-9);
        assert!((auc(&times(0..100), &times(50..150)) - 0.875).abs() < 1e-3);
    }
}
