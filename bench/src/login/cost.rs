//! What something takes of time: on the wall, and of processors.

use crate::{program::Failure, report::Figure, watch::Cost};
use serde::{Deserialize, Serialize};

use super::{
    bare::{self, Memory},
    function::Function,
};

/// Rounds that aren't counted: by then connections are open and memory has been touched.
const WARM_UP: usize = 5;

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
