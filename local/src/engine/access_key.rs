//! The access key ID that the store accepts.
//!
//! The store checks nothing else of a signature: with the key ID any SDK works, whatever its secret and region. Every
//! user of this machine and every web page reaches the store's port, so the key ID is the password.

use std::fmt::{self, Write};

use aws_lc_rs::constant_time;
use axum::http::{HeaderMap, header};
use shared::random::{self, Random};

use super::answer::Answer;

/// The access key ID for stores that accept any credentials, like DynamoDB Local.
pub const ANY_ACCESS_KEY_ID: &str = "local";

/// An access key ID, which `Debug` doesn't show.
#[derive(Clone)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// A random one: 128 bits in hexadecimal, since DynamoDB Local takes only letters and digits.
    pub fn random(random: &dyn Random) -> Self {
        Self(random::bytes::<16>(random).iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a string doesn't fail.
            let _ = write!(text, "{byte:02X}");
            text
        }))
    }

    /// An access key ID with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the key ID.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The refusal of a request with another key ID or none. `None` if the key ID is this one.
    pub(super) fn refusal(&self, headers: &HeaderMap) -> Option<Answer> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().filter(|_| values.next().is_none());
        let Some(presented) = value.and_then(|value| value.to_str().ok()).and_then(presented) else {
            return Some(Answer::error(
                "MissingAuthenticationTokenException",
                Some("Request is missing Authentication Token"),
            ));
        };
        let is_ours = constant_time::verify_slices_are_equal(presented.as_bytes(), self.0.as_bytes()).is_ok();
        (!is_ours).then(|| {
            Answer::error(
                "UnrecognizedClientException",
                Some("The security token included in the request is invalid: this store has its own access key ID"),
            )
        })
    }
}

/// The key ID of the credential scope: `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
fn presented(authorization: &str) -> Option<&str> {
    let (algorithm, rest) = authorization.split_once(' ')?;
    algorithm.strip_prefix("AWS4-")?;
    let scope = rest.split([',', ' ']).find_map(|part| part.strip_prefix("Credential="))?;
    Some(scope.split_once('/')?.0)
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKeyId")
    }
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    fn refusal(key: &AccessKeyId, values: &[&str]) -> Option<String> {
        let headers = values.iter().map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        let body: serde_json::Value = serde_json::from_str(&key.refusal(&headers.collect())?.body).unwrap();
        Some(body["__type"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned())
    }

    #[test]
    fn the_key_id_of_the_credential_scope_decides() {
        let key = AccessKeyId::new("KEY");
        for authorization in [
            "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x",
            "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=x,Credential=KEY/20260101/x/dynamodb/aws4_request",
            "AWS4-ECDSA-P256-SHA256 Credential=KEY/20260101/dynamodb/aws4_request, Signature=x",
        ] {
            assert_eq!(refusal(&key, &[authorization]), None, "{authorization}");
        }
        for other in ["KEY2", "KE", "key", "", " KEY"] {
            let authorization =
                format!("AWS4-HMAC-SHA256 Credential={other}/20260101/x/dynamodb/aws4_request");
            assert_ne!(refusal(&key, &[&authorization]), None, "{other:?}");
        }
        let other = "AWS4-HMAC-SHA256 Credential=OTHER/20260101/x/dynamodb/aws4_request";
        assert_eq!(refusal(&key, &[other]).unwrap(), "UnrecognizedClientException");
    }

    #[test]
    fn a_request_without_a_credential_gets_the_error_for_it() {
        let key = AccessKeyId::new("KEY");
        let scope = "AWS4-HMAC-SHA256 Credential=KEY/20260101/x/dynamodb/aws4_request";
        for values in [
            &[][..],
            &[""],
            &["KEY"],
            &["Basic KEY/"],
            &["Bearer KEY"],
            &["AWS4-HMAC-SHA256 Credential=KEY"],
            &[scope, scope],
        ] {
            assert_eq!(refusal(&key, values).unwrap(), "MissingAuthenticationTokenException", "{values:?}");
        }
    }

    #[test]
    fn a_random_key_id_is_one_of_an_aws_account_in_shape_and_is_not_shown() {
        let (one, other) =
            (AccessKeyId::random(&SystemRandom::new()), AccessKeyId::random(&SystemRandom::new()));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 32);
        assert!(one.expose().bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
        assert_eq!(format!("{one:?}"), "AccessKeyId");
    }
}
