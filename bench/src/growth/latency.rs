//! Measures requests with each number of sessions stored.

use crate::{program::Failure, watch::Latency};

use super::{
    kind::Kind,
    place::Place,
    scale::{RUNS, Scale},
};

/// Calls before the first run, which open connections and fill caches.
const WARM_UP: usize = 50;

/// Latencies by place and run.
pub(crate) type Runs = Vec<Vec<Latency>>;

/// Calls all places in turn, so that other load on the machine affects them equally.
pub(crate) async fn measure(places: &mut [Place], scale: Scale) -> Result<Vec<(Kind, Runs)>, Failure> {
    let mut found: Vec<_> = Kind::ALL.map(|kind| (kind, vec![Vec::new(); places.len()])).into();
    for (kind, _) in &found {
        run(places, *kind, WARM_UP).await?;
    }
    for _ in 0..RUNS {
        for (kind, runs) in &mut found {
            let latencies = run(places, *kind, scale.calls()).await?;
            runs.iter_mut().zip(latencies).for_each(|(runs, latency)| runs.push(latency));
        }
    }
    Ok(found)
}

/// One run with this many calls to each place.
pub(crate) async fn run(places: &mut [Place], kind: Kind, calls: usize) -> Result<Vec<Latency>, Failure> {
    let mut times = vec![Vec::with_capacity(calls); places.len()];
    for call in 0..calls {
        for turn in 0..places.len() {
            let place = (call + turn) % places.len();
            times[place].push(places[place].time(kind, call).await?);
        }
    }
    Ok(times.iter().map(|times| Latency::of(times)).collect())
}
