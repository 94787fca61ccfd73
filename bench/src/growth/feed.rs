//! Measures the authorizer with denylists of several lengths.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::SimulatedClock,
    program::Failure,
    watch::{self, Latency},
};
use authorizer::Authorizer;
use shared::{clock::Timestamp, ids::SessionId, store::Revocations};

use super::{
    kind::Kind,
    latency::{Runs, run},
    load::Batches,
    place::Place,
    rows::put,
    scale::{RUNS, Scale, Step},
    start::of_authorizer,
};

/// The most rows in a batch.
const BATCH: usize = 25;
/// The seconds of the past over which revocations are spread. They are less than the day for which revocations count,
/// so that none expires before it is measured.
const PAST: usize = 80_000;
/// Calls in a run that pull new revocations.
pub(crate) const PULLS: usize = 20;
/// The seconds between pulls.
const INTERVAL: u64 = authorizer::DENYLIST_INTERVAL.as_secs();
const A_MINUTE: Duration = Duration::from_secs(60);

/// The results, by denylist length and run.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    /// Calls that use the copy in memory.
    pub(crate) calls: Runs,
    /// Calls that pull new revocations.
    pub(crate) pulls: Runs,
    /// Starts with a first copy, in microseconds.
    pub(crate) starts: Vec<Vec<f64>>,
}

impl Feeds {
    pub(crate) async fn measure(clock: &Arc<SimulatedClock>, scale: Scale) -> Result<Self, Failure> {
        let mut places = Vec::new();
        for length in scale.revocations() {
            let mut place = Box::pin(Place::open(clock)).await?;
            place.fill(Step { sessions: Some(1), within: A_MINUTE }, 1).await?;
            revoke(&place, length).await?;
            places.push(place);
        }
        let none = || vec![Vec::new(); places.len()];
        let mut found = Self { calls: none(), pulls: none(), starts: vec![Vec::new(); places.len()] };
        for _ in 0..RUNS {
            for (place, starts) in places.iter_mut().zip(&mut found.starts) {
                starts.push(restart(place).await?);
            }
            add(&mut found.calls, run(&mut places, Kind::Denylist, scale.calls()).await?);
            add(&mut found.pulls, pull(&mut places, clock).await?);
        }
        Ok(found)
    }
}

fn add(runs: &mut Runs, latencies: Vec<Latency>) {
    runs.iter_mut().zip(latencies).for_each(|(runs, latency)| runs.push(latency));
}

/// Restarts the authorizer. Returns the time in microseconds.
async fn restart(place: &mut Place) -> Result<f64, Failure> {
    let context = of_authorizer(&place.template, &place.deployment, "denylist")?;
    let started = watch::now();
    place.denylist = Authorizer::start(&context).await?;
    Ok(watch::microseconds(started.elapsed()))
}

/// Times calls that are due to pull.
async fn pull(places: &mut [Place], clock: &SimulatedClock) -> Result<Vec<Latency>, Failure> {
    let mut times = vec![Vec::new(); places.len()];
    for _ in 0..PULLS {
        clock.advance(INTERVAL);
        for (place, times) in places.iter_mut().zip(&mut times) {
            times.push(place.time(Kind::Denylist, 0).await?);
        }
    }
    Ok(times.iter().map(|times| Latency::of(times)).collect())
}

/// Stores revocations of sessions of the last day. None of them is in the sample.
pub(crate) async fn revoke(place: &Place, sessions: usize) -> Result<(), Failure> {
    let (deployment, now) = (&place.deployment, place.deployment.clock.now());
    let mut batches = Batches::new(&deployment.dynamodb);
    let numbers: Vec<usize> = (0..sessions).collect();
    for batch in numbers.chunks(BATCH) {
        let row = |n: &usize| {
            let ended_at = Timestamp::from_unix(now.as_unix() - u64::try_from(n % PAST)?);
            put(Revocations::row(&SessionId::of_secret(&n.to_be_bytes()), ended_at))
        };
        let rows = batch.iter().map(row).collect::<Result<_, _>>()?;
        batches.send([(deployment.tables["RevocationsTable"].clone(), rows)].into()).await?;
    }
    batches.finish().await
}
