//! Prints results, and asks questions.
//!
//! `print` prints a command's results, `table` formats them for people, `harmless` makes other people's texts
//! safe for the terminal, and `ask` asks. The `view` module of a command lists the attributes that it prints.
//! `import` prints the lines and progress of exports and imports.

mod ask;
mod harmless;
mod print;
mod table;

pub use self::print::{Console, OutputFormat};
pub(crate) use self::{harmless::harmless, table::instant};
