//! `latchgate keys`: the keyset, and what of it is published.

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
    /// Show which keys there are, and what each is good for now. Private keys are not shown
    Show,
    /// Replace the signing key now, and the HMAC key if it is old enough; nobody notices
    #[command(after_help = "\
Examples:
  latchgate --stack latchgate-prod keys rotate
  latchgate --stack latchgate-prod keys rotate --leaked    everybody has to log in again")]
    Rotate(RotateOptions),
}

impl KeysCommand {
    /// Carries it out.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be.
    pub async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Show => show::show(context).await,
            Self::Rotate(options) => Box::pin(rotate::rotate(context, &options)).await,
        }
    }
}
