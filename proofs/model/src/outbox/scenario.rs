//! The scenarios: the number of requests, records and faults.

use crate::scenario::Tick;

/// The bounds of an exploration. It covers everything that can happen within them, in every order.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The name in reports.
    pub name: &'static str,
    /// The requests for a mail to the mailbox. Each replaces the one before.
    pub requests: u8,
    /// The faults: a crash, a failed write, a refusal of the mail service, or no answer from it.
    pub faults: u8,
    /// The records that come twice.
    pub duplicates: u8,
    /// The most deliveries that run at the same time.
    pub in_flight: usize,
    /// The last tick.
    pub horizon: Tick,
    /// The deliberate mistake.
    pub weakness: Weakness,
}

/// A deliberate mistake, which the properties must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// No mistake.
    None,
    /// A delivery takes a mail that another has.
    NoLease,
    /// A lease ends while its delivery may still run.
    ShortLease,
    /// A mail is marked before it is sent.
    MarkedBeforeSent,
    /// A record whose mail another delivery has counts as done.
    HeldIsDone,
    /// A mark doesn't check that the mail is the one that was sent.
    MarkOfAnyMail,
    /// A refused mail is marked, instead of given back.
    RefusedIsMarked,
}

/// The ticks that a delivery may run. Then Lambda stops it.
pub const DELIVERY_TTL: Tick = 1;
/// The ticks of a lease: more than a delivery runs.
pub const LEASE_TTL: Tick = DELIVERY_TTL + 1;

const REPLACED: Scenario = Scenario {
    name: "a mail that is asked for again",
    requests: 2,
    faults: 2,
    duplicates: 1,
    in_flight: 2,
    horizon: 4,
    weakness: Weakness::None,
};

/// The scenarios that the tests explore within seconds.
pub const SCENARIOS: [Scenario; 2] = [
    REPLACED,
    Scenario {
        name: "one mail and many failures",
        requests: 1,
        faults: 3,
        duplicates: 2,
        horizon: 6,
        ..REPLACED
    },
];

impl Scenario {
    /// The scenario with larger bounds: one more request, fault and tick, and another delivery at the same time.
    #[must_use]
    pub fn larger(self) -> Self {
        Self {
            requests: self.requests + 1,
            faults: self.faults + 1,
            in_flight: self.in_flight + 1,
            horizon: self.horizon + 1,
            ..self
        }
    }

    /// The scenario with this mistake.
    #[must_use]
    pub fn with(self, weakness: Weakness) -> Self {
        Self { weakness, ..self }
    }

    /// Whether the scenario has this mistake.
    pub fn has(&self, weakness: Weakness) -> bool {
        self.weakness == weakness
    }
}
