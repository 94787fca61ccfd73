//! `latchgate`: the command line for operators.
//!
//! - [`cli`] parses the command line, [`run`] runs a command, and [`error`] has its errors.
//! - [`deployment`] connects to a stack, the local server, or any endpoint.
//! - [`stack`] destroys and adopts whole stacks.
//! - [`clients`], [`users`], [`sessions`] are commands. They use [`tables`], with the same conditional writes
//!   as the functions.
//! - [`context`] is the input of each command: its deployment, [`console`] and [`audit`] log.
//! - `mails` lists, resends and stops mails, and shows what they look like.
//! - `restore` restores rows and tables from DynamoDB's own backups.
//! - `import` is common to the imports of users and clients.
//! - [`console`] prints and asks, and [`audit`] records changes, for all commands.

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
mod mails;
mod options;
mod restore;
pub mod run;
pub mod sessions;
pub mod stack;
pub mod tables;
pub mod tokens;
mod update;
pub mod users;
mod variables;
