//! Asks the operator: for a yes, for a password, for a token.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use secrecy::{ExposeSecret, SecretString};

use super::{harmless::harmless, print::Console};
use crate::error::AdminError;

/// The most that is read of standard input where a password is expected: more than any password is long.
const MAX_PASSWORD_INPUT: u64 = 8 * 1024;

impl Console {
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
        let _ = write!(io::stderr(), "{} Go on? [y/N] ", harmless(what));
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
    first.expose_secret() == second.expose_secret()
}
