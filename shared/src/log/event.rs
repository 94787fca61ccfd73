//! The names of events and causes, which never change.

/// What happened. Requests that are refused or fail have no event here: they are `PREFIX_refused` and `PREFIX_failed`, with
/// the prefix of their [`super::FunctionLog`]; so is a request that succeeds without an event of its own
/// (`PREFIX_succeeded`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A session began.
    LoginSucceeded,
    /// The password was right, and has to be changed before anything else.
    LoginPasswordExpired,
    /// A refresh token was replaced.
    RefreshSucceeded,
    /// A refresh was repeated, and got the same successor.
    RefreshRetryServed,
    /// A refresh was repeated by its `Idempotency-Key`, later than the leeway, and got the same successor.
    RefreshKeyUsedLate,
    /// A refresh token was used again: theft, as far as can be known.
    RefreshTokenReused,
    /// A session was ended by one of its tokens.
    LogoutSucceeded,
    /// The token at logout is none of ours, or not this client's: nothing happened.
    LogoutIgnored,
    /// A session ended, for whatever cause.
    SessionRevoked,
    /// A user chose another password.
    PasswordChanged,
    /// A password hash that was weak, or brought along, was replaced at login.
    PasswordRehashed,
    /// The authorizer let a request pass.
    AccessAllowed,
    /// A step of a rotation was carried out, and the new keyset isn't the current one yet.
    KeysetPrepared,
    /// A keyset became the current one.
    KeysetRotated,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::LoginSucceeded,
        Self::LoginPasswordExpired,
        Self::RefreshSucceeded,
        Self::RefreshRetryServed,
        Self::RefreshKeyUsedLate,
        Self::RefreshTokenReused,
        Self::LogoutSucceeded,
        Self::LogoutIgnored,
        Self::SessionRevoked,
        Self::PasswordChanged,
        Self::PasswordRehashed,
        Self::AccessAllowed,
        Self::KeysetPrepared,
        Self::KeysetRotated,
    ];

    /// Its name in the field `event`, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginPasswordExpired => "login_password_expired",
            Self::RefreshSucceeded => "refresh_succeeded",
            Self::RefreshRetryServed => "refresh_retry_served",
            Self::RefreshKeyUsedLate => "refresh_key_used_late",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::LogoutSucceeded => "logout_succeeded",
            Self::LogoutIgnored => "logout_ignored",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRehashed => "password_rehashed",
            Self::AccessAllowed => "access_allowed",
            Self::KeysetPrepared => "keyset_prepared",
            Self::KeysetRotated => "keyset_rotated",
        }
    }
}

/// Why a session was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its own token, at logout.
    Logout,
    /// Another session's token, at a logout everywhere.
    LogoutEverywhere,
    /// Its user, from another device.
    User,
    /// Its refresh token was used again.
    Theft,
    /// Its user is gone, disabled or cut off.
    CutOff,
    /// Its user chose another password.
    PasswordChange,
    /// Its user began one more session than the stack allows.
    MaxSessions,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Logout,
        Self::LogoutEverywhere,
        Self::User,
        Self::Theft,
        Self::CutOff,
        Self::PasswordChange,
        Self::MaxSessions,
    ];

    /// Its name in the field `cause`, which stays.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutEverywhere => "logout_everywhere",
            Self::User => "user",
            Self::Theft => "theft",
            Self::CutOff => "cut_off",
            Self::PasswordChange => "password_change",
            Self::MaxSessions => "max_sessions",
        }
    }
}
