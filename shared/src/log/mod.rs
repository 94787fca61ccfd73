//! A function's log: JSON lines, with metrics among them. docs/operations/events.md lists the events.
//!
//! A [`FunctionLog`] makes a [`RequestLog`] for each request. The request's log writes a line when the
//! request ends, and a line for each further [`Event`]. If `REQUEST_LINES` is `problems`, routine requests
//! leave a short line or none.

mod breakdown;
mod counts;
mod event;
mod function_log;
mod invocation;
mod line;
mod metrics;
mod output;
mod request_lines;
mod request_log;
mod subject;

pub use self::{
    event::{Cause, Event},
    function_log::FunctionLog,
    invocation::Invocation,
    line::Ending,
    metrics::NAMESPACE,
    output::{filter, init, log_panic, output},
    request_lines::ALLOWED_CALLS_A_LINE,
    request_log::RequestLog,
};
