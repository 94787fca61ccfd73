//! Prints what a command found or did: as tables for people, as JSON for programs.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{harmless::harmless, table};
use crate::error::{AdminError, STDOUT};

/// What is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Lines for people
    #[default]
    Table,
    /// One JSON document for programs
    Json,
}

/// Standard output is for what was asked, and for nothing else; questions and notes are on standard error.
#[derive(Debug)]
pub struct Console {
    /// What is printed.
    pub output: OutputFormat,
    /// Nobody is to be asked.
    pub yes: bool,
}

impl Console {
    /// Prints some of a kind: in a table, the columns of these names.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn print_list(&self, names: &[&str], rows: &[impl Serialize]) -> Result<(), AdminError> {
        let objects: Vec<_> = rows.iter().map(object).collect();
        match self.output {
            OutputFormat::Table => self.print_text(&table::list(names, &objects, width())),
            OutputFormat::Json => self.print_json(&objects),
        }
    }

    /// Prints a page of some of a kind, and where the next begins, if there is one.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn print_page(
        &self,
        kind: &str,
        names: &[&str],
        rows: &[impl Serialize],
        next_cursor: Option<&str>,
    ) -> Result<(), AdminError> {
        if self.output == OutputFormat::Json {
            let mut page = Map::from_iter([(kind.to_owned(), rows.iter().map(object).collect())]);
            page.extend(next_cursor.map(|cursor| ("next_cursor".to_owned(), cursor.into())));
            return self.print_json(&page);
        }
        self.print_list(names, rows)?;
        if let Some(cursor) = next_cursor {
            self.note(&format!("There are more {kind}: the same command with --cursor {cursor} goes on."));
        }
        Ok(())
    }

    /// Prints one: as a table, the lines of these names.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn print_one(&self, names: &[&str], row: &impl Serialize) -> Result<(), AdminError> {
        let object = object(row);
        match self.output {
            OutputFormat::Table => self.print_text(&table::lines(names, &object, width())),
            OutputFormat::Json => self.print_json(&object),
        }
    }

    /// Prints what has no columns.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn print_text(&self, text: &str) -> Result<(), AdminError> {
        writeln!(io::stdout(), "{text}").map_err(AdminError::io(STDOUT))
    }

    fn print_json(&self, document: &impl Serialize) -> Result<(), AdminError> {
        let text = serde_json::to_string_pretty(document);
        self.print_text(&text.map_err(|e| AdminError::io(STDOUT)(e.into()))?)
    }

    /// Tells people, in one line, why a command failed.
    pub fn error(text: &str) {
        // Nobody may be there to read it.
        let _ = writeln!(io::stderr(), "latchgate: {}", harmless(text));
    }

    /// Tells people something that isn't the answer, in one line.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", harmless(text));
    }
}

/// The width of the terminal. `None` if standard output isn't one: then a line may have any width.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(io::stdout())
        .map(|(width, _)| usize::from(width.0))
        .filter(|width| *width > 0)
}

/// What is listed here is a struct; anything else would be an empty row.
fn object(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
