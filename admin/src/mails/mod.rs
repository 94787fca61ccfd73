//! `latchgate mails …`: the mails that a deployment sends.

mod list;
mod preview;
mod resend;
mod suppress;
mod view;

use clap::Subcommand;

use self::{list::List, preview::Preview, resend::Resend, suppress::Suppress};
use crate::{console::Console, context::Context, error::AdminError};

/// The commands for mails.
#[derive(Debug, Subcommand)]
pub(crate) enum MailsCommand {
    /// List the latest mails, and the addresses that get none
    #[command(after_help = list::HELP)]
    List(List),
    /// Send an address's latest mail again, with the same link
    #[command(after_help = resend::HELP)]
    Resend(Resend),
    /// Stop all mails to an address, or allow them again
    #[command(after_help = suppress::HELP)]
    Suppress(Suppress),
    /// Write every kind of mail to files, to look at them
    #[command(after_help = preview::HELP)]
    Preview(Preview),
}

impl MailsCommand {
    /// Runs a command that needs no deployment, or returns the command.
    pub(crate) fn run_without_deployment(self, console: &Console) -> Result<Option<Self>, AdminError> {
        match self {
            Self::Preview(command) => preview::preview(console, &command).map(|()| None),
            command => Ok(Some(command)),
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::List(command) => list::list(context, command).await,
            Self::Resend(command) => resend::resend(context, &command).await,
            Self::Suppress(command) => suppress::suppress(context, &command).await,
            Self::Preview(command) => preview::preview(&context.console, &command),
        }
    }
}
