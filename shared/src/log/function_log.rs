//! The log of one function.

use std::{sync::Arc, time::Duration};

use crate::{aborted::TIME_LIMIT, clock::Clock, context::Context, environment::variable};

/// Where a function's requests are logged, and under which names.
#[derive(Clone, Debug)]
pub struct FunctionLog {
    pub(super) function: &'static str,
    /// The events of requests that end without an event of their own are `PREFIX_succeeded`, `PREFIX_refused` and
    /// `PREFIX_failed`.
    pub(super) prefix: &'static str,
    pub(super) time_limit: Duration,
    /// The stack that the metrics belong to; without it, none are written.
    pub(super) stack: Option<Arc<str>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl FunctionLog {
    /// The log of the function with this name.
    pub fn new(function: &'static str, context: &Context) -> Self {
        let stack = context.environment.optional(variable::STACK_NAME).map(Arc::from);
        let clock = context.clock.clone();
        Self { function, prefix: function, time_limit: TIME_LIMIT, stack, clock }
    }

    /// The same log, with another prefix for its events than the function's name.
    #[must_use]
    pub fn with_prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// The same log, for a function that may take longer, since no caller waits for it.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }
}
