//! `latchgate mails …`: the mails that a deployment sends.

mod preview;

use clap::Subcommand;

use self::preview::Preview;
use crate::{console::Console, error::AdminError};

/// The commands for mails.
#[derive(Debug, Subcommand)]
pub(crate) enum MailsCommand {
    /// Write every kind of mail to files, to look at them
    #[command(after_help = preview::HELP)]
    Preview(Preview),
}

impl MailsCommand {
    /// Runs the command. It needs no deployment.
    pub(crate) fn run(&self, console: &Console) -> Result<(), AdminError> {
        match self {
            Self::Preview(command) => preview::preview(console, command),
        }
    }
}
