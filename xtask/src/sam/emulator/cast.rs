//! All functions, running.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::{Actor, Stage};
use crate::{flow::Functions, shell::TaskError};

/// The functions, by logical id.
pub(super) struct Cast(BTreeMap<String, Actor>);

impl Cast {
    /// Starts all functions with the template's variables and these. `purpose` distinguishes their log files from
    /// others.
    pub(super) fn start(stage: &Stage, more: &[(&str, &str)], purpose: &str) -> Result<Self, TaskError> {
        let actor = |function: &str| {
            let mut variables = stage.variables(function)?;
            variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            Ok((function.to_owned(), stage.start(function, variables, purpose)?))
        };
        stage.functions().map(actor).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn actors(&self) -> impl Iterator<Item = &Actor> {
        self.0.values()
    }
}

impl Functions for Cast {
    fn invoke(&self, function: &str, event: &str) -> Result<Value, TaskError> {
        let actor = self.0.get(function).ok_or_else(|| TaskError(format!("no {function} was built")))?;
        actor.lambda.invoke(event)
    }
}
