//! `latchgate`: the command line for operators.
//!
//! - [`cli`] is what can be said on it, [`error`] what comes of what can't be done, [`run`] what leads from one to the
//!   other.
//! - [`deployment`] is what a command works on: a stack, the local server, any endpoint.
//! - [`clients`], [`users`], [`sessions`]: the commands, each over the same tables and the same conditional writes as
//!   the functions.
//! - [`console`] is where people and programs read what happened, [`audit`] where it is written down.

pub mod audit;
pub mod cli;
pub mod clients;
pub mod console;
pub mod deployment;
pub mod doctor;
pub mod error;
pub mod keys;
mod options;
pub mod run;
pub mod sessions;
mod text;
pub mod tokens;
mod update;
pub mod users;
mod variables;
