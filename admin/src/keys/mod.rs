//! `latchgate keys`: the keyset, and its published part.

mod file;
mod read;
mod rotate;
mod secret;
mod show;

use clap::Subcommand;

pub use self::rotate::RotateOptions;
pub(crate) use self::{read::read_keyset, secret::KeysetSecret};
use crate::{context::Context, error::AdminError};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Show the keys, and what each does at present. Private keys are not shown
    Show,
    /// Replace the signing key now, and the HMAC key if it is old enough. All tokens stay valid
    #[command(after_help = "\
Examples:
  latchgate --stack latchgate-prod keys rotate
  latchgate --stack latchgate-prod keys rotate --leaked    all users have to log in again")]
    Rotate(RotateOptions),
}

impl KeysCommand {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if the command fails.
    pub async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Show => show::show(context).await,
            Self::Rotate(options) => Box::pin(rotate::rotate(context, &options)).await,
        }
    }
}
