//! What identifies a request elsewhere.

use serde_json::Value;

/// The identifiers of a request in other logs, and the address that it came from.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The caller's network address, as API Gateway saw it.
    pub address: Option<String>,
    /// API Gateway's identifier, which is in its access log and no caller's to choose.
    pub request_id: Option<String>,
    /// Lambda's identifier, which is in the lines of the platform.
    pub lambda_request_id: Option<String>,
}

impl Invocation {
    /// The invocation of an event that is not an HTTP request of ours. Authorizer events have API Gateway's identifier in
    /// their context; the others have none.
    ///
    /// In format 1.0 it is `extendedRequestId`: `requestId` is the caller's to choose there, by the header
    /// `X-Amzn-RequestId`. Format 2.0 and AppSync have `requestId` alone, which API Gateway and AppSync assign.
    pub fn of_event(event: &Value, lambda_request_id: Option<String>) -> Self {
        let is_assigned = event["type"] != "REQUEST" || event["version"] == "2.0";
        let name = if is_assigned { "requestId" } else { "extendedRequestId" };
        let request_id = event["requestContext"][name].as_str().map(str::to_owned);
        Self { address: None, request_id, lambda_request_id }
    }
}
