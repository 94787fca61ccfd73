//! The scenarios: the parties, the number of their requests, and the number of faults.

use crate::token::Jkt;

/// A time in the model.
pub type Tick = u8;

/// The bounds of an exploration. It covers everything that can happen within them, in every order.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The name in reports.
    pub name: &'static str,
    /// The parties besides the client.
    pub cast: Cast,
    /// Whether the client sends an `Idempotency-Key`.
    pub client_has_keys: bool,
    /// Whether sessions are bound to keys.
    pub binding: Binding,
    /// The requests that the client sends.
    pub client_requests: u8,
    /// The requests that the thief sends.
    pub thief_requests: u8,
    /// The logouts that the thief sends.
    pub thief_logouts: u8,
    /// The restores of the sessions table to its initial state.
    pub restores: u8,
    /// The faults: a crash, a lost acknowledgement, a lost answer, a late write or a failed read.
    pub faults: u8,
    /// The client's requests that arrive twice.
    pub duplicates: u8,
    /// The most functions that run at the same time.
    pub in_flight: usize,
    /// The attempts of the SDK at a write.
    pub attempts: u8,
    /// The last tick.
    pub horizon: Tick,
    /// The ticks for which a used token gets the same successor.
    pub leeway: Tick,
    /// The ticks after which a session without a refresh ends.
    pub idle: Tick,
    /// The ticks after which any session ends.
    pub absolute: Tick,
    /// The deliberate mistake.
    pub weakness: Weakness,
}

/// The parties besides the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// No other party.
    Alone,
    /// A thief copies one of the client's refresh tokens.
    Thief,
    /// A thief has all refresh tokens and answers of the client, but not its key.
    Keyless,
    /// The user logs out on the client.
    Logout,
    /// The user logs out everywhere, on another device.
    Everywhere,
    /// The user changes the password on another device, during a login with the old one.
    PasswordChange,
}

/// Whether a session is bound to a key (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Never: no request has a proof.
    Never,
    /// From the login on.
    AtLogin,
    /// From the first refresh with a proof on.
    AtRefresh,
}

/// A deliberate mistake, which the properties must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// No mistake.
    None,
    /// The rotation's write doesn't check the generation.
    NoGeneration,
    /// The rotation's write has no condition, and so can create an item.
    NoCondition,
    /// The rotation's write checks only the idle end.
    NoAbsoluteEnd,
    /// A retry isn't recognised by its key.
    NoRetryKey,
    /// Any failed write counts as theft.
    FailureIsTheft,
    /// A slow request whose successor was used meanwhile counts as theft.
    OvertakenIsTheft,
    /// A rotation whose tokens weren't issued isn't marked.
    NoMark,
    /// A reused token is refused, but its session goes on.
    TheftIsIgnored,
    /// Each request ends a session at its own time.
    OwnInstants,
    /// A session ends without a denylist row.
    NoDenylistRow,
    /// A session ends, but isn't deleted.
    SessionIsLeft,
    /// `everywhere` ends its own session first.
    OwnSessionFirst,
    /// Sessions of a new password may begin as early as those of the old one.
    NoOverlap,
    /// A change of password doesn't cut off the user's earlier sessions.
    NoCutOff,
    /// A bound refresh token passes without a proof, or with another key's.
    NoProof,
    /// The rotation's write doesn't check the key.
    NoKeyInCondition,
    /// The rotation's write doesn't store the key that binds the session.
    KeyIsNotStored,
    /// A retry is recognised with any key.
    RetryOfAnyKey,
    /// A retry is compared by its token's key instead of its proof's.
    RetryOfTheTokensKey,
    /// A reused token with another key is refused, but its session goes on.
    OtherKeyIsRefused,
    /// `everywhere` ends the user's sessions without a proof of its own session's key.
    EverywhereWithoutProof,
}

/// The ticks that a function may run. Then Lambda stops it, and none of its writes reaches the store.
pub const FUNCTION_TTL: Tick = 1;
/// The ticks for which a mark's time is reused.
pub const MARK_TTL: Tick = FUNCTION_TTL;
/// The ticks between a change of password and the first sessions of the new one: more than a function runs.
pub const OVERLAP: Tick = FUNCTION_TTL + 1;

const ALONE: Scenario = Scenario {
    name: "a client alone, with keys",
    cast: Cast::Alone,
    client_has_keys: true,
    binding: Binding::Never,
    client_requests: 3,
    thief_requests: 0,
    thief_logouts: 0,
    restores: 0,
    faults: 2,
    duplicates: 0,
    in_flight: 2,
    attempts: 2,
    horizon: 5,
    leeway: 1,
    idle: 3,
    absolute: 5,
    weakness: Weakness::None,
};

/// The scenarios that the tests explore within seconds.
pub const SCENARIOS: [Scenario; 11] = [
    ALONE,
    Scenario {
        name: "a client alone, without keys",
        client_has_keys: false,
        binding: Binding::AtRefresh,
        ..ALONE
    },
    Scenario {
        name: "requests that arrive twice",
        binding: Binding::AtRefresh,
        client_requests: 2,
        faults: 1,
        duplicates: 1,
        ..ALONE
    },
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
    Scenario {
        name: "a thief without the key, bound at login",
        cast: Cast::Keyless,
        binding: Binding::AtLogin,
        client_requests: 2,
        thief_requests: 1,
        thief_logouts: 2,
        faults: 0,
        horizon: 2,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
    Scenario {
        name: "a thief without the key, bound later",
        cast: Cast::Keyless,
        binding: Binding::AtRefresh,
        client_requests: 2,
        thief_requests: 1,
        thief_logouts: 1,
        faults: 0,
        horizon: 2,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
    Scenario {
        name: "a restored table, and a thief",
        cast: Cast::Keyless,
        binding: Binding::AtRefresh,
        client_requests: 1,
        thief_requests: 2,
        restores: 1,
        faults: 0,
        horizon: 1,
        idle: 9,
        absolute: 9,
        ..ALONE
    },
    Scenario { name: "logout", cast: Cast::Logout, client_requests: 3, horizon: 3, ..ALONE },
    Scenario {
        name: "logout everywhere",
        cast: Cast::Everywhere,
        binding: Binding::AtLogin,
        client_requests: 2,
        horizon: 3,
        ..ALONE
    },
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
    /// The scenario with larger bounds: one more request, fault and tick. With a thief or a change of password, only
    /// one more fault; with a thief without the key, one more request of the thief and one tick.
    #[must_use]
    pub fn larger(self) -> Self {
        let (client, thief, faults, ticks) = match self.cast {
            Cast::Alone | Cast::Logout | Cast::Everywhere => (1, 0, 1, 1),
            Cast::Thief | Cast::PasswordChange => (0, 0, 1, 0),
            Cast::Keyless => (0, 1, 0, 1),
        };
        Self {
            client_requests: self.client_requests + client,
            thief_requests: self.thief_requests + thief,
            faults: self.faults + faults,
            horizon: self.horizon + ticks,
            ..self
        }
    }

    /// The keys that the thief can make proofs of.
    pub fn thiefs_proofs(&self) -> &'static [Option<Jkt>] {
        if self.cast == Cast::Keyless { &[None, Some(Jkt::Thiefs)] } else { &[None] }
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
