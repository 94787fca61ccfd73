//! Where `latchgate` prints and asks: no command does either in another way.
//!
//! [`Console`] prints; `table` says how values look in a table. What a command prints of a client, a user, a session or a
//! token is the `view` module beside the command.

mod ask;
mod print;
mod table;

pub use self::print::{Console, OutputFormat};
