//! `latchgate users …`: people who may sign in.

mod claims;
mod create;
mod export;
mod import;
mod lifecycle;
mod list;
mod password;
mod table;
mod view;

use clap::{Args, Subcommand};
use passwords::Username;
use shared::ids::UserId;

pub use self::table::{Creation, Named, NewUser, UserTables};
use self::{import::Import, password::PasswordSource};
use crate::{
    error::AdminError,
    options::{user_id, username},
    run::Context,
};

const CREATE_HELP: &str = "\
Examples:
  latchgate users create ada@example.com --claims '{\"email\": \"ada@example.com\", \"roles\": [\"admin\"]}'
  latchgate users create ada@example.com --generate --must-change
  pass show ada | latchgate users create ada@example.com --password-stdin

The password is asked for, twice; it is never an argument. A password has at least 8 characters, is not
among the most common ones and not the user name.";

const SET_PASSWORD_HELP: &str = "\
Examples:
  latchgate users set-password ada@example.com
  latchgate users set-password ada@example.com --generate --must-change

The user's sessions end, unless --keep-sessions. Attempts on the old password don't count any more.";

const CLAIMS_HELP: &str = "\
Examples:
  latchgate users set-claims ada@example.com '{\"email\": \"ada@example.com\", \"roles\": [\"admin\"]}'
  latchgate users set-claims ada@example.com - < claims.json

These are all of the user's claims from now on; `{}` takes them away. They are in the tokens of the next
login or refresh.";

const MUST_CHANGE_HELP: &str = "\
Examples:
  latchgate users must-change ada@example.com
  latchgate users must-change ada@example.com --not

At the next login. Sessions that there are go on.";

const DISABLE_HELP: &str = "\
Example:
  latchgate users disable ada@example.com

No logins and no refreshes, until the user is enabled; sessions end.";

const DELETE_HELP: &str = "\
Example:
  latchgate users delete ada@example.com

The user is disabled first, then credential, sessions and user go. What your own endpoints keep of the
user is theirs to delete.";

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Register a user
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// List users
    #[command(after_help = "Example:\n  latchgate users list --limit 1000 --output json")]
    List {
        /// No more than so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Show a user
    #[command(
        after_help = "Examples:\n  latchgate users show ada@example.com\n  latchgate users show --id 8f3k…"
    )]
    Show(Show),
    /// Replace a user's password
    #[command(after_help = SET_PASSWORD_HELP)]
    SetPassword(SetPassword),
    /// Have a user choose another password at the next login
    #[command(after_help = MUST_CHANGE_HELP)]
    MustChange(MustChange),
    /// Replace a user's claims
    #[command(after_help = CLAIMS_HELP)]
    SetClaims(SetClaims),
    /// Issue nothing to a user any more, and end the user's sessions
    #[command(after_help = DISABLE_HELP)]
    Disable(Remove),
    /// Let a disabled user sign in again
    #[command(after_help = "Example:\n  latchgate users enable ada@example.com")]
    Enable {
        /// The user's name
        #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
        username: Username,
    },
    /// Delete a user
    #[command(after_help = DELETE_HELP)]
    Delete(Remove),
    /// Register users from a file
    #[command(after_help = import::HELP)]
    Import(Import),
    /// Print all users in the format of `import`
    #[command(after_help = "Example:\n  latchgate users export --with-hashes > users.jsonl")]
    Export {
        /// With their password hashes: without them nobody can sign in where these are imported
        #[arg(long)]
        with_hashes: bool,
    },
}

/// `users create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The user's name: 1 to 256 bytes of letters, digits and ASCII symbols; case makes no difference
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// The user's identifier, `sub` in tokens [default: a random one]
    #[arg(long, value_name = "ID", value_parser = user_id, allow_hyphen_values = true)]
    id: Option<UserId>,
    /// What the user's access tokens say, a JSON object
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Have the user choose another password at the first login
    #[arg(long)]
    must_change: bool,
    #[command(flatten)]
    password: PasswordSource,
}

/// `users show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true, required_unless_present = "id", conflicts_with = "id")]
    username: Option<Username>,
    /// The user's identifier
    #[arg(long, value_name = "ID", value_parser = user_id, allow_hyphen_values = true)]
    id: Option<UserId>,
}

/// `users set-password`
#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    #[command(flatten)]
    password: PasswordSource,
    /// Have the user choose another password at the next login
    #[arg(long)]
    must_change: bool,
    /// Leave the user signed in
    #[arg(long)]
    keep_sessions: bool,
    /// Don't look again for sessions of logins that were under way
    #[arg(long, conflicts_with = "keep_sessions")]
    no_wait: bool,
}

/// `users must-change`
#[derive(Debug, Args)]
pub(crate) struct MustChange {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// The password may stay after all
    #[arg(long)]
    not: bool,
}

/// `users set-claims`
#[derive(Debug, Args)]
pub(crate) struct SetClaims {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// The claims, a JSON object; `-` reads it from standard input
    #[arg(value_name = "JSON")]
    claims: String,
}

/// `users disable`, `users delete`
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Don't look again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

impl UsersCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Create(command) => create::create(context, command).await,
            Self::List { limit } => list::list(context, limit).await,
            Self::Show(command) => list::show(context, &command).await,
            Self::SetPassword(command) => password::set(context, &command).await,
            Self::MustChange(command) => password::must_change(context, &command).await,
            Self::SetClaims(command) => claims::set(context, &command).await,
            Self::Disable(command) => lifecycle::disable(context, &command).await,
            Self::Enable { username } => lifecycle::enable(context, &username).await,
            Self::Delete(command) => lifecycle::delete(context, &command).await,
            Self::Import(command) => import::import(context, command).await,
            Self::Export { with_hashes } => export::export(context, with_hashes).await,
        }
    }
}
