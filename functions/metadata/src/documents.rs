//! The documents themselves.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::{clock::Timestamp, keys::PublicKeys, route};

/// How clients authenticate at the token and the revocation endpoint (RFC 7591 section 2).
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The JWK Set (RFC 7517 section 5): keys that will sign, that sign, and that have signed what is still valid.
pub(crate) fn jwks(keys: &PublicKeys, now: Timestamp) -> Value {
    let keys: Vec<_> = keys.current(now).map(|key| &key.jwk).collect();
    json!({ "keys": keys })
}

/// RFC 8414 section 2. There is no authorization endpoint, and so no response type; but the member is required, and
/// what is empty must not be there (section 3.2), so it says `none`, which is a response type that gives nothing
/// (OAuth 2.0 Multiple Response Type Encoding Practices section 4).
///
/// `latchgate_audience` is a member of ours (section 2 allows it): the `aud` of the access tokens, which a verifier has to know and the
/// RFC has no member for. `protected_resources` (RFC 9728 section 4) lists URLs, and an audience needn't be one.
pub(crate) fn authorization_server(issuer: &str, audience: Option<&str>) -> Value {
    let mut document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}{}", route::REFRESH),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": ["none"],
        "revocation_endpoint": format!("{issuer}{}", route::LOGOUT),
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "jwks_uri": format!("{issuer}{}", route::JWKS),
    });
    if let Some(audience) = audience {
        document["latchgate_audience"] = json!(audience);
    }
    document
}

/// OpenID Connect Discovery 1.0 section 3, for verifiers that look here for `issuer` and `jwks_uri`, as API Gateway's
/// JWT authorizer does. Latchgate issues no ID tokens; the algorithms are those of its access tokens.
pub(crate) fn openid_configuration(
    issuer: &str,
    audience: Option<&str>,
    keys: &PublicKeys,
    now: Timestamp,
) -> Value {
    let algorithms: BTreeSet<_> = keys.current(now).map(|key| &key.jwk.alg).collect();
    let mut document = authorization_server(issuer, audience);
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!(algorithms);
    document
}
