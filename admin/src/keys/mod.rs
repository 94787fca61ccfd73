//! `latchgate keys`: the keyset, and what of it is published.

mod file;
mod rotate;
mod secret;
mod show;

use clap::{Args, Subcommand};
use shared::keys::SigningAlgorithm;
use shared::{environment::variable, keys::KeysetDocument};

use self::file::KeysetFile;
pub(crate) use self::secret::KeysetSecret;
use crate::{deployment::Deployment, error::AdminError, run::Context};

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

/// How keys are replaced.
#[derive(Debug, Args)]
pub struct RotateOptions {
    /// The keys have leaked: put all of them away at once. Every token ends, and everybody has to log in again
    #[arg(long)]
    pub leaked: bool,
    /// What a new signing key in a file is for: ES256, EdDSA or RS256. A stack has a parameter for it
    #[arg(long, value_name = "NAME")]
    pub algorithm: Option<SigningAlgorithm>,
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

/// The keyset, from wherever it is.
pub(crate) async fn read_keyset(deployment: &Deployment) -> Result<KeysetDocument, AdminError> {
    let text = if deployment.environment.optional(variable::KEYSET_SECRET).is_some() {
        KeysetSecret::new(deployment)?.text().await?
    } else {
        KeysetFile::of(deployment)?.read()?
    };
    Ok(KeysetDocument::parse(&text)?)
}
