//! The identifiers of a request behind API Gateway.

use lambda_http::{Request, RequestExt, request::RequestContext};

use super::Peer;
use crate::log::Invocation;

/// The invocation of this request.
pub(super) fn invocation_of(request: &Request) -> Invocation {
    let request_id = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
        _ => None,
    };
    let lambda_request_id = request.lambda_context_ref().map(|context| context.request_id.clone());
    Invocation { address: Peer::of(request).address, request_id, lambda_request_id }
}
