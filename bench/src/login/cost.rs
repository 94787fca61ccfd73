//! What something takes of time: on the wall, and of processors.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use bench::{Failure, report::Figure};
use serde::{Deserialize, Serialize};

use crate::{
    bare::{self, Memory},
    function::Function,
};

/// Rounds that aren't counted: by then connections are open and memory has been touched.
const WARM_UP: usize = 5;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    /// Of all threads of this process.
    pub(crate) cpu: f64,
}

/// A login beside its hash: medians of one run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Beside {
    pub(crate) login: Cost,
    /// The bare hash, its memory taken for it.
    pub(crate) taken: Cost,
    /// The bare hash in memory that is there, as in a login.
    pub(crate) reused: Cost,
}

/// Measures the three in turn, each as often as any of them after each other.
pub(crate) async fn beside(function: &Function, rounds: usize) -> Result<Beside, Failure> {
    let (mut logins, mut taken, mut reused) = (Vec::new(), Vec::new(), Vec::new());
    let mut memory = Some(Memory::new()?);
    for round in 0..WARM_UP + rounds {
        for subject in 0..3 {
            match (round + subject) % 3 {
                0 => logins.push(function.login(round).await?),
                1 => taken.push(bare::hash().await?),
                _ => {
                    let (cost, back) = bare::hash_in(memory.take().ok_or("no memory")?).await?;
                    reused.push(cost);
                    memory = Some(back);
                }
            }
        }
    }
    Ok(Beside { login: median(&logins), taken: median(&taken), reused: median(&reused) })
}

fn median(costs: &[Cost]) -> Cost {
    let costs = costs.get(WARM_UP..).unwrap_or_default();
    let of = |part: fn(&Cost) -> f64| Figure::of("", costs.iter().map(part).collect()).median;
    Cost { wall: of(|cost| cost.wall), cpu: of(|cost| cost.cpu) }
}

/// Runs from its start to its stop.
#[derive(Debug)]
pub(crate) struct Watch {
    cpu: Duration,
    started: Instant,
}

impl Watch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub(crate) fn start() -> Result<Self, Failure> {
        let cpu = processor_time()?;
        Ok(Self { cpu, started: Instant::now() })
    }

    pub(crate) fn stop(self) -> Result<Cost, Failure> {
        let wall = self.started.elapsed();
        let cpu = processor_time()?.saturating_sub(self.cpu);
        Ok(Cost { wall: milliseconds(wall), cpu: milliseconds(cpu) })
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the threads of this process have had of processors: none of those that are measured ends before the process does.
fn processor_time() -> Result<Duration, Failure> {
    // The kernel counts a thread's time when it leaves the processor, so this one leaves it.
    thread::sleep(Duration::from_nanos(1));
    let mut nanoseconds = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().ok_or("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
