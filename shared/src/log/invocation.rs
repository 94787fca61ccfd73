//! The identifiers of a request in other logs.

use serde_json::Value;

/// The identifiers of a request in other logs, and the address that it came from.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The caller's network address, as API Gateway saw it.
    pub address: Option<String>,
    /// API Gateway's identifier, which its access log has too. The caller can't choose it.
    pub request_id: Option<String>,
    /// Lambda's identifier, which the platform's log lines have.
    pub lambda_request_id: Option<String>,
}

impl Invocation {
    /// The invocation of an event that is not an HTTP request. Authorizer events have API Gateway's
    /// identifier in their context; others have none.
    ///
    /// In format 1.0 this is `extendedRequestId`: the caller can choose `requestId` there, by the header
    /// `X-Amzn-RequestId`. Format 2.0 and AppSync have only `requestId`, which API Gateway and AppSync
    /// assign.
    pub fn of_event(event: &Value, lambda_request_id: Option<String>) -> Self {
        let is_assigned = event["type"] != "REQUEST" || event["version"] == "2.0";
        let name = if is_assigned { "requestId" } else { "extendedRequestId" };
        let request_id = event["requestContext"][name].as_str().map(str::to_owned);
        Self { address: None, request_id, lambda_request_id }
    }
}
