//! Asks the operator for a confirmation, a password or a token.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use secrecy::{ExposeSecret, SecretString};

use super::{harmless::harmless, print::Console};
use crate::{error::AdminError, stack::StackError};

/// The most bytes read from standard input for a password: more than the longest password.
const MAX_PASSWORD_INPUT: u64 = 8 * 1024;

impl Console {
    /// Asks for confirmation of something that can't be undone.
    ///
    /// # Errors
    ///
    /// [`AdminError::Declined`], if the answer isn't yes; [`AdminError::Unconfirmed`], if there is no
    /// terminal to ask at.
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

    /// Makes the operator type a name to confirm a complete removal, for which a yes comes too easily.
    ///
    /// # Errors
    ///
    /// [`StackError::WrongName`], if the name differs; [`StackError::Unconfirmed`], if it isn't given and
    /// there is no terminal.
    pub fn confirm_name(&self, name: &str, given: Option<&str>) -> Result<(), AdminError> {
        let typed = if let Some(given) = given {
            given.to_owned()
        } else {
            if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
                return Err(StackError::Unconfirmed(name.to_owned()).into());
            }
            let _ = write!(io::stderr(), "Type the name of the stack to go on: ");
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map_err(AdminError::io("standard input"))?;
            answer.trim().to_owned()
        };
        if typed == name { Ok(()) } else { Err(StackError::WrongName(name.to_owned()).into()) }
    }

    /// Asks for a new password, twice, without showing it.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if there is no terminal, or the two inputs differ.
    pub fn ask_password(&self) -> Result<SecretString, AdminError> {
        if !io::stdin().is_terminal() {
            return Err(AdminError::Usage(
                "there is no terminal to ask for the password: pass it on standard input with \
                 --password-stdin, or generate one with --generate",
            ));
        }
        let ask = |prompt| {
            let answer = rpassword::prompt_password(prompt).map_err(AdminError::io("the terminal"))?;
            Ok::<_, AdminError>(SecretString::from(answer))
        };
        let (first, second) = (ask("New password: ")?, ask("The same again: ")?);
        if same(&first, &second) { Ok(first) } else { Err(AdminError::Refused("the two passwords differ")) }
    }

    /// Asks for a secret without showing it, or reads it from standard input.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if reading fails.
    pub fn read_secret(&self, prompt: &str) -> Result<SecretString, AdminError> {
        if io::stdin().is_terminal() {
            let answer = rpassword::prompt_password(prompt).map_err(AdminError::io("the terminal"))?;
            return Ok(answer.into());
        }
        self.read_password()
    }

    /// Reads the first line of standard input.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if reading fails or the line isn't text.
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
