//! The outbox, for the model checker.

use super::scenario::Scenario;

/// The outbox under a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Outbox(pub Scenario);
