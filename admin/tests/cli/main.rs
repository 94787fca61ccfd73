//! The program itself, against a real engine: what it prints, what its exit code says, and what the functions make of
//! what it wrote.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

mod harness;

mod clients;
mod deployments;
mod doctor;
mod errors;
mod files;
mod import;
mod names;
mod options;
mod portable;
mod rename;
mod secrets;
mod sessions;
mod standby;
mod users;
