//! The protocol under a scenario, and its actions.

use crate::{
    function::Step,
    scenario::Scenario,
    token::{Jkt, Token},
    world::World,
};

/// The protocol under a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Protocol(pub Scenario);

/// A named property of a world.
pub(crate) type Named = (&'static str, fn(&Protocol, &World) -> bool);

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time passes. Functions whose time is up are stopped.
    Tick,
    /// DynamoDB removes the client's expired session.
    Sweep,
    /// The operator restores the sessions table.
    Restore,
    /// The client refreshes or retries, with a proof of this key.
    ClientAsks(Option<Jkt>),
    /// The client's request arrives again, with the same proof.
    Duplicate,
    /// The thief copies the client's token.
    Steal,
    /// The thief presents this token, with a proof of this key.
    ThiefAsks(Token, Option<Jkt>),
    /// The thief presents this token with the client's `Idempotency-Key`, and a proof of this key.
    ThiefRepeats(Token, Option<Jkt>),
    /// The thief logs out of the client's session.
    ThiefLogsOut,
    /// The thief logs out everywhere.
    ThiefLogsOutEverywhere,
    /// The user sends or repeats the request that ends sessions.
    UserAsks,
    /// A login with the old password begins.
    LogIn,
    /// A function takes a step.
    Step(usize, Step),
    /// A write that no function waits for reaches the store.
    LateWrite(usize),
}
