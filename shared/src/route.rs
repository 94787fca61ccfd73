//! The paths of the endpoints, as template.yaml has them below the stage. A test holds the two together.

/// A user name and password become tokens.
pub const LOGIN: &str = "/login";
/// A refresh token becomes new tokens (RFC 6749 section 6).
pub const REFRESH: &str = "/refresh";
/// A session ends (RFC 7009 section 2).
pub const LOGOUT: &str = "/logout";
/// The caller's sessions; below it, by its identifier, each of them.
pub const SESSIONS: &str = "/sessions";
/// The caller's password is changed.
pub const PASSWORD: &str = "/password";
/// The public keys (RFC 8414 section 2, `jwks_uri`).
pub const JWKS: &str = "/.well-known/jwks.json";
/// The metadata of RFC 8414 section 3; below it, by the path of the issuer, the same (section 3.1).
pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// The metadata of OpenID Connect Discovery 1.0 section 4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// All of them.
pub const ALL: [&str; 8] =
    [LOGIN, REFRESH, LOGOUT, SESSIONS, PASSWORD, JWKS, AUTHORIZATION_SERVER, OPENID_CONFIGURATION];
