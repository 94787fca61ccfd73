//! `sam local invoke`: a container for each event.

use std::{cell::Cell, fs};

use serde_json::Value;

use super::command::SamLocal;
use crate::{flow::Functions, shell::TaskError};

/// The parameters of a stack that sends mails, at which everybody may sign up.
const PARAMETERS: [&str; 2] = ["MailFrom=login@example.com", "SignUp=open"];

pub(super) struct Invocations<'a> {
    local: &'a SamLocal<'a>,
    count: Cell<usize>,
}

impl<'a> Invocations<'a> {
    pub(super) fn new(local: &'a SamLocal<'a>) -> Self {
        Self { local, count: Cell::new(0) }
    }

    /// The number of invocations so far.
    pub(super) fn count(&self) -> usize {
        self.count.get()
    }
}

impl Functions for Invocations<'_> {
    fn invoke(&self, function: &str, event: &str) -> Result<Value, TaskError> {
        self.count.set(self.count.get() + 1);
        let path = self.local.scratch.join("event.json");
        fs::write(&path, event).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
        let arguments = [function, "--event", &path.to_string_lossy()];
        let mut sam = self.local.program("invoke", &arguments, &PARAMETERS)?;
        let output = sam.output().map_err(|e| TaskError(format!("sam local invoke: {e}")))?;
        let answer = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(answer.trim()).map_err(|_| {
            let printed = String::from_utf8_lossy(&output.stderr);
            TaskError(format!("sam local invoke {function} answered {answer:?}\n{printed}"))
        })
    }
}
