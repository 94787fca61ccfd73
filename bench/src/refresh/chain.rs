//! Chains of requests, each using the previous answer.

use std::{future::Future, time::Duration};

use crate::{
    program::Failure,
    watch::{Latency, now, processor_time_with_ended_threads},
};
use serde::{Deserialize, Serialize};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::method::WARM_UP;

/// The results of one run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Requests per second.
    pub(crate) rate: f64,
    /// In microseconds.
    pub(crate) median: f64,
    /// The 99th percentile.
    pub(crate) p99: f64,
    /// The process's processor time per request, in microseconds.
    pub(crate) cpu: f64,
}

/// A chain of requests and its state.
pub(crate) trait Chain: Sized + Send + 'static {
    /// Makes the next request.
    fn advance(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Advances the chains concurrently, for a warm-up and then for this time. The processor time is that of the given
/// process.
pub(crate) async fn run<C: Chain>(
    chains: Vec<C>,
    milliseconds: u64,
    process: u32,
) -> Result<(Vec<C>, Ran), Failure> {
    let begin = Instant::from_std(now()) + WARM_UP;
    let end = begin + Duration::from_millis(milliseconds);
    let mut under_way = JoinSet::new();
    for chain in chains {
        under_way.spawn(go_on(chain, begin, end));
    }
    sleep_until(begin).await;
    let before = processor_time_with_ended_threads(process)?;
    sleep_until(end).await;
    let cpu = processor_time_with_ended_threads(process)?.saturating_sub(before);
    let (mut chains, mut times) = (Vec::new(), Vec::new());
    while let Some(ended) = under_way.join_next().await {
        let (chain, its_times) = ended??;
        chains.push(chain);
        times.extend(its_times);
    }
    let (count, Latency { median, p99 }) = (f64::from(u32::try_from(times.len())?), Latency::of(&times));
    let seconds = Duration::from_millis(milliseconds).as_secs_f64();
    let ran = Ran { rate: count / seconds, median, p99, cpu: cpu.as_secs_f64() * 1e6 / count };
    Ok((chains, ran))
}

/// The times of the requests between these instants.
async fn go_on<C: Chain>(mut chain: C, begin: Instant, end: Instant) -> Result<(C, Vec<Duration>), Failure> {
    let mut times = Vec::new();
    loop {
        let asked = Instant::from_std(now());
        if asked >= end {
            return Ok((chain, times));
        }
        chain.advance().await?;
        let answered = Instant::from_std(now());
        if answered >= begin && answered < end {
            times.push(answered - asked);
        }
    }
}
