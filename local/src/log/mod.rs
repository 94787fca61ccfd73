//! The log: a line for each request, for a person at the terminal or as JSON for machines, and the same records for the
//! server's page.
//!
//! Functions log events, as they do in Lambda. [`Feed`] collects the events of each request, and passes them on.

mod console;
mod entry;
mod event;
mod feed;
mod heard;
mod mail;
mod printable;
mod request;
mod sentence;
mod watch;

pub use self::{
    console::{Colour, Console, Format},
    entry::{Entry, EntryId},
    event::Event,
    feed::{Feed, Subscription},
    mail::MailEntry,
    request::RequestEntry,
};
pub(crate) use self::{
    heard::Heard,
    printable::path as printable_path,
    watch::{OwnAnswer, Watch},
};
