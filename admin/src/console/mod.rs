//! Where `latchgate` prints and asks.
//!
//! `print` prints what a command found, `table` lays it out for people, and `ask` asks. Which attributes of a client, a
//! user, a session or a token are printed is in the `view` module beside the command. Exports and
//! imports print more than that, lines and progress: they are in `import`.

mod ask;
mod print;
mod table;

pub use self::print::{Console, OutputFormat};
