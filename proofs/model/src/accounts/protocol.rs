//! The protocol of accounts by mail, for the model checker.

use super::scenario::Scenario;

/// The protocol under a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Protocol(pub Scenario);
