//! What a function logs: JSON lines, and metrics as lines of the same output. docs/operations/events.md lists the events.
//!
//! A [`FunctionLog`] makes one [`RequestLog`] a request. That one writes the request's one line when the request ends,
//! and a line for each [`Event`] beside it.

mod breakdown;
mod counts;
mod event;
mod function_log;
mod invocation;
mod line;
mod metrics;
mod output;
mod request_log;
mod subject;

pub use self::{
    event::{Cause, Event},
    function_log::FunctionLog,
    invocation::Invocation,
    line::Ending,
    metrics::NAMESPACE,
    output::{filter, init, log_panic, output},
    request_log::RequestLog,
};
