//! The scenarios: the parties, the number of their requests, and the number of faults.

use crate::scenario::Tick;

/// The bounds of an exploration. It covers everything that can happen within them, in every order.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The name in reports.
    pub name: &'static str,
    /// The parties.
    pub cast: Cast,
    /// The requests that the owner of the account sends.
    pub owners_requests: u8,
    /// The requests that all others send.
    pub others_requests: u8,
    /// The functions that crash.
    pub faults: u8,
    /// The most functions that run at the same time.
    pub in_flight: usize,
    /// The last tick.
    pub horizon: Tick,
    /// The deliberate mistake.
    pub weakness: Weakness,
}

/// The parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// Strangers, an operator and the reader of the mailbox want an account for one address. A user wants to change to
    /// it as well.
    SignUp,
    /// A thief has the owner's password and a session, and reads two other mailboxes. The owner reads the first one.
    Thief,
    /// The owner deletes the account, while the owner's other requests are under way.
    Deletion,
    /// The owner's account has no password yet. Others try to sign in, and read some of the owner's mails.
    FirstPassword,
}

/// A deliberate mistake, which the properties must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// No mistake.
    None,
    /// The write that uses a link up doesn't check that the link's mail is the latest and unused.
    NoMailCondition,
    /// A link is used up before the write that needs it, in a separate write.
    UsedUpBefore,
    /// The credential of a new account replaces another of the same name.
    NoNameCondition,
    /// The app's request token opens an account without the mail's code.
    RequestIsEnough,
    /// An undo makes all links void that were mailed before it, instead of those of later changes.
    UndoneAt,
    /// An undo leaves the password.
    UndoLeavesPassword,
    /// An undo leaves the user's sessions.
    UndoLeavesSessions,
    /// The mail with the undo is written after the change, in a separate write.
    UndoMailAfter,
    /// A request for another address outlives a new password and an undo.
    RequestOutlivesCutOff,
    /// The write of a change doesn't check that the user is as it was read.
    NoRecordCondition,
    /// A new password is set even if the user is being deleted.
    NoUserCondition,
    /// A link to a first password replaces a password.
    FirstReplaces,
    /// The write of a new password doesn't check that the credential is as it was read.
    NoCredentialCondition,
    /// A deletion goes on after a new password or an undo has cut its session off.
    DeletionOutlivesCutOff,
    /// A deletion ends its own session first.
    OwnSessionFirst,
    /// A deletion deletes the user before the credential, in a separate write.
    UserBeforeCredential,
}

/// The ticks that a function may run. Then Lambda stops it.
pub const FUNCTION_TTL: Tick = 1;
/// The ticks between a new password and its first sessions: more than a function runs.
pub const OVERLAP: Tick = FUNCTION_TTL + 1;
/// The ticks for which a link is good.
pub const LINK_TTL: Tick = 2;
/// The ticks for which a change of the address can be undone.
pub const UNDO_TTL: Tick = 3;

const SIGN_UP: Scenario = Scenario {
    name: "an account for one address",
    cast: Cast::SignUp,
    owners_requests: 1,
    others_requests: 4,
    faults: 1,
    in_flight: 2,
    horizon: 1,
    weakness: Weakness::None,
};

/// The scenarios that the tests explore within seconds.
pub const SCENARIOS: [Scenario; 5] = [
    SIGN_UP,
    Scenario {
        name: "a thief who changes the address often",
        cast: Cast::Thief,
        owners_requests: 2,
        others_requests: 5,
        faults: 0,
        in_flight: 1,
        horizon: 1,
        ..SIGN_UP
    },
    Scenario {
        name: "a thief and the owner at once",
        cast: Cast::Thief,
        owners_requests: 2,
        others_requests: 3,
        horizon: 0,
        ..SIGN_UP
    },
    Scenario {
        name: "deletion",
        cast: Cast::Deletion,
        owners_requests: 3,
        others_requests: 2,
        horizon: 0,
        ..SIGN_UP
    },
    Scenario {
        name: "a user without a password",
        cast: Cast::FirstPassword,
        owners_requests: 3,
        others_requests: 3,
        ..SIGN_UP
    },
];

impl Scenario {
    /// The scenario with larger bounds: one more of the others' requests, and one more tick unless the requests come one
    /// after the other.
    #[must_use]
    pub fn larger(self) -> Self {
        let ticks = Tick::from(self.in_flight > 1);
        Self { others_requests: self.others_requests + 1, horizon: self.horizon + ticks, ..self }
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
