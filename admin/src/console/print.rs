//! Prints a command's results: as tables for people, as JSON for programs.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{harmless::harmless, table};
use crate::error::{AdminError, STDOUT};

/// A format of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Lines for people
    #[default]
    Table,
    /// One JSON document for programs
    Json,
}

/// Prints results to standard output, and questions and notes to standard error.
#[derive(Debug)]
pub struct Console {
    /// The format of results.
    pub output: OutputFormat,
    /// Whether to skip confirmations.
    pub yes: bool,
}

impl Console {
    /// Prints a list. A table has the columns with these names.
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

    /// Prints a page of a list, and the start of the next page if there is one.
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
            self.note(&format!(
                "There are more {kind}: repeat the command with --cursor {cursor} for the next page."
            ));
        }
        Ok(())
    }

    /// Prints one object. A table has the lines with these names.
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

    /// Prints a text.
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

    /// Prints why a command failed, in one line on standard error.
    pub fn error(text: &str) {
        // Standard error may be closed.
        let _ = writeln!(io::stderr(), "latchgate: {}", harmless(text));
    }

    /// Prints a note, in one line on standard error.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", harmless(text));
    }
}

/// The width of the terminal. `None` if standard output isn't one; lines may then have any width.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(io::stdout())
        .map(|(width, _)| usize::from(width.0))
        .filter(|width| *width > 0)
}

/// The fields of a row. A row that isn't a struct would be empty.
fn object(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
