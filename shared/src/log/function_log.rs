//! The log of one function.

use std::{sync::Arc, time::Duration};

use super::request_lines::RequestLines;
use crate::{
    aborted::TIME_LIMIT,
    clock::Clock,
    context::Context,
    environment::{Environment, EnvironmentError, variable},
    random::Random,
};

/// The log of one function, with the settings of its requests' logs.
#[derive(Clone, Debug)]
pub struct FunctionLog {
    pub(super) function: &'static str,
    /// The prefix of the events `PREFIX_succeeded`, `PREFIX_refused` and `PREFIX_failed`, for requests
    /// without another event.
    pub(super) prefix: &'static str,
    pub(super) time_limit: Duration,
    /// The stack in the metrics. Without it, no metrics are written.
    pub(super) stack: Option<Arc<str>>,
    pub(super) lines: RequestLines,
    pub(super) clock: Arc<dyn Clock>,
    /// Decides which allowed calls leave a line.
    pub(super) random: Arc<dyn Random>,
}

impl FunctionLog {
    /// The log of the function with this name.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if the variables for metrics or lines are malformed.
    pub fn new(function: &'static str, context: &Context) -> Result<Self, EnvironmentError> {
        let Context { environment, clock, random, .. } = context;
        Ok(Self {
            function,
            prefix: function,
            time_limit: TIME_LIMIT,
            stack: stack(environment)?,
            lines: RequestLines::from_environment(environment)?,
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// The same log, with another prefix than the function's name.
    #[must_use]
    pub fn with_prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// The same log with another time limit, for a function that no caller waits for.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }
}

/// The stack in the metrics; `None`, if no metrics are written.
fn stack(environment: &Environment) -> Result<Option<Arc<str>>, EnvironmentError> {
    match environment.optional(variable::METRICS) {
        None | Some("on") => Ok(environment.optional(variable::STACK_NAME).map(Arc::from)),
        Some("off") => Ok(None),
        Some(_) => Err(EnvironmentError::Unusable(variable::METRICS, "it must be on or off".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_of_a_stack_unless_they_are_off() {
        let stack = |metrics: &str, name: &str| {
            let variables = [(variable::METRICS, metrics), (variable::STACK_NAME, name)];
            let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
            stack(&Environment::from_variables(variables))
        };
        assert_eq!(stack("on", "mine"), Ok(Some("mine".into())));
        assert_eq!(stack("", "mine"), Ok(Some("mine".into())), "a function that is older than the variable");
        assert_eq!(stack("off", "mine"), Ok(None));
        assert_eq!(stack("on", ""), Ok(None));
        for word in ["true", "ON", "no"] {
            assert!(stack(word, "mine").is_err(), "{word}");
        }
    }
}
