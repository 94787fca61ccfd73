//! What API Gateway asks.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// The event of a TOKEN authorizer of a REST API. The token is wrapped, so that no log shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenEvent {
    /// Tells this kind of event from the others.
    #[serde(rename = "type")]
    _type: TokenEventType,
    /// The Authorization header as it came.
    pub(crate) authorization_token: SecretString,
    /// What is being called: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.
    pub(crate) method_arn: String,
}

/// The one type of event that this authorizer takes.
#[derive(Debug, Deserialize)]
enum TokenEventType {
    /// The caller's identity is the Authorization header.
    #[serde(rename = "TOKEN")]
    Token,
}

impl TokenEvent {
    /// Takes the event of a TOKEN authorizer. What serde says of any other is dropped: it quotes the event.
    pub(crate) fn parse(event: Value) -> Option<Self> {
        serde_json::from_value(event).ok()
    }
}

/// The token of an Authorization header (RFC 6750 section 2.1); the scheme is case-insensitive (RFC 9110 section 11.1).
pub(crate) fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let fits = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    fits.then_some(token)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_token_after_the_scheme_in_any_case() {
        for header in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d"] {
            assert_eq!(bearer_token(header), Some("a.b-c_d"), "{header}");
        }
        for header in
            ["", "Bearer", "Bearer ", "Basic a", "Bearer a b", "Bearer a,Bearer b", "Bearera", " Bearer a"]
        {
            assert_eq!(bearer_token(header), None, "{header}");
        }
    }

    #[test]
    fn an_event_of_another_kind_is_not_taken_for_one_of_ours() {
        for event in [
            json!({ "type": "REQUEST", "authorizationToken": "Bearer x", "methodArn": "arn" }),
            json!({ "authorizationToken": "Bearer x", "methodArn": "arn" }),
            json!({ "type": "TOKEN", "methodArn": "arn" }),
            json!({ "type": "TOKEN", "authorizationToken": 7, "methodArn": "arn" }),
            json!(null),
        ] {
            assert!(TokenEvent::parse(event).is_none());
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let event = json!({ "type": "TOKEN", "authorizationToken": "Bearer s3cret", "methodArn": "arn" });
        let event = TokenEvent::parse(event).unwrap();
        assert!(!format!("{event:?}").contains("s3cret"));
    }
}
