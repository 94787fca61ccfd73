//! What can be said on the command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    clients::ClientsCommand,
    console::OutputFormat,
    deployment::{Target, local_port},
    keys::KeysCommand,
    sessions::SessionsCommand,
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
  1  it failed: AWS, the store or a file said no, or could not be reached; the doctor could not look
     at everything
  2  the command line makes no sense
  3  there is no such client, user, session or stack
  4  refused: it is there already, malformed, not confirmed, a password that may not be chosen,
     or an import with lines that were rejected
  5  the doctor found something wrong
  141  whoever read standard output stopped reading, as `head` does";

const DOCTOR_HELP: &str = "\
It makes a client and a user of its own, logs in, calls, refreshes, logs out, sees how long that takes to take effect,
and removes both again. Nobody else is touched.

Examples:
  latchgate --local doctor
  latchgate --stack latchgate-prod doctor --output json";

/// Latchgate's command line: clients, users, sessions and keys of a deployment.
#[derive(Debug, Parser)]
#[command(name = "latchgate", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What was said on the command line of this process. If it can't be, the process ends.
    pub fn of_process() -> Self {
        let said: Vec<OsString> = std::env::args_os().collect();
        Self::try_parse_from(&said).unwrap_or_else(|error| {
            // As it is written, a port after `--local` is an argument of its own, which mostly means nothing.
            match with_ports_joined(&said) {
                Some(joined) if error.use_stderr() => {
                    Self::try_parse_from(joined).unwrap_or_else(|error| error.exit())
                }
                _ => error.exit(),
            }
        })
    }

    /// The command that completions are made for. There `--local` takes no value, so that what follows it is a command: a
    /// shell would offer files.
    pub(crate) fn to_complete() -> clap::Command {
        Self::command().mut_arg("local", |local| {
            let help = local.get_help().cloned().unwrap_or_default();
            Arg::new("local").long("local").global(true).action(ArgAction::SetTrue).help(help)
        })
    }
}

/// The arguments with `--local 8787` as `--local=8787`; nothing, if they have none.
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

/// How it is asked, said and written down.
#[derive(Debug, Args)]
#[command(next_help_heading = "Manner")]
pub(crate) struct Manner {
    /// What is printed: a table for people, or one JSON document for programs
    #[arg(long, global = true, value_enum, value_name = "FORMAT", env = "LATCHGATE_OUTPUT", default_value_t = OutputFormat::Table)]
    pub(crate) output: OutputFormat,
    /// Do it without asking
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Where changes are written down, a line of JSON each; `-` is standard error
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
    /// What a token is, without printing it
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// What tokens are made and verified with
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Examine a deployment: tables, keys, clock, and a full trial with a throw-away client and user
    #[command(after_help = DOCTOR_HELP)]
    Doctor,
    /// Print what a shell needs to complete commands and options
    #[command(
        after_help = "Example:\n  latchgate completions bash > ~/.local/share/bash-completion/completions/latchgate"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}
