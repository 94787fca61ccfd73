//! The names of claims: those that are reserved, and those that scopes ask for.

use serde_json::{Map, Value};

use crate::scope::Scope;

/// The claims that only Latchgate sets: those of RFC 7519 section 4.1 and RFC 9068 section 2.2, `sid` of
/// OpenID Connect Front-Channel Logout section 3, and `cnf` of RFC 7800. A user's own claims can't have these
/// names.
pub const RESERVED_CLAIMS: [&str; 12] =
    ["iss", "sub", "aud", "client_id", "iat", "nbf", "exp", "jti", "sid", "scope", "auth_time", "cnf"];

/// The claims that each scope asks for (OpenID Connect Core 1.0 section 5.4).
pub const SCOPE_CLAIMS: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Returns those of a user's own claims that these scopes ask for.
pub fn standard_claims(claims: &Map<String, Value>, scope: &Scope) -> Map<String, Value> {
    let asked = SCOPE_CLAIMS.into_iter().filter(|(name, _)| scope.tokens().any(|token| token == *name));
    let names = asked.flat_map(|(_, names)| names);
    names.filter_map(|name| Some(((*name).to_owned(), claims.get(*name)?.clone()))).collect()
}
