//! Whom a command asks, and whom it tells.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use clap::ValueEnum;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{error::AdminError, text};

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

/// The most that is read of standard input where a password is expected: more than any password is long.
const MAX_PASSWORD_INPUT: u64 = 8 * 1024;

impl Console {
    /// Prints some of a kind: in a table, the columns of these names.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn list(&self, names: &[&str], rows: &[impl Serialize]) -> Result<(), AdminError> {
        let objects: Vec<_> = rows.iter().map(object).collect();
        match self.output {
            OutputFormat::Table => self.print(&text::list(names, &objects)),
            OutputFormat::Json => self.print_json(&objects),
        }
    }

    /// Prints one: as a table, the lines of these names.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn single(&self, names: &[&str], row: &impl Serialize) -> Result<(), AdminError> {
        let object = object(row);
        match self.output {
            OutputFormat::Table => self.print(&text::single(names, &object)),
            OutputFormat::Json => self.print_json(&object),
        }
    }

    /// Prints what has no columns.
    ///
    /// # Errors
    ///
    /// [`AdminError::Io`], if standard output is closed.
    pub fn print(&self, text: &str) -> Result<(), AdminError> {
        writeln!(io::stdout(), "{text}").map_err(AdminError::io("standard output"))
    }

    fn print_json(&self, document: &impl Serialize) -> Result<(), AdminError> {
        let text = serde_json::to_string_pretty(document);
        self.print(&text.map_err(|e| AdminError::io("standard output")(e.into()))?)
    }

    /// Tells people something that isn't the answer.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Asks before something that can't be undone.
    ///
    /// # Errors
    ///
    /// [`AdminError::Declined`], if the answer isn't yes; [`AdminError::Unconfirmed`], if there is nobody to ask.
    pub fn confirm(&self, what: &str) -> Result<(), AdminError> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(AdminError::Unconfirmed);
        }
        let _ = write!(io::stderr(), "{} Go on? [y/N] ", text::harmless(what));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(AdminError::io("standard input"))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(AdminError::Declined),
        }
    }

    /// Asks for a new password, twice, without showing it.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if there is no terminal, or the two differ.
    pub fn ask_password(&self) -> Result<SecretString, AdminError> {
        if !io::stdin().is_terminal() {
            return Err(AdminError::Usage(
                "there is no terminal to ask for the password: give it on standard input with --password-stdin, \
                 or have one made with --generate",
            ));
        }
        let ask = |prompt| {
            let answer = rpassword::prompt_password(prompt).map_err(AdminError::io("the terminal"))?;
            Ok::<_, AdminError>(SecretString::from(answer))
        };
        let (first, second) = (ask("New password: ")?, ask("The same again: ")?);
        if same(&first, &second) { Ok(first) } else { Err(AdminError::Refused("the two passwords differ")) }
    }

    /// Asks for something that is not to be shown, or reads it from standard input.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be read.
    pub fn read_secret(&self, prompt: &str) -> Result<SecretString, AdminError> {
        if io::stdin().is_terminal() {
            let answer = rpassword::prompt_password(prompt).map_err(AdminError::io("the terminal"))?;
            return Ok(answer.into());
        }
        self.read_password()
    }

    /// The first line of standard input.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be read, or isn't text.
    pub fn read_password(&self) -> Result<SecretString, AdminError> {
        let mut line = String::new();
        let mut input = io::stdin().lock().take(MAX_PASSWORD_INPUT);
        input.read_line(&mut line).map_err(AdminError::io("standard input"))?;
        let password = line.strip_suffix('\n').unwrap_or(&line);
        Ok(password.strip_suffix('\r').unwrap_or(password).into())
    }
}

fn same(first: &SecretString, second: &SecretString) -> bool {
    use secrecy::ExposeSecret;
    first.expose_secret() == second.expose_secret()
}

/// What is listed here is a struct; anything else would be an empty row.
fn object(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
