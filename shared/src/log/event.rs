//! The names of events and causes, which never change.

/// An event of a request. A request that has none becomes `PREFIX_succeeded`, `PREFIX_refused` or
/// `PREFIX_failed`, with the prefix of its [`super::FunctionLog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A session began.
    LoginSucceeded,
    /// The password was right, but the user has to change it first.
    LoginPasswordExpired,
    /// A refresh token was replaced.
    RefreshSucceeded,
    /// A repeated refresh got the same successor.
    RefreshRetryServed,
    /// A refresh that repeated its `Idempotency-Key` after the leeway got the same successor.
    RefreshKeyUsedLate,
    /// A refresh token was used again, which counts as theft.
    RefreshTokenReused,
    /// A bound refresh token came without a proof of its key: a thief has it, or the client lost its key. The
    /// token stays valid.
    RefreshTokenMisused,
    /// A user signed in at the pages.
    SignInSucceeded,
    /// A client got an authorization code.
    CodeIssued,
    /// A user consented to a client's request.
    ConsentGranted,
    /// A user refused a client's request.
    ConsentDenied,
    /// A user signed out at the pages.
    SignOutSucceeded,
    /// An authorization code became a session.
    CodeRedeemed,
    /// An authorization code was used again: its session ends.
    CodeReused,
    /// A logout ended the session of a token.
    LogoutSucceeded,
    /// The token at logout was not one of ours, or another client's. Nothing changed.
    LogoutIgnored,
    /// A session ended, for any cause.
    SessionRevoked,
    /// A user changed the password.
    PasswordChanged,
    /// A request for a mail was accepted, whether the address has an account or not.
    MailRequested,
    /// The operator's function that checks captchas failed, and the request went on without a check.
    CaptchaUnavailable,
    /// A user confirmed an address, and has an account now.
    AccountConfirmed,
    /// A user who had forgotten the password set a new one.
    PasswordReset,
    /// A user confirmed another mail address, which the account has from now on.
    AddressChanged,
    /// The owner of an earlier mail address undid its change, and set a new password.
    AddressChangeUndone,
    /// A user deleted the account.
    AccountDeleted,
    /// A user asked for mails about new devices.
    NewDeviceMailsWanted,
    /// A user stopped mails about new devices.
    NewDeviceMailsStopped,
    /// A mail was handed over for delivery.
    MailSent,
    /// A mail is sent though an earlier delivery may have sent it: that one neither gave it back nor marked
    /// it.
    MailSentAgain,
    /// A mail was not sent, since mails to its address bounced or led to a complaint.
    MailSuppressed,
    /// A mail was refused for good, or was sent so often without an answer that it isn't sent again.
    MailRejected,
    /// A mail was handed over, but its row still says that it waits: it may be sent twice.
    MailSentUnmarked,
    /// A mail bounced or led to a complaint. Its address gets no more mails.
    MailBounced,
    /// A user is told about an event of the account: a mail waits to be sent.
    MailNoticed,
    /// A user isn't told about an event of the account, since the address had all its mails of the hour.
    MailNoticeDropped,
    /// A login replaced a weak or imported password hash.
    PasswordRehashed,
    /// The authorizer allowed a request.
    AccessAllowed,
    /// A step of a rotation succeeded. The new keyset isn't current yet.
    KeysetPrepared,
    /// A new keyset became current.
    KeysetRotated,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 39] = [
        Self::LoginSucceeded,
        Self::LoginPasswordExpired,
        Self::RefreshSucceeded,
        Self::RefreshRetryServed,
        Self::RefreshKeyUsedLate,
        Self::RefreshTokenReused,
        Self::RefreshTokenMisused,
        Self::SignInSucceeded,
        Self::CodeIssued,
        Self::ConsentGranted,
        Self::ConsentDenied,
        Self::SignOutSucceeded,
        Self::CodeRedeemed,
        Self::CodeReused,
        Self::LogoutSucceeded,
        Self::LogoutIgnored,
        Self::SessionRevoked,
        Self::PasswordChanged,
        Self::MailRequested,
        Self::CaptchaUnavailable,
        Self::AccountConfirmed,
        Self::PasswordReset,
        Self::AddressChanged,
        Self::AddressChangeUndone,
        Self::AccountDeleted,
        Self::NewDeviceMailsWanted,
        Self::NewDeviceMailsStopped,
        Self::MailSent,
        Self::MailSentAgain,
        Self::MailSuppressed,
        Self::MailRejected,
        Self::MailSentUnmarked,
        Self::MailBounced,
        Self::MailNoticed,
        Self::MailNoticeDropped,
        Self::PasswordRehashed,
        Self::AccessAllowed,
        Self::KeysetPrepared,
        Self::KeysetRotated,
    ];

    /// The value of the field `event`. It never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginSucceeded => "login_succeeded",
            Self::LoginPasswordExpired => "login_password_expired",
            Self::RefreshSucceeded => "refresh_succeeded",
            Self::RefreshRetryServed => "refresh_retry_served",
            Self::RefreshKeyUsedLate => "refresh_key_used_late",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::RefreshTokenMisused => "refresh_token_misused",
            Self::SignInSucceeded => "sign_in_succeeded",
            Self::CodeIssued => "code_issued",
            Self::ConsentGranted => "consent_granted",
            Self::ConsentDenied => "consent_denied",
            Self::SignOutSucceeded => "sign_out_succeeded",
            Self::CodeRedeemed => "code_redeemed",
            Self::CodeReused => "code_reused",
            Self::LogoutSucceeded => "logout_succeeded",
            Self::LogoutIgnored => "logout_ignored",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::MailRequested => "mail_requested",
            Self::CaptchaUnavailable => "captcha_unavailable",
            Self::AccountConfirmed => "account_confirmed",
            Self::PasswordReset => "password_reset",
            Self::AddressChanged => "address_changed",
            Self::AddressChangeUndone => "address_change_undone",
            Self::AccountDeleted => "account_deleted",
            Self::NewDeviceMailsWanted => "new_device_mails_wanted",
            Self::NewDeviceMailsStopped => "new_device_mails_stopped",
            Self::MailSent => "mail_sent",
            Self::MailSentAgain => "mail_sent_again",
            Self::MailSuppressed => "mail_suppressed",
            Self::MailRejected => "mail_rejected",
            Self::MailSentUnmarked => "mail_sent_unmarked",
            Self::MailBounced => "mail_bounced",
            Self::MailNoticed => "mail_noticed",
            Self::MailNoticeDropped => "mail_notice_dropped",
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
    /// Its own token was sent to logout.
    Logout,
    /// The token of another session was sent to logout everywhere.
    LogoutEverywhere,
    /// Its user ended it from another device.
    User,
    /// Its refresh token, or its authorization code, was used again.
    Theft,
    /// Its user is deleted or disabled, or all of the user's sessions were ended.
    CutOff,
    /// Its user changed the password.
    PasswordChange,
    /// Its user had forgotten the password and set a new one, or undid a change of the mail address.
    PasswordReset,
    /// Its user exceeded the stack's limit for sessions.
    MaxSessions,
    /// A new session at the pages replaced it in the browser.
    Replaced,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 9] = [
        Self::Logout,
        Self::LogoutEverywhere,
        Self::User,
        Self::Theft,
        Self::CutOff,
        Self::PasswordChange,
        Self::PasswordReset,
        Self::MaxSessions,
        Self::Replaced,
    ];

    /// The value of the field `cause`. It never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutEverywhere => "logout_everywhere",
            Self::User => "user",
            Self::Theft => "theft",
            Self::CutOff => "cut_off",
            Self::PasswordChange => "password_change",
            Self::PasswordReset => "password_reset",
            Self::MaxSessions => "max_sessions",
            Self::Replaced => "replaced",
        }
    }
}
