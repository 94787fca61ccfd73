//! Audit events: what happened to whom, and from where. Each is one line of the log; docs/events.md lists them.

mod event;
mod trail;

pub use self::{
    event::{Cause, Event},
    trail::Trail,
};
