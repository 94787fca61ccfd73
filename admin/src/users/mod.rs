//! `latchgate users …`: people who may sign in.

pub(crate) mod claims;
mod consents;
mod create;
mod cursor;
mod export;
mod import;
mod invite;
mod lifecycle;
mod list;
mod new_device_mails;
mod password;
mod rename;
mod search;
mod show;
mod view;

use clap::Subcommand;
use passwords::Username;

pub(crate) use self::{
    export::each_user,
    import::{Import, Outcome, Record, Secret, Worker},
};

use self::{
    claims::SetClaims,
    consents::ConsentsOf,
    create::Create,
    export::Export,
    invite::Invite,
    lifecycle::Remove,
    list::List,
    new_device_mails::WantMails,
    password::{MustChange, SetPassword},
    rename::Rename,
    show::Show,
};
use crate::{context::Context, error::AdminError, options::username};

/// The commands for users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Register a user
    #[command(after_help = create::CREATE_HELP)]
    Create(Create),
    /// Mail invitations, by which people create their accounts themselves
    #[command(after_help = invite::HELP)]
    Invite(Invite),
    /// List users
    #[command(after_help = list::HELP)]
    List(List),
    /// Show a user
    #[command(
        after_help = "Examples:\n  latchgate users show ada@example.com\n  latchgate users show 8f3k…\n  latchgate users show --id 8f3k…"
    )]
    Show(Show),
    /// Replace a user's password
    #[command(after_help = password::SET_PASSWORD_HELP)]
    SetPassword(SetPassword),
    /// Make a user change the password at the next login
    #[command(after_help = password::MUST_CHANGE_HELP)]
    MustChange(MustChange),
    /// Send a user a mail about each session on a new device
    #[command(after_help = new_device_mails::HELP)]
    NewDeviceMails(WantMails),
    /// Replace a user's claims
    #[command(after_help = claims::CLAIMS_HELP)]
    SetClaims(SetClaims),
    /// Rename a user
    #[command(after_help = rename::HELP)]
    Rename(Rename),
    /// List a user's consents, or withdraw them
    #[command(after_help = consents::HELP)]
    Consents(ConsentsOf),
    /// Disable a user: issue no more tokens, and end the user's sessions
    #[command(after_help = lifecycle::DISABLE_HELP)]
    Disable(Remove),
    /// Let a disabled user sign in again
    #[command(after_help = "Example:\n  latchgate users enable ada@example.com")]
    Enable {
        /// The user's name
        #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
        username: Username,
    },
    /// Delete a user
    #[command(after_help = lifecycle::DELETE_HELP)]
    Delete(Remove),
    /// Register users from a file
    #[command(after_help = import::HELP)]
    Import(Import),
    /// Print all users in the format of `import`
    #[command(after_help = export::HELP)]
    Export(Export),
}

impl UsersCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Create(command) => create::create(context, command).await,
            Self::Invite(command) => invite::invite(context, command).await,
            Self::List(command) => list::list(context, command).await,
            Self::Show(command) => show::show(context, &command).await,
            Self::SetPassword(command) => password::set(context, &command).await,
            Self::MustChange(command) => password::must_change(context, &command).await,
            Self::NewDeviceMails(command) => new_device_mails::want(context, &command).await,
            Self::SetClaims(command) => claims::set(context, &command).await,
            Self::Rename(command) => rename::rename(context, &command).await,
            Self::Consents(command) => consents::consents(context, &command).await,
            Self::Disable(command) => lifecycle::disable(context, &command).await,
            Self::Enable { username } => lifecycle::enable(context, &username).await,
            Self::Delete(command) => lifecycle::delete(context, &command).await,
            Self::Import(command) => import::import(context, command).await,
            Self::Export(command) => export::export(context, &command).await,
        }
    }
}
