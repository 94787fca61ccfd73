//! An answer in DynamoDB's JSON format.

use serde_json::json;

/// A status and a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    /// The media type of every answer.
    pub(super) const MEDIA_TYPE: &str = "application/x-amz-json-1.0";

    pub(super) fn success(body: String) -> Self {
        Self { status: 200, body }
    }

    /// An error of the service, not of an operation.
    pub(super) fn error(kind: &str, message: Option<&str>) -> Self {
        let mut body = json!({ "__type": format!("com.amazon.coral.service#{kind}") });
        if let Some(message) = message {
            body["message"] = message.into();
        }
        Self { status: 400, body: body.to_string() }
    }
}
