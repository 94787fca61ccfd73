//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    clients::ClientsCommand,
    console::OutputFormat,
    deployment::{Target, local_port},
    keys::KeysCommand,
    mails::MailsCommand,
    restore::RestoreCommand,
    sessions::SessionsCommand,
    stack::{AdoptOptions, DestroyOptions},
    tokens::TokensCommand,
    users::UsersCommand,
};

const AFTER_HELP: &str = "\
Examples:
  latchgate --local clients create shop --public --scope 'read write'
  latchgate --stack latchgate-prod users create ada@example.com
  LATCHGATE_STACK=latchgate-prod latchgate sessions revoke --user ada@example.com

Exit codes:
  0  done
  1  failed: AWS, the store or a file refused or could not be reached, or a check of the doctor failed
  2  the command line is wrong
  3  there is no such client, user, session or stack
  4  refused: it exists already, is malformed or wasn't confirmed, the password isn't allowed,
     or an import rejected lines
  5  the doctor found something wrong
  141  the program that read standard output stopped, as `head` does";

const DOCTOR_HELP: &str = "\
The doctor creates a client and a user, logs in, calls, refreshes and logs out, measures how long the logout takes to
take effect, and deletes both again. It touches no other client or user. If the deployment binds tokens to keys
(Dpop=on), it also tries them without their key.

A check marked `unknown` says why. The exit code is 1 if the check itself failed. It is 0 if there is nothing to check,
or if nothing that serves requests depends on it.

Examples:
  latchgate --local doctor
  latchgate --stack latchgate-prod doctor --output json";

/// The output of `--version`. A release also names its commit.
const VERSION: &str = match option_env!("LATCHGATE_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

const DESTROY_HELP: &str = "\
The command lists what it deletes and what it keeps, and asks for the stack's name. It deletes the stacks of the alarms
and the HTTP API first. If a stack of your own imports from this one, it stops before it deletes anything. After an
interruption, run it again: it continues. If the stack is deleted already, it deletes the resources that the stack left.

DynamoDB keeps a backup of each table for 35 days, and Secrets Manager keeps the keys for 30. Logs can't be restored:
they contain personal data, as the tables do.

Examples:
  latchgate --stack latchgate-test destroy
  latchgate --stack latchgate-test destroy --backup --keep-logs --confirm latchgate-test";

const ADOPT_HELP: &str = "\
The command finds the resources that the latest deleted stack of that name left, or the stack of --from. It checks that
the tables' key schemas and expiry fit this version. Then CloudFormation creates a stack that contains nothing else yet.
Deploy over that stack with the command that is printed at the end. If the keys were left too, users stay signed in.

Examples:
  latchgate --stack latchgate adopt
  latchgate --stack latchgate-2 adopt --from latchgate --resource UsersTable=users-restored";

/// Latchgate's command line: clients, users, sessions and keys of a deployment.
#[derive(Debug, Parser)]
#[command(name = "latchgate", version = VERSION, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Parses the command line of this process. If it is invalid, ends the process.
    pub fn of_process() -> Self {
        let said: Vec<OsString> = std::env::args_os().collect();
        Self::try_parse_from(&said).unwrap_or_else(|error| {
            // Here, a port after `--local` is a separate argument, which is usually invalid.
            match with_ports_joined(&said) {
                Some(joined) if error.use_stderr() => {
                    Self::try_parse_from(joined).unwrap_or_else(|error| error.exit())
                }
                _ => error.exit(),
            }
        })
    }

    /// The command for completions. In it, `--local` takes no value, so that shells complete a command after
    /// it, and not a file.
    pub(crate) fn to_complete() -> clap::Command {
        Self::command().mut_arg("local", |local| {
            let help = local.get_help().cloned().unwrap_or_default();
            Arg::new("local").long("local").global(true).action(ArgAction::SetTrue).help(help)
        })
    }
}

/// The arguments with `--local 8787` as `--local=8787`. `None`, if nothing changes.
fn with_ports_joined(said: &[OsString]) -> Option<Vec<OsString>> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut arguments = said.iter().peekable();
    let mut found = false;
    while let Some(argument) = arguments.next() {
        let port = (argument == "--local").then(|| arguments.peek().and_then(|next| next.to_str())).flatten();
        match port.filter(|text| local_port(text).is_ok()) {
            Some(port) => {
                joined.push(format!("--local={port}").into());
                arguments.next();
                found = true;
            }
            None if argument == "--" => {
                joined.push(argument.clone());
                joined.extend(arguments.by_ref().cloned());
            }
            None => joined.push(argument.clone()),
        }
    }
    found.then_some(joined)
}

/// The options for output, confirmations and the audit log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output and confirmation")]
pub(crate) struct Manner {
    /// The output: a table for people, or one JSON document for programs
    #[arg(long, global = true, value_enum, value_name = "FORMAT", env = "LATCHGATE_OUTPUT", default_value_t = OutputFormat::Table)]
    pub(crate) output: OutputFormat,
    /// Skip all confirmations
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// The audit log of changes, with JSON lines; `-` is standard error
    /// [default: latchgate/audit.jsonl in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, global = true, value_name = "PATH", env = "LATCHGATE_AUDIT_LOG", verbatim_doc_comment)]
    pub(crate) audit_log: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Applications that may sign users in
    #[command(subcommand)]
    Clients(ClientsCommand),
    /// People who may sign in
    #[command(subcommand)]
    Users(UsersCommand),
    /// Users signed in on clients
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Inspect a token, without printing it
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// The keys that make and verify tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The mails that were sent or wait, and what they look like
    #[command(subcommand)]
    Mails(MailsCommand),
    /// Examine a deployment: tables, keys, clock, and a full trial with a throw-away client and user
    #[command(after_help = DOCTOR_HELP)]
    Doctor,
    /// Restore rows as they were at a past moment, or deleted tables
    #[command(subcommand)]
    Restore(RestoreCommand),
    /// Delete the stack of --stack, and the tables, keys and logs that CloudFormation would keep
    #[command(after_help = DESTROY_HELP)]
    Destroy(DestroyOptions),
    /// Make the stack of --stack from the tables, keys and logs that a deleted stack left
    #[command(after_help = ADOPT_HELP)]
    Adopt(AdoptOptions),
    /// Print the completions for a shell
    #[command(
        after_help = "Example:\n  latchgate completions bash > ~/.local/share/bash-completion/completions/latchgate"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}
