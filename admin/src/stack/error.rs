//! Why a stack isn't destroyed or adopted.

/// Why a stack isn't destroyed or adopted. Each message has advice, and says whether anything was changed.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The stack belongs to another product.
    #[error(
        "the stack {0} isn't Latchgate's: its description doesn't begin with `Latchgate - `, and it lacks \
         Latchgate's tables. Nothing was changed"
    )]
    NotOurs(String),
    /// CloudFormation is working on the stack.
    #[error(
        "the stack {stack} is {status}: wait until that is over, and repeat the command. Nothing was changed"
    )]
    Busy {
        /// The stack.
        stack: String,
        /// CloudFormation's current work.
        status: String,
    },
    /// Termination protection is on for the stack.
    #[error(
        "the stack {0} is protected from termination. To delete it, run `aws cloudformation \
         update-termination-protection --no-enable-termination-protection --stack-name {0}`, then repeat the \
         command. Nothing was changed"
    )]
    Guarded(String),
    /// Other stacks of the operator use an output of this stack.
    #[error(
        "the stack {stack} can't be deleted while others import from it: {}. Delete them, or deploy them \
         without that import, and repeat the command. Nothing was changed",
        .importers.join(", ")
    )]
    Imported {
        /// The stack.
        stack: String,
        /// The stacks that import from it and aren't Latchgate's.
        importers: Vec<String>,
    },
    /// CloudFormation couldn't delete the stack.
    #[error(
        "the stack {stack} was not deleted ({status}): {reasons}. Correct that, and repeat the command: it \
         continues from there"
    )]
    NotDeleted {
        /// The stack.
        stack: String,
        /// The stack's status.
        status: String,
        /// The remaining resources, with reasons.
        reasons: String,
    },
    /// CloudFormation couldn't change a parameter.
    #[error(
        "the stack {stack} was not updated with {setting} ({status}): its events say why. Nothing was \
         deleted; correct that, and repeat the command"
    )]
    NotUpdated {
        /// The stack.
        stack: String,
        /// The parameter and its value.
        setting: String,
        /// The stack's status.
        status: String,
    },
    /// CloudFormation takes too long.
    #[error("{what} is {status} after {minutes} minutes: repeat the command to wait longer")]
    Slow {
        /// The resource or stack.
        what: String,
        /// Its status.
        status: String,
        /// The minutes waited.
        minutes: u64,
    },
    /// A table is in use.
    #[error("DynamoDB doesn't delete it: {0}")]
    TableInUse(String),
    /// Some resources could not be deleted.
    #[error(
        "{0} could not be deleted: the lines marked `failed` say why. Repeat the command: it continues from \
         there"
    )]
    Left(usize),
    /// The name wasn't given.
    #[error("this needs the name of the stack as a confirmation: run it on a terminal, or add --confirm {0}")]
    Unconfirmed(String),
    /// Another name was given.
    #[error("that isn't the name of the stack, which is {0}: nothing was changed")]
    WrongName(String),
    /// The new stack's name is taken.
    #[error(
        "the stack {stack} exists already ({status}), but `adopt` creates a new stack. Choose another name \
         with --stack, and name the deleted stack with --from. Nothing was changed"
    )]
    Standing {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
    },
    /// CloudFormation knows no deleted stack with that name.
    #[error(
        "CloudFormation knows no deleted stack {stack} in {region}. It forgets deleted stacks after 90 days: \
         in that case, name each table, as in --resource ClientsTable=NAME{hint}"
    )]
    NoRecord {
        /// The stack.
        stack: String,
        /// Its region.
        region: String,
        /// Tables that may be meant.
        hint: String,
    },
    /// The stack with the resources isn't deleted.
    #[error(
        "the stack {0} isn't deleted, so it still has its tables. Delete it with `aws cloudformation \
         delete-stack`, which keeps the tables, then repeat the command"
    )]
    Alive(String),
    /// Tables are missing.
    #[error(
        "these tables are missing: {}. If one was restored under another name, add --resource {}=NAME. Nothing \
         was changed",
        .0.join(", "), .0.first().map_or("ClientsTable", String::as_str)
    )]
    Missing(Vec<String>),
    /// An earlier stack left all tables, but a later one did not.
    #[error(
        "{}. An earlier stack left all of its tables: {earlier}. To adopt its older tables, add --from \
         {arn}. If a table of the later stack was restored under another name, add --resource ID=NAME. \
         Nothing was changed",
        .skipped.join("; ")
    )]
    Skipped {
        /// The later stacks, each with its missing tables.
        skipped: Vec<String>,
        /// The earlier stack, and when it was deleted.
        earlier: String,
        /// Its ARN.
        arn: String,
    },
    /// A resource isn't what its name says.
    #[error("{name} can't be the {id}: {reason}. Nothing was changed")]
    Wrong {
        /// The logical id.
        id: String,
        /// The resource that was found.
        name: String,
        /// The difference.
        reason: String,
    },
    /// The resource belongs to another stack.
    #[error("{name} belongs to the stack {owner}: it can be in one stack only. Nothing was changed")]
    Owned {
        /// The resource.
        name: String,
        /// The stack that owns it.
        owner: String,
    },
    /// An option names a resource that Latchgate doesn't have.
    #[error("--resource {0}: choose one of {1}, FunctionLogs and AccessLog")]
    NoSuchResource(String, String),
    /// CloudFormation refused the import, or rolled it back.
    #[error(
        "CloudFormation did not import them: {0}. They are unchanged: correct that, and repeat the command"
    )]
    NotImported(String),
}

impl StackError {
    /// The exit code, as `latchgate --help` explains it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Busy { .. }
            | Self::NotDeleted { .. }
            | Self::NotUpdated { .. }
            | Self::Slow { .. }
            | Self::TableInUse(_)
            | Self::Left(_)
            | Self::NotImported(_) => 1,
            Self::NoSuchResource(..) => 2,
            Self::NoRecord { .. } | Self::Missing(_) => 3,
            Self::NotOurs(_)
            | Self::Guarded(_)
            | Self::Imported { .. }
            | Self::Unconfirmed(_)
            | Self::WrongName(_)
            | Self::Standing { .. }
            | Self::Alive(_)
            | Self::Skipped { .. }
            | Self::Wrong { .. }
            | Self::Owned { .. } => 4,
        }
    }
}
