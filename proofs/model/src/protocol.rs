//! The protocol under a scenario, and what can happen in it.

use crate::{function::Step, scenario::Scenario};

/// The protocol under a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Protocol(pub Scenario);

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Time passes. Functions whose time is up are ended.
    Tick,
    /// DynamoDB removes the client's session, which has expired.
    Sweep,
    /// The client refreshes, or does so again.
    ClientAsks,
    /// The thief copies the token that the client has.
    Steal,
    /// The thief presents the token of this generation.
    ThiefAsks(u8),
    /// The thief repeats the client's request with the token of this generation, key and all.
    ThiefRepeats(u8),
    /// The user asks for the end, or does so again.
    UserAsks,
    /// Somebody logs in with the old password.
    LogIn,
    /// A function goes on.
    Step(usize, Step),
    /// A write that nobody waits for any more reaches the store.
    LateWrite(usize),
}
