//! The errors of commands, and their exit codes.

use std::{io, path::PathBuf};

use crate::deployment::{AccessError, EndpointError, advice_on};
use crate::stack::StackError;
use keys::{FenceError, GenerateError};
use passwords::{PasswordError, PasswordRejection};
use port_file::PortFileError;
use shared::{environment::EnvironmentError, error::chain, keys::KeysetError, store::StoreError};

/// The name of standard output.
pub(crate) const STDOUT: &str = "standard output";
/// The exit code that shells report for a program that SIGPIPE ended.
const CLOSED_OUTPUT: u8 = 128 + 13;

/// Why a command failed. If a message already contains its cause, the error has no source: the cause would be
/// printed twice.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No deployment is selected.
    #[error(
        "which deployment? Name a stack (--stack NAME or LATCHGATE_STACK), the server that `cargo run` \
         started (--local), or a store (--endpoint URL), or set the functions' variables (CLIENTS_TABLE and \
         the others)"
    )]
    NoDeployment,
    /// A variable with a table's name is missing.
    #[error(
        "{0}: name the whole deployment with --stack, --local or --endpoint, or set the variables of all its tables"
    )]
    Environment(EnvironmentError),
    /// The options don't fit together.
    #[error("{0}")]
    Usage(&'static str),
    /// The store refused, could not be reached, or has a malformed item.
    #[error("{0}{hint}", hint = hint(.0))]
    Store(StoreError),
    /// No store answers at an endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// AWS doesn't accept the operator.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// CloudFormation refused, or could not be reached.
    #[error("CloudFormation did not describe the stack {stack} in {region} ({reason}): {advice}")]
    Stack {
        /// The stack.
        stack: String,
        /// Its region.
        region: String,
        /// The advice.
        advice: &'static str,
        /// The error from CloudFormation or the network.
        reason: String,
    },
    /// CloudFormation refused, or could not be reached.
    #[error("CloudFormation did not list who imports {export} ({reason}){}", hint_of(.reason))]
    Imports {
        /// The exported name.
        export: String,
        /// The error from CloudFormation or the network.
        reason: String,
    },
    /// The stack isn't Latchgate's, or is of an older version.
    #[error(
        "the stack {stack} ({status}) has no output {output}: {}", without_outputs(.stack, .status)
    )]
    Output {
        /// The stack's status.
        status: String,
        /// The stack.
        stack: String,
        /// The output.
        output: String,
    },
    /// The stack doesn't exist.
    #[error(
        "there is no stack {stack} in {region}: check --region and --profile; `aws cloudformation \
         list-stacks --region {region}` lists the stacks there"
    )]
    NoStack {
        /// The stack.
        stack: String,
        /// Its region.
        region: String,
    },
    /// No server runs on this port, or its store is gone.
    #[error("no local server on port {0}: start one with `cargo run`, or pass its port with --local=PORT")]
    NoLocalServer(u16),
    /// A server runs on this port, but its file isn't in the expected place.
    #[error(
        "a Latchgate serves port {port}, but its file isn't in {folders}: another user started it, or its \
         HOME or XDG_RUNTIME_DIR was different. Run this command as that user, with the same variables"
    )]
    ServerElsewhere {
        /// The port.
        port: u16,
        /// The folders that were searched.
        folders: String,
    },
    /// The local server's file can't be read.
    #[error("{}{}", chain(.0), elsewhere(.0))]
    PortFile(PortFileError),
    /// The command can't get the keyset.
    #[error(
        "the keyset is out of reach: a local server without --db or --keyset keeps it in memory; for other \
         deployments, set KEYSET_SECRET or KEYSET_FILE"
    )]
    NoKeyset,
    /// The keyset is unusable.
    #[error("{0}{hint}", hint = made_when(.0))]
    Keyset(KeysetError),
    /// Another service than the store refused, or could not be reached.
    #[error("{service} did not carry out {operation}: {reason}{}", hint_of(.reason))]
    Service {
        /// The service, as AWS calls it.
        service: &'static str,
        /// The operation.
        operation: &'static str,
        /// The error from the service or the network.
        reason: String,
    },
    /// A stack could not be destroyed or adopted.
    #[error(transparent)]
    WholeStack(#[from] StackError),
    /// A rotation was started, but hasn't finished.
    #[error(
        "the rotation didn't finish within {0} s: see the log of KeysFunction; the old keys stay in use \
         until it does"
    )]
    RotationPending(u64),
    /// Another keyset became current while this one was published.
    #[error("{0}: `latchgate keys show` shows the keys in use; to rotate them, run the command again")]
    Fence(FenceError),
    /// No key could be generated.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The doctor found problems.
    #[error("the doctor found {0} wrong: the lines marked `wrong` say what to do")]
    Unwell(usize),
    /// The doctor could not make some checks.
    #[error("the doctor could not check {0} of these: the lines marked `unknown` say why")]
    Unexamined(usize),
    /// The audit log has no default place.
    #[error(
        "neither XDG_STATE_HOME nor HOME is set: name the audit log with --audit-log PATH; nothing was changed"
    )]
    NoAuditLog,
    /// The audit log can't be opened.
    #[error("the audit log {path} can't be opened, so nothing was changed; name another with --audit-log")]
    AuditLog {
        /// The file.
        path: PathBuf,
        /// The error from the system.
        #[source]
        source: io::Error,
    },
    /// A change was made, but could not be recorded.
    #[error("the change was made, but could not be written to the audit log")]
    Unrecorded(#[source] io::Error),
    /// A change could not be recorded in advance.
    #[error("the change could not be written to the audit log, so nothing was changed")]
    Unannounced(#[source] io::Error),
    /// A file or a stream can't be read or written.
    #[error("{name} can't be read or written")]
    Io {
        /// The name of the file or the stream.
        name: String,
        /// The error from the system.
        #[source]
        source: io::Error,
    },
    /// The file to create exists.
    #[error("{0} exists already: name a new file")]
    FileExists(String),
    /// The output contains hashes, and others could read it.
    #[error(
        "others can read this file, so no hashes are written to it; --file PATH creates one that only you \
         can read"
    )]
    OpenOutput(#[source] io::Error),
    /// The object doesn't exist.
    #[error("there is no {kind} {name}{}", look(.kind))]
    NotFound {
        /// The kind of object.
        kind: &'static str,
        /// Its name on the command line.
        name: String,
    },
    /// The object to create exists.
    #[error("there is a {kind} {name} already")]
    Exists {
        /// The kind of object.
        kind: &'static str,
        /// Its name on the command line.
        name: String,
    },
    /// The input is not accepted.
    #[error("{0}")]
    Refused(&'static str),
    /// The mails can't be rendered, for example because of a template.
    #[error("the mails can't be rendered: {0}")]
    Mails(String),
    /// Several mails can be sent again.
    #[error("several mails to this address can be sent again: name one of {0} with --purpose")]
    SeveralMails(String),
    /// Some addresses were not invited.
    #[error("{}, for the reasons above", addresses_were(*.0))]
    Uninvited(u64),
    /// The password is not allowed.
    #[error("the password was refused")]
    Rejection(#[from] PasswordRejection),
    /// There is no terminal for the confirmation, and no `--yes`.
    #[error("this needs a confirmation: run it on a terminal, or add --yes")]
    Unconfirmed,
    /// The operator declined.
    #[error("nothing was changed")]
    Declined,
    /// Some lines of a file were rejected.
    #[error("{}: correct {} in {rejects} and run the command with that file", lines_were(*.count), if *.count == 1 { "it" } else { "them" })]
    Rejected {
        /// The number of lines.
        count: u64,
        /// The file with these lines.
        rejects: String,
    },
    /// Some lines of a file would be rejected.
    #[error("{}, for the reasons above", lines_would_be(*.0))]
    WouldReject(u64),
    /// A command that reads a file did not finish.
    #[error("the command stopped; go on with --from-line {line}")]
    Stopped {
        /// The first line that was not handled.
        line: u64,
        /// The reason; `None`, if the operator stopped it.
        #[source]
        cause: Option<Box<AdminError>>,
    },
}

impl AdminError {
    /// The error for a file or a stream.
    pub(crate) fn io(name: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { name: name.into(), source }
    }

    /// Whether the reader of standard output went away, as `head` does. This isn't worth a message.
    pub fn is_closed_output(&self) -> bool {
        let closed = |source: &io::Error| source.kind() == io::ErrorKind::BrokenPipe;
        matches!(self, Self::Io { name, source } if name == STDOUT && closed(source))
    }

    /// The exit code, as `latchgate --help` explains it.
    pub fn exit_code(&self) -> u8 {
        if self.is_closed_output() {
            return CLOSED_OUTPUT;
        }
        match self {
            Self::Store(_)
            | Self::Endpoint(_)
            | Self::Access(_)
            | Self::ServerElsewhere { .. }
            | Self::Password(_)
            | Self::Stack { .. }
            | Self::Imports { .. }
            | Self::Output { .. }
            | Self::NoLocalServer(_)
            | Self::PortFile(_)
            | Self::NoKeyset
            | Self::Keyset(_)
            | Self::Service { .. }
            | Self::RotationPending(_)
            | Self::Fence(_)
            | Self::Generate(_)
            | Self::Unexamined(_)
            | Self::NoAuditLog
            | Self::AuditLog { .. }
            | Self::Unrecorded(_)
            | Self::Unannounced(_)
            | Self::Io { .. }
            | Self::Stopped { .. } => 1,
            Self::NoDeployment | Self::Environment(_) | Self::Usage(_) | Self::SeveralMails(_) => 2,
            Self::NotFound { .. } | Self::NoStack { .. } => 3,
            Self::Exists { .. }
            | Self::Refused(_)
            | Self::Mails(_)
            | Self::Uninvited(_)
            | Self::Rejection(_)
            | Self::Unconfirmed
            | Self::Declined
            | Self::OpenOutput(_)
            | Self::FileExists(_)
            | Self::Rejected { .. }
            | Self::WouldReject(_) => 4,
            Self::Unwell(_) => 5,
            Self::WholeStack(error) => error.exit_code(),
        }
    }
}

impl From<EnvironmentError> for AdminError {
    fn from(error: EnvironmentError) -> Self {
        Self::Environment(error)
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeysetError> for AdminError {
    fn from(error: KeysetError) -> Self {
        Self::Keyset(error)
    }
}

impl From<PortFileError> for AdminError {
    fn from(error: PortFileError) -> Self {
        Self::PortFile(error)
    }
}

impl From<FenceError> for AdminError {
    fn from(error: FenceError) -> Self {
        match error {
            FenceError::Raised => Self::Fence(error),
            FenceError::Store(error) => Self::Store(error),
        }
    }
}

/// Advice on the store's error; empty, if the error says enough.
fn hint(error: &StoreError) -> String {
    match error {
        StoreError::Unavailable { reason, .. } => hint_of(reason),
        StoreError::Malformed { .. } => ": another program wrote it, or another version".to_owned(),
    }
}

/// How to list the existing objects of this kind.
fn look(kind: &str) -> &'static str {
    match kind {
        "user" => {
            ": `latchgate users list --search TEXT` finds names, and `latchgate users show ID` finds the \
             user with an identifier"
        }
        "client" => ": `latchgate clients list` lists all clients",
        "backup of the table" => {
            ": DynamoDB makes one when a table is deleted, if point-in-time recovery was on, and keeps it \
             for 35 days. `aws dynamodb list-backups` lists other backups; if you restore one of those, run \
             `latchgate sessions revoke --all` afterwards"
        }
        "consent of this user for" => ": `latchgate users consents NAME` lists the user's consents",
        "mail to" => ": rows of mails stay for two days, or a day longer than their links",
        "suppressed address" => ": `latchgate mails list --suppressed` lists them",
        "session of this user" => ": `latchgate sessions list --user NAME` lists the live sessions",
        _ => "",
    }
}

/// Advice if a local server's file can't be searched for.
fn elsewhere(error: &PortFileError) -> &'static str {
    match error {
        PortFileError::NoFolder => {
            ": set HOME to the value that `cargo run` had, or name the server's store with --endpoint URL"
        }
        PortFileError::Io { .. } => {
            ": run this as the user who started the server, or name the server's store with --endpoint URL"
        }
        PortFileError::Malformed { .. } => "",
    }
}

fn lines_were(count: u64) -> String {
    if count == 1 { "1 line was rejected".to_owned() } else { format!("{count} lines were rejected") }
}

fn addresses_were(count: u64) -> String {
    if count == 1 {
        "1 address was not invited".to_owned()
    } else {
        format!("{count} addresses were not invited")
    }
}

fn lines_would_be(count: u64) -> String {
    if count == 1 {
        "1 line would be rejected".to_owned()
    } else {
        format!("{count} lines would be rejected")
    }
}

/// Why a stack with this status has no outputs.
fn without_outputs(stack: &str, status: &str) -> String {
    match status {
        "IMPORT_COMPLETE" => {
            format!("it has tables, but no functions yet: run `sam deploy --stack-name {stack}`")
        }
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => {
            format!("its first deployment failed: clean up with `latchgate --stack {stack} destroy`, then deploy it again")
        }
        _ => "it isn't Latchgate's, its deployment isn't complete, or it was deployed from an older version: deploy it again"
            .to_owned(),
    }
}

fn made_when(error: &KeysetError) -> &'static str {
    match error {
        KeysetError::NotMade => {
            ": that takes a minute after the first deployment; after that, see the log of KeysFunction"
        }
        _ => "",
    }
}

fn hint_of(reason: &str) -> String {
    advice_on(reason).map(|advice| format!(": {advice}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_port_file_name_a_remedy() {
        let nowhere = chain(&AdminError::from(PortFileError::NoFolder));
        assert!(
            nowhere.contains("nor HOME is set") && nowhere.contains("set HOME to the value"),
            "{nowhere}"
        );
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let closed = chain(&AdminError::from(PortFileError::Io { path: "/run/x".into(), source }));
        assert!(
            closed.starts_with("/run/x can't be read or written: permission denied: run this as"),
            "{closed}"
        );
    }
}
