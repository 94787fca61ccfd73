//! What each operation costs, and where a deployment meets the limits of AWS: the two pages `docs/costs.md` and
//! `docs/scale.md` are computed here, from what the tests count, from the keys that the functions write, and from AWS's
//! prices and limits.
//!
//! The units are asserted against an engine by `tests/costs.rs`; the pages are held against this code by `tests/pages.rs`.

pub mod costs;
mod duration;
mod item;
mod memory;
mod operation;
mod page;
pub mod scale;
mod watched;

pub use self::{
    item::{read_units, size},
    memory::MemoryError,
    operation::{Counted, Operation},
    page::Page,
};
