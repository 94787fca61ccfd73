//! `latchgate tokens`: inspects a token, without printing it.

mod access;
mod refresh;
mod stored;
mod view;

use clap::Subcommand;
use secrecy::ExposeSecret;
use shared::tokens::RefreshToken;

pub use self::view::TokenView;
use crate::{context::Context, deployment::Deployment, error::AdminError};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    /// Show a token's kind, user and key, and whether it is valid or why not. You are asked for the token, or
    /// standard input has it. It is never printed
    #[command(after_help = "\
Examples:
  latchgate --stack latchgate-prod tokens inspect
  echo \"$TOKEN\" | latchgate --local tokens inspect --output json")]
    Inspect,
}

impl TokensCommand {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if the command fails.
    pub async fn run(self, context: &Context) -> Result<(), AdminError> {
        let Self::Inspect = self;
        let token = context.console.read_secret("Token: ")?;
        let view = inspect(&context.deployment, token.expose_secret().trim()).await?;
        context.console.print_one(TokenView::LINES, &view)
    }
}

/// Inspects a token.
///
/// # Errors
///
/// [`AdminError`], if a request fails.
pub async fn inspect(deployment: &Deployment, text: &str) -> Result<TokenView, AdminError> {
    if RefreshToken::is_meant_by(text) {
        refresh::inspect(deployment, text).await
    } else if text.split('.').count() == 3 {
        access::inspect(deployment, text).await
    } else {
        let why = Some("It is neither a JWT nor one of Latchgate's refresh tokens.".to_owned());
        Ok(TokenView { kind: "unknown", why, ..TokenView::default() })
    }
}
