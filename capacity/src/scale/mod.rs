//! Where a deployment meets the limits of AWS: a simulation with the keys that the functions write.

mod account;
mod denylist;
mod keys;
mod limits;
mod load;
mod partitions;
mod people;
mod report;
mod tables;
mod text;

use self::{
    account::Limit,
    load::{Fleets, Load},
    people::People,
    tables::TableLoad,
};
use crate::memory::{Memory, MemoryError};

/// Refreshes a second that are looked at.
const RATES: [f64; 3] = [1000.0, 10_000.0, 100_000.0];

/// What a rate comes to.
#[derive(Clone, Debug)]
struct Outcome {
    load: Load,
    fleets: Fleets,
    sessions: f64,
    highest_share: f64,
    limits: Vec<Limit>,
    tables: Vec<TableLoad>,
}

impl Outcome {
    fn of(refreshes: f64, memory: &Memory) -> Result<Self, MemoryError> {
        let load = Load { refreshes };
        let fleets = Fleets::of(load, memory)?;
        let tables = tables::tables(load, &fleets);
        let limits = account::limits(load, &fleets, &tables);
        let people = People::who_refresh(refreshes);
        let (sessions, highest_share) = (people.sessions(), people.highest_share());
        Ok(Self { load, fleets, sessions, highest_share, limits, tables })
    }

    /// The limits in the order in which they bind as the load grows.
    fn in_order(&self) -> Vec<&Limit> {
        let mut limits: Vec<&Limit> = self.limits.iter().collect();
        limits.sort_by(|a, b| b.used().total_cmp(&a.used()));
        limits
    }
}

/// The page.
pub(crate) fn page() -> Result<String, MemoryError> {
    let memory = Memory::of_template()?;
    let mut outcomes = Vec::new();
    for refreshes in RATES {
        outcomes.push(Outcome::of(refreshes, &memory)?);
    }
    report::page(&outcomes, &memory)
}
