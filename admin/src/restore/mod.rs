//! `latchgate restore`: restores lost data from DynamoDB's own backups.
//!
//! `rows` restores deleted or damaged clients and users, from copies of the tables that `copies` makes.
//! `tables` restores deleted tables, with the settings that restored tables lack. Both end with the doctor.

mod address;
mod copies;
mod rows;
mod tables;
mod wait;

use clap::Subcommand;

use self::rows::Rows;
use crate::{context::Context, error::AdminError};

/// The commands that restore data.
#[derive(Debug, Subcommand)]
pub(crate) enum RestoreCommand {
    /// Restore clients and users as they were at a moment of the last 35 days
    #[command(after_help = rows::HELP)]
    Rows(Rows),
    /// Restore tables that were deleted in the last 35 days
    #[command(after_help = tables::HELP)]
    Tables,
}

impl RestoreCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Rows(rows) => rows::restore(context, &rows).await,
            Self::Tables => tables::restore(context).await,
        }
    }
}
