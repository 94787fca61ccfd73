//! What the operations take: the one place where the counted figures stand.

/// Something that a caller has a function do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /login`, the client's record not warm.
    Login,
    /// The same with a wrong password.
    WrongPassword,
    /// `POST /refresh`, the client's record warm.
    Refresh,
    /// A refresh that is repeated within the leeway.
    Retry,
    /// `POST /refresh` with a token that is junk, or another client's.
    JunkRefresh,
    /// `POST /logout`, the client's record warm.
    Logout,
    /// `POST /password`, the client's record not warm, no other session.
    PasswordChange,
    /// A call behind the authorizer, with `RevocationCheck` `session`.
    AuthorizeBySession,
    /// The same with `denylist`, between two pulls.
    AuthorizeByDenylist,
    /// The same with `none`.
    AuthorizeByNothing,
    /// The authorizer, asked about a token that is junk.
    JunkCall,
    /// A refresh as it is usually done, for comparison: the token's item and the user are read, then the item of the old
    /// token is marked and one of the new token put, in a transaction.
    TransactionalRefresh,
}

/// What an operation was seen to do: `tests/costs.rs` asserts each of these figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Requests to DynamoDB one after the other; those side by side are one, and so is what goes on beside a password hash.
    pub round_trips: u32,
    /// Requests to DynamoDB.
    pub calls: u32,
    /// Write units.
    pub writes: u32,
    /// Read units.
    pub reads: u32,
}

impl Operation {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 12] = [
        Self::Login,
        Self::WrongPassword,
        Self::Refresh,
        Self::Retry,
        Self::JunkRefresh,
        Self::Logout,
        Self::PasswordChange,
        Self::AuthorizeBySession,
        Self::AuthorizeByDenylist,
        Self::AuthorizeByNothing,
        Self::JunkCall,
        Self::TransactionalRefresh,
    ];

    /// What was counted.
    pub const fn counted(self) -> Counted {
        let (round_trips, calls, writes, reads) = match self {
            Self::Login => (2, 5, 3, 2),
            Self::WrongPassword => (1, 3, 1, 2),
            Self::Refresh | Self::Retry => (1, 2, 1, 1),
            Self::Logout => (1, 2, 2, 0),
            Self::PasswordChange => (8, 10, 6, 4),
            Self::AuthorizeBySession => (1, 1, 0, 1),
            Self::JunkRefresh | Self::AuthorizeByDenylist | Self::AuthorizeByNothing | Self::JunkCall => {
                (0, 0, 0, 0)
            }
            Self::TransactionalRefresh => (2, 3, 4, 2),
        };
        Counted { round_trips, calls, writes, reads }
    }

    /// Its name on the pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::WrongPassword => "login, wrong password",
            Self::Refresh => "refresh",
            Self::Retry => "refresh, a retry within the leeway",
            Self::JunkRefresh => "refresh, junk or foreign token",
            Self::Logout => "logout",
            Self::PasswordChange => "change of password",
            Self::AuthorizeBySession => "authorizer, `session`",
            Self::AuthorizeByDenylist => "authorizer, `denylist`",
            Self::AuthorizeByNothing => "authorizer, `none`",
            Self::JunkCall => "authorizer, junk token",
            Self::TransactionalRefresh => "*refresh by Get and TransactWriteItems*",
        }
    }

    /// The logical id of the function that does it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::Login | Self::WrongPassword => "LoginFunction",
            Self::Refresh | Self::Retry | Self::JunkRefresh | Self::TransactionalRefresh => "RefreshFunction",
            Self::Logout => "LogoutFunction",
            Self::PasswordChange => "PasswordFunction",
            _ => "AuthorizerFunction",
        }
    }

    /// Whether the request is one of this API's own: what the authorizer is asked about is a request to another endpoint,
    /// which is paid for with or without it.
    pub const fn is_request(self) -> bool {
        !matches!(
            self,
            Self::AuthorizeBySession | Self::AuthorizeByDenylist | Self::AuthorizeByNothing | Self::JunkCall
        )
    }

    /// Passwords that are hashed.
    pub(crate) const fn hashes(self) -> u32 {
        match self {
            Self::Login | Self::WrongPassword => 1,
            Self::PasswordChange => 2,
            _ => 0,
        }
    }

    /// Access tokens that are signed.
    pub(crate) const fn signatures(self) -> u32 {
        match self {
            Self::Login | Self::Refresh | Self::Retry | Self::PasswordChange | Self::TransactionalRefresh => {
                1
            }
            _ => 0,
        }
    }

    /// Access tokens whose signature is verified.
    pub(crate) const fn verifications(self) -> u32 {
        match self {
            Self::AuthorizeBySession | Self::AuthorizeByDenylist | Self::AuthorizeByNothing => 1,
            _ => 0,
        }
    }
}
