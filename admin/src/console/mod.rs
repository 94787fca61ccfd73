//! Where `latchgate` prints and asks.
//!
//! `print` prints what a command found, `table` lays it out for people, `harmless` takes the power
//! over the terminal from what others chose, and `ask` asks. Which attributes of a client, a
//! user, a session or a token are printed is in the `view` module beside the command. Exports and
//! imports print more than that, lines and progress: they are in `import`.

mod ask;
mod harmless;
mod print;
mod table;

pub(crate) use self::harmless::harmless;
pub use self::print::{Console, OutputFormat};
