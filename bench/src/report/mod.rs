//! The report of a part: kept as JSON in `docs/evidence/performance/`, and shown as a page and plots.
//!
//! Only figures of one run can be compared, so a report is written as a whole or not at all.

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
