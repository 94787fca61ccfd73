//! What is played through: who takes part, how often, and how much goes wrong.

use crate::tick::Tick;

/// A bounded world. Everything that can happen within the bounds is played through, in every order.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What it is called where it is reported.
    pub name: &'static str,
    /// Who takes part.
    pub cast: Cast,
    /// Whether the client sends an `Idempotency-Key`.
    pub client_has_keys: bool,
    /// How many requests the client sends.
    pub client_requests: u8,
    /// How many requests the thief sends.
    pub thief_requests: u8,
    /// How many faults there are: a crash, a lost acknowledgement, a lost answer, a late write, a failed read.
    pub faults: u8,
    /// How many functions run at the same time.
    pub in_flight: usize,
    /// How often the SDK sends a write before it gives up.
    pub attempts: u8,
    /// The last tick.
    pub horizon: Tick,
    /// For how many ticks a used token still gets the same successor.
    pub leeway: Tick,
    /// After how many ticks without a refresh a session ends.
    pub idle: Tick,
    /// After how many ticks a session ends in any case.
    pub absolute: Tick,
    /// What is broken on purpose.
    pub weakness: Weakness,
}

/// Who takes part beside the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// Nobody.
    Alone,
    /// Somebody who copies a refresh token of the client's.
    Thief,
    /// The user logs out on the client.
    Logout,
    /// The user logs out everywhere, on another device.
    Everywhere,
    /// The user changes the password on another device, while somebody logs in with the old one.
    PasswordChange,
}

/// A mistake, made on purpose to see that the properties find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// None: the protocol as it is.
    None,
    /// The write of a rotation doesn't ask for the generation.
    NoGeneration,
    /// The write of a rotation asks for nothing, and so makes an item where there is none.
    NoCondition,
    /// The write of a rotation looks at the idle end alone.
    NoAbsoluteEnd,
    /// A retry can't be recognised by its key.
    NoRetryKey,
    /// Whatever makes the write fail is taken for theft.
    FailureIsTheft,
    /// A request that was under way for so long that its successor was used meanwhile is taken for theft.
    OvertakenIsTheft,
    /// A rotation whose tokens were never issued isn't marked.
    NoMark,
    /// A token that was used before is refused, and its session goes on.
    TheftIsIgnored,
    /// Each request ends a session at an instant of its own.
    OwnInstants,
    /// A session ends without a denylist row.
    NoDenylistRow,
    /// A session ends and is left.
    SessionIsLeft,
    /// `everywhere` ends the session that it is asked from first.
    OwnSessionFirst,
    /// Sessions of a new password may begin as early as those of the old one.
    NoOverlap,
    /// A change of password doesn't cut off the user's earlier sessions.
    NoCutOff,
}

/// How many ticks a function may run: then Lambda ends it, and no write of it reaches the store any more.
pub const FUNCTION_TTL: Tick = 1;
/// For how many ticks the instant of a mark is used again.
pub const MARK_TTL: Tick = FUNCTION_TTL;
/// By how many ticks sessions of a new password begin later than its change: more than a function runs.
pub const OVERLAP: Tick = FUNCTION_TTL + 1;

const ALONE: Scenario = Scenario {
    name: "a client alone, with keys",
    cast: Cast::Alone,
    client_has_keys: true,
    client_requests: 3,
    thief_requests: 0,
    faults: 2,
    in_flight: 2,
    attempts: 2,
    horizon: 5,
    leeway: 1,
    idle: 3,
    absolute: 5,
    weakness: Weakness::None,
};

/// What is played through in seconds, by the tests.
pub const SCENARIOS: [Scenario; 7] = [
    ALONE,
    Scenario { name: "a client alone, without keys", client_has_keys: false, ..ALONE },
    Scenario {
        name: "a thief, and a client with keys",
        cast: Cast::Thief,
        client_requests: 2,
        thief_requests: 2,
        faults: 0,
        horizon: 3,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
    Scenario {
        name: "a thief, and a client without keys",
        cast: Cast::Thief,
        client_has_keys: false,
        client_requests: 2,
        thief_requests: 2,
        faults: 0,
        horizon: 3,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
    Scenario { name: "logout", cast: Cast::Logout, client_requests: 3, horizon: 3, ..ALONE },
    Scenario { name: "logout everywhere", cast: Cast::Everywhere, client_requests: 2, horizon: 3, ..ALONE },
    Scenario {
        name: "change of password",
        cast: Cast::PasswordChange,
        client_requests: 1,
        faults: 1,
        in_flight: 3,
        horizon: 4,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
];

impl Scenario {
    /// The same with one more request, fault and tick; where others ask as often as the client, with one more fault alone.
    #[must_use]
    pub fn larger(self) -> Self {
        let more = u8::from(!matches!(self.cast, Cast::Thief | Cast::PasswordChange));
        Self {
            client_requests: self.client_requests + more,
            faults: self.faults + 1,
            horizon: self.horizon + more,
            ..self
        }
    }

    /// The same with a mistake in it.
    #[must_use]
    pub fn with(self, weakness: Weakness) -> Self {
        Self { weakness, ..self }
    }

    /// Whether it has this mistake in it.
    pub fn has(&self, weakness: Weakness) -> bool {
        self.weakness == weakness
    }
}
