//! Tests the program against a real engine: its output, its exit codes, and how the functions use the rows
//! that it writes.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

mod harness;

mod clients;
mod consents;
mod deployments;
mod doctor;
mod documented;
mod errors;
mod files;
mod import;
mod invite;
mod mails;
mod names;
mod notices;
mod options;
mod portable;
mod removal;
mod rename;
mod restore;
mod secrets;
mod sessions;
mod standby;
mod users;
