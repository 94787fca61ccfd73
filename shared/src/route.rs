//! The paths of the endpoints, relative to the stage. A test compares them with template.yaml.

/// Exchanges a user name and password for tokens.
pub const LOGIN: &str = "/login";
/// Exchanges a refresh token for new tokens (RFC 6749 section 6).
pub const REFRESH: &str = "/refresh";
/// Ends a session (RFC 7009 section 2).
pub const LOGOUT: &str = "/logout";
/// Signs a user in, and gives a client a code (RFC 6749 section 3.1).
pub const AUTHORIZE: &str = "/authorize";
/// Exchanges a code or a refresh token for tokens (RFC 6749 section 3.2).
pub const TOKEN: &str = "/token";
/// The page where users see their sessions and change their password. DELETE deletes the caller's account.
pub const ACCOUNT: &str = "/account";
/// The page where a user asks for an account.
pub const ACCOUNT_NEW: &str = "/account/new";
/// The page where a user confirms the address of a new account and chooses its password.
pub const ACCOUNT_CONFIRM: &str = "/account/confirm";
/// The page where a user who forgot the password asks for a link.
pub const ACCOUNT_FORGOT: &str = "/account/forgot";
/// The page where such a user chooses a new password.
pub const ACCOUNT_RESET: &str = "/account/reset";
/// The page where a user asks for another mail address.
pub const ACCOUNT_EMAIL: &str = "/account/email";
/// The page where a user confirms the new address.
pub const ACCOUNT_EMAIL_CONFIRM: &str = "/account/email/confirm";
/// The page where the owner of the old address undoes the change.
pub const ACCOUNT_EMAIL_UNDO: &str = "/account/email/undo";
/// The page where a user deletes the account.
pub const ACCOUNT_DELETE: &str = "/account/delete";
/// Signs a user out (OpenID Connect RP-Initiated Logout 1.0 section 2).
pub const END_SESSION: &str = "/end-session";
/// Returns claims of the caller (OpenID Connect Core 1.0 section 5.3).
pub const USERINFO: &str = "/userinfo";
/// The caller's sessions. Each session is below it, by its identifier.
pub const SESSIONS: &str = "/sessions";
/// Changes the caller's password.
pub const PASSWORD: &str = "/password";
/// Sends a mail that confirms the address of a new account.
pub const SIGNUP: &str = "/signup";
/// Creates an account with a link or code from that mail.
pub const SIGNUP_CONFIRM: &str = "/signup/confirm";
/// Sends a mail to a user who forgot the password.
pub const FORGOT: &str = "/forgot";
/// Sets a new password with a link or code from that mail.
pub const RESET: &str = "/reset";
/// Sends the mail of an earlier request again.
pub const RESEND: &str = "/resend";
/// Sends a mail that confirms another address of the caller's account.
pub const EMAIL: &str = "/email";
/// Changes the address with a link or code from that mail.
pub const EMAIL_CONFIRM: &str = "/email/confirm";
/// Undoes a change of the address, with the link of the mail to the old one.
pub const EMAIL_UNDO: &str = "/email/undo";
/// The public keys (RFC 8414 section 2, `jwks_uri`).
pub const JWKS: &str = "/.well-known/jwks.json";
/// The metadata of RFC 8414 section 3. The path with the issuer's path appended has the same (section 3.1).
pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// The metadata of protected resources (RFC 9728 section 3), each below it.
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// The metadata of OpenID Connect Discovery 1.0 section 4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The paths to which browsers navigate. Each ends differently, so a path is known by its end.
pub const PAGES: [&str; 11] = [
    AUTHORIZE,
    ACCOUNT,
    ACCOUNT_NEW,
    ACCOUNT_CONFIRM,
    ACCOUNT_FORGOT,
    ACCOUNT_RESET,
    ACCOUNT_EMAIL,
    ACCOUNT_EMAIL_CONFIRM,
    ACCOUNT_EMAIL_UNDO,
    ACCOUNT_DELETE,
    END_SESSION,
];

/// All paths.
pub const ALL: [&str; 30] = [
    LOGIN,
    REFRESH,
    LOGOUT,
    AUTHORIZE,
    TOKEN,
    ACCOUNT,
    ACCOUNT_NEW,
    ACCOUNT_CONFIRM,
    ACCOUNT_FORGOT,
    ACCOUNT_RESET,
    ACCOUNT_EMAIL,
    ACCOUNT_EMAIL_CONFIRM,
    ACCOUNT_EMAIL_UNDO,
    ACCOUNT_DELETE,
    END_SESSION,
    USERINFO,
    SESSIONS,
    PASSWORD,
    SIGNUP,
    SIGNUP_CONFIRM,
    FORGOT,
    RESET,
    RESEND,
    EMAIL,
    EMAIL_CONFIRM,
    EMAIL_UNDO,
    JWKS,
    AUTHORIZATION_SERVER,
    PROTECTED_RESOURCE,
    OPENID_CONFIGURATION,
];
