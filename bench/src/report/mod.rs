//! What a part of the benchmarks found: kept as JSON in `docs/evidence/performance/`, shown as a page and as plots.
//!
//! Only figures of one run are compared with one another, so a report is written whole or not at all.

mod date;
mod figures;
mod kept;
mod machine;
mod markdown;
mod plot;
mod publish;
mod reasons;

pub(crate) use self::{
    date::today,
    figures::{Bound, Figure, Goal, Group, Report},
    machine::machine,
};
