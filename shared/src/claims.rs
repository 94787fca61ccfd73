//! The names of claims that users can't have.

/// The claims that only Latchgate sets: those of RFC 7519 section 4.1, RFC 9068 section 2.2, `sid` of OpenID Connect
/// Front-Channel Logout section 3, and `cnf` of RFC 7800. A user's own claims can't take these names.
pub const RESERVED_CLAIMS: [&str; 12] =
    ["iss", "sub", "aud", "client_id", "iat", "nbf", "exp", "jti", "sid", "scope", "auth_time", "cnf"];
