//! What can go wrong, and the exit code that says so.

use std::{io, path::PathBuf};

use crate::deployment::{AccessError, EndpointError, advice_on};
use keys::{FenceError, GenerateError};
use passwords::{PasswordError, PasswordRejection};
use port_file::PortFileError;
use shared::{environment::EnvironmentError, error::chain, keys::KeysetError, store::StoreError};

/// What standard output is called.
pub(crate) const STDOUT: &str = "standard output";
/// What a shell says of a program that SIGPIPE ended.
const CLOSED_OUTPUT: u8 = 128 + 13;

/// Why a command didn't do what it was told to. A message that has its cause's words in it, with what to do after them, has no
/// source: they would be printed twice.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nothing says which deployment is meant.
    #[error(
        "which deployment? Name a stack (--stack NAME or LATCHGATE_STACK), or the server that `cargo run` started \
         (--local), or a store (--endpoint URL); the variables of the functions (CLIENTS_TABLE and the others) do too"
    )]
    NoDeployment,
    /// A variable that a table is named by is missing.
    #[error(
        "{0}: name the whole deployment with --stack, --local or --endpoint, or set the variables of all its tables"
    )]
    Environment(EnvironmentError),
    /// Options that make no sense together.
    #[error("{0}")]
    Usage(&'static str),
    /// The store said no, could not be reached, or holds what it should not.
    #[error("{0}{hint}", hint = hint(.0))]
    Store(StoreError),
    /// No store answers at an endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// AWS doesn't let the operator in.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// CloudFormation said no, or could not be reached.
    #[error("CloudFormation did not describe the stack {stack} in {region} ({reason}): {advice}")]
    Stack {
        /// The stack.
        stack: String,
        /// Its region.
        region: String,
        /// What to do.
        advice: &'static str,
        /// What CloudFormation or the network says.
        reason: String,
    },
    /// The stack is not one of Latchgate's, or of an older version.
    #[error(
        "the stack {stack} ({status}) has no output {output}: it isn't Latchgate's, or its deployment isn't complete, or it was \
         deployed from an older version and has to be deployed again"
    )]
    Output {
        /// What CloudFormation says of it.
        status: String,
        /// The stack.
        stack: String,
        /// The output.
        output: String,
    },
    /// There is no such stack.
    #[error(
        "there is no stack {stack} in {region}: --region and --profile look elsewhere, and `aws cloudformation list-stacks \
         --region {region}` lists those that are there"
    )]
    NoStack {
        /// The stack.
        stack: String,
        /// Where.
        region: String,
    },
    /// No server serves on this port, or its store is gone.
    #[error("no local server on port {0}: start one with `cargo run`, or say its port with --local=PORT")]
    NoLocalServer(u16),
    /// A server serves on this port, and its file isn't where it would be.
    #[error(
        "a Latchgate serves port {port}, but its file isn't in {folders}: another user started it, or it was started with another \
         HOME or XDG_RUNTIME_DIR. Run this as it was started"
    )]
    ServerElsewhere {
        /// The port.
        port: u16,
        /// Where it was looked for.
        folders: String,
    },
    /// Where the local server is can't be found out.
    #[error("{}{}", chain(.0), elsewhere(.0))]
    PortFile(PortFileError),
    /// The keyset isn't where whoever asks can have it.
    #[error(
        "the keyset is out of reach: a local server without --db or --keyset keeps it to itself; elsewhere \
         KEYSET_SECRET or KEYSET_FILE says where it is"
    )]
    NoKeyset,
    /// The keyset can't be used.
    #[error("{0}{hint}", hint = made_when(.0))]
    Keyset(KeysetError),
    /// Secrets Manager said no, or could not be reached.
    #[error("Secrets Manager did not carry out {operation}: {reason}{}", hint_of(.reason))]
    Secret {
        /// The operation.
        operation: &'static str,
        /// What Secrets Manager or the network says.
        reason: String,
    },
    /// A rotation was begun, and is not over.
    #[error(
        "the rotation is not over after {0} s: see the log of KeysFunction; the old keys stay in use until it is"
    )]
    RotationPending(u64),
    /// Another keyset was put in use while this one was published.
    #[error("{0}: `latchgate keys show` says what is used now, and the same command again does it")]
    Fence(FenceError),
    /// No key could be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The doctor found something.
    #[error("the doctor found {0} wrong: the lines marked `wrong` say what to do")]
    Unwell(usize),
    /// The doctor could not look.
    #[error("the doctor could not look at {0} of these: the lines marked `unknown` say why")]
    Unexamined(usize),
    /// There is no place for the audit log.
    #[error(
        "neither XDG_STATE_HOME nor HOME is set: say where the audit log is with --audit-log PATH; nothing was changed"
    )]
    NoAuditLog,
    /// The audit log can't be opened.
    #[error("the audit log {path} can't be opened, and so nothing was changed; --audit-log names another")]
    AuditLog {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Something was done, and could not be written down.
    #[error("it was done, and could not be written to the audit log")]
    Unrecorded(#[source] io::Error),
    /// A file or a stream can't be read or written.
    #[error("{name} can't be read or written")]
    Io {
        /// The file, or what the stream is called.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What was asked for holds hashes, and others could read it.
    #[error("hashes are not written to this file; --file PATH makes one that only you can read")]
    OpenOutput(#[source] io::Error),
    /// What is to be changed or shown isn't there.
    #[error("there is no {kind} {name}{}", look(.kind))]
    NotFound {
        /// What kind of thing.
        kind: &'static str,
        /// How it was named.
        name: String,
    },
    /// What is to be made is there.
    #[error("there is a {kind} {name} already")]
    Exists {
        /// What kind of thing.
        kind: &'static str,
        /// How it was named.
        name: String,
    },
    /// What was given can't be taken.
    #[error("{0}")]
    Refused(&'static str),
    /// The password may not be chosen.
    #[error("the password was refused")]
    Rejection(#[from] PasswordRejection),
    /// There is nobody to ask, and `--yes` wasn't said.
    #[error("this has to be confirmed: run it on a terminal, or say --yes")]
    Unconfirmed,
    /// The one who was asked said no.
    #[error("nothing was changed")]
    Declined,
    /// Some lines of an import were not taken.
    #[error("{count} lines were rejected: mend them in {rejects} and import that file")]
    Rejected {
        /// How many.
        count: u64,
        /// Where they are.
        rejects: String,
    },
    /// Some lines of an import would not be taken.
    #[error("{0} lines would be rejected, for the reasons above")]
    WouldReject(u64),
    /// An import did not come to its end.
    #[error("the import stopped; go on with --from-line {line}")]
    Stopped {
        /// The first line that was not dealt with.
        line: u64,
        /// Why, unless somebody asked for it.
        #[source]
        cause: Option<Box<AdminError>>,
    },
}

impl AdminError {
    /// What cannot be read or written, and why.
    pub(crate) fn io(name: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { name: name.into(), source }
    }

    /// Whether the reader of standard output went away, like `head` once it has enough: nothing to speak of.
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
            | Self::Output { .. }
            | Self::NoLocalServer(_)
            | Self::PortFile(_)
            | Self::NoKeyset
            | Self::Keyset(_)
            | Self::Secret { .. }
            | Self::RotationPending(_)
            | Self::Fence(_)
            | Self::Generate(_)
            | Self::Unexamined(_)
            | Self::NoAuditLog
            | Self::AuditLog { .. }
            | Self::Unrecorded(_)
            | Self::Io { .. }
            | Self::Stopped { .. } => 1,
            Self::NoDeployment | Self::Environment(_) | Self::Usage(_) => 2,
            Self::NotFound { .. } | Self::NoStack { .. } => 3,
            Self::Exists { .. }
            | Self::Refused(_)
            | Self::Rejection(_)
            | Self::Unconfirmed
            | Self::Declined
            | Self::OpenOutput(_)
            | Self::Rejected { .. }
            | Self::WouldReject(_) => 4,
            Self::Unwell(_) => 5,
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

/// What to do about it, if the store's answer alone doesn't say.
fn hint(error: &StoreError) -> String {
    match error {
        StoreError::Unavailable { reason, .. } => hint_of(reason),
        StoreError::Malformed { .. } => ": another program wrote it, or another version".to_owned(),
    }
}

/// Where those that there are can be seen.
fn look(kind: &str) -> &'static str {
    match kind {
        "user" => {
            ": `latchgate users list --search TEXT` looks for one, and `latchgate users show ID` has the name of an identifier"
        }
        "client" => ": `latchgate clients list` names those that there are",
        "session of this user" => ": `latchgate sessions list --user NAME` shows those that live",
        _ => "",
    }
}

/// What to do where a local server's file can't be looked for.
fn elsewhere(error: &PortFileError) -> &'static str {
    match error {
        PortFileError::NoFolder => {
            ": set HOME as it was where `cargo run` was started, or name the server's store with --endpoint URL"
        }
        PortFileError::Io { .. } => {
            ": run this as whoever started the server, or name the server's store with --endpoint URL"
        }
        PortFileError::Malformed { .. } => "",
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
    fn a_local_server_that_can_not_be_looked_for_has_a_way_round() {
        let nowhere = chain(&AdminError::from(PortFileError::NoFolder));
        assert!(nowhere.contains("nor HOME is set") && nowhere.contains("set HOME as it was"), "{nowhere}");
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let closed = chain(&AdminError::from(PortFileError::Io { path: "/run/x".into(), source }));
        assert!(
            closed.starts_with("/run/x can't be read or written: permission denied: run this as"),
            "{closed}"
        );
    }
}
