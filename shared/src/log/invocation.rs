//! What identifies a request elsewhere.

use serde_json::Value;

/// The identifiers of a request in other logs, and the address that it came from.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The caller's network address, as API Gateway saw it.
    pub address: Option<String>,
    /// API Gateway's identifier, which is in its access log.
    pub request_id: Option<String>,
    /// Lambda's identifier, which is in the lines of the platform.
    pub lambda_request_id: Option<String>,
}

impl Invocation {
    /// The invocation of an event that is not an HTTP request of ours. Authorizer events have API Gateway's identifier in
    /// their context; the others have none.
    pub fn of_event(event: &Value, lambda_request_id: Option<String>) -> Self {
        let request_id = event["requestContext"]["requestId"].as_str().map(str::to_owned);
        Self { address: None, request_id, lambda_request_id }
    }
}
