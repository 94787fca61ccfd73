//! Audit events: what happened to whom, and from where. Each is one line of the log, and counted; docs/events.md lists
//! them.

mod event;
mod journal;
mod line;
mod metrics;
mod subject;
mod tally;
mod trail;

pub use self::{
    event::{Cause, Event},
    journal::{FUNCTIONS, Invocation, Journal},
    line::Ending,
    metrics::{Metric, NAMESPACE, metrics},
    trail::Trail,
};
