//! Measures wall and processor time.

use crate::{program::Failure, report::Figure, watch::Cost};
use serde::{Deserialize, Serialize};

use super::{
    bare::{self, Memory},
    function::Function,
};

/// Rounds that don't count: they open connections and touch memory.
const WARM_UP: usize = 5;

/// A login compared with its hash, as medians of one run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Beside {
    pub(crate) login: Cost,
    /// The bare hash with newly allocated memory.
    pub(crate) taken: Cost,
    /// The bare hash with existing memory, as in a login.
    pub(crate) reused: Cost,
}

/// Measures the three in turn. Each comes first equally often.
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
