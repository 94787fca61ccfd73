//! Audit events: what happened to whom, and from where. Each is one line of the log, and counted; docs/events.md lists
//! them.

mod counts;
mod event;
mod function_log;
mod line;
mod metrics;
mod request_log;
mod subject;

pub use self::{
    event::{Cause, Event},
    function_log::{FUNCTIONS, FunctionLog, Invocation},
    line::Ending,
    metrics::{Metric, NAMESPACE, metrics},
    request_log::RequestLog,
};
