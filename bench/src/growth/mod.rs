//! Measures whether requests slow down as stored data grows. Refresh and the authorizer run with ten thousand sessions,
//! a million, and as many as fit. The authorizer also runs with a long denylist. A process's memory is measured over an
//! hour.
//!
//! `bench growth [SECONDS [PERCENT]]`: the time limit for loading in the last step, and the percentage of all other
//! amounts.

mod feed;
mod findings;
mod goals;
mod hour;
mod kind;
mod latency;
mod load;
mod machine;
mod method;
mod number;
mod place;
mod report;
mod rows;
mod sample;
mod scale;
mod start;

use std::sync::Arc;

use crate::{clock::SimulatedClock, program::Failure};
use tokio::runtime::Builder;

use self::{
    feed::Feeds,
    findings::Findings,
    hour::Hour,
    place::Place,
    scale::{HOURS, START, Scale},
};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    // The handlers have one thread, as in Lambda.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match Hour::asked(arguments)? {
        Some(hour) => runtime.block_on(Box::pin(hour.pass())),
        None => runtime.block_on(Box::pin(measure(Scale::parse(arguments)?))),
    }
}

async fn measure(scale: Scale) -> Result<(), Failure> {
    let clock = Arc::new(SimulatedClock::at(START));
    let (mut places, mut loads) = (Vec::new(), Vec::new());
    for step in scale.steps() {
        let mut place = Box::pin(Place::open(&clock)).await?;
        loads.push(place.fill(step, scale.sample()).await?);
        places.push(place);
    }
    let latencies = Box::pin(latency::measure(&mut places, scale)).await?;
    drop(places);
    let feeds = Box::pin(Feeds::measure(&clock, scale)).await?;
    let hours = (0..HOURS).map(|_| Hour::of(scale).in_another_process()).collect::<Result<_, _>>()?;
    Findings { scale, loads, latencies, feeds, hours }.report()?.publish()?;
    Ok(())
}
