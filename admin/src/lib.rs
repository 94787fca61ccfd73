//! `latchgate`: the command line for operators.
//!
//! - [`cli`] is what can be said on it, [`error`] what comes of what can't be done, [`run`] what leads from one to the
//!   other.
//! - [`deployment`] is what a command works on: a stack, the local server, any endpoint.
//! - [`clients`], [`users`], [`sessions`]: the commands, over [`tables`] with the same conditional writes as the
//!   functions.
//! - [`context`] is what each command is given: its deployment, and the next two.
//! - `import` is what imports of users and clients share.
//! - [`console`] prints and asks, for all commands; [`audit`] writes down what they changed.

pub mod audit;
pub mod cli;
pub mod clients;
pub mod console;
pub mod context;
pub mod deployment;
pub mod doctor;
pub mod error;
mod import;
mod interrupt;
pub mod keys;
mod options;
pub mod run;
pub mod sessions;
pub mod tables;
pub mod tokens;
mod update;
pub mod users;
mod variables;
