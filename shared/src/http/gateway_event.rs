//! The event that API Gateway sends.

use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

/// The error for an event of another format. serde's own would quote the event, which contains passwords and
/// tokens.
const NOT_OF_AN_API: &str = "the event is not an API's in payload format 1.0";

/// The event of a REST API, or of an HTTP API in payload format 1.0, which is the same format.
#[derive(Clone, Debug)]
pub struct GatewayEvent {
    pub(super) event: ApiGatewayProxyRequest,
    /// The identifier that API Gateway gives a request. A REST API's other one, `requestId`, is the caller's
    /// choice, by the header `X-Amzn-RequestId`.
    pub(super) extended_request_id: Option<String>,
}

/// The fields that `ApiGatewayProxyRequest` leaves out.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rest {
    request_context: Context,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Context {
    extended_request_id: Option<String>,
}

impl<'de> Deserialize<'de> for GatewayEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let event = serde_json::from_str(text.get()).map_err(|_| D::Error::custom(NOT_OF_AN_API))?;
        let rest: Rest = serde_json::from_str(text.get()).unwrap_or_default();
        Ok(Self { event, extended_request_id: rest.request_context.extended_request_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_another_format_is_refused_without_quoting_it() {
        for text in [
            "{}",
            "[]",
            "null",
            r#"{"httpMethod":"s3cret pass"}"#,
            r#"{"version":"2.0","rawPath":"/s3cret"}"#,
        ] {
            let error = serde_json::from_str::<GatewayEvent>(text).unwrap_err().to_string();
            assert!(error.starts_with(NOT_OF_AN_API) && !error.contains("s3cret"), "{text}: {error}");
        }
    }

    #[test]
    fn a_malformed_identifier_is_left_out() {
        for (id, expected) in
            [(r#""JKJaXmPL=""#, Some("JKJaXmPL=")), ("7", None), ("null", None), (r#"["x"]"#, None)]
        {
            let text = format!(
                r#"{{"httpMethod":"GET","path":"/x","requestContext":{{"httpMethod":"GET","extendedRequestId":{id}}}}}"#
            );
            let event: GatewayEvent = serde_json::from_str(&text).unwrap();
            assert_eq!(event.extended_request_id.as_deref(), expected, "{text}");
        }
    }
}
