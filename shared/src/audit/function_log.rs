//! What a function writes of each of its requests: one line, and metrics.

use std::{sync::Arc, time::Duration};

use lambda_http::{Request, RequestExt, request::RequestContext};
use serde_json::Value;

use super::RequestLog;
use crate::{aborted::TIME_LIMIT, clock::Clock, context::Context, environment::variable, http::Origin};

/// The functions, by the names of their packages.
pub const FUNCTIONS: [&str; 8] =
    ["login", "refresh", "logout", "sessions", "password", "metadata", "authorizer", "keys"];

/// The log of one function.
#[derive(Clone, Debug)]
pub struct FunctionLog {
    pub(super) function: &'static str,
    pub(super) time_limit: Duration,
    /// What its metrics are of; without it none are written.
    pub(super) stack: Option<Arc<str>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl FunctionLog {
    /// Of the function with this name.
    pub fn new(function: &'static str, context: &Context) -> Self {
        let stack = context.environment.optional(variable::STACK_NAME).map(Arc::from);
        Self { function, time_limit: TIME_LIMIT, stack, clock: context.clock.clone() }
    }

    /// The same of a function that nobody waits for, which may take longer.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// A request has come.
    pub fn begin(&self, invocation: Invocation) -> RequestLog {
        RequestLog::new(self.clone(), invocation)
    }
}

/// What others call a request, and where it is from.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    pub(super) address: Option<String>,
    /// API Gateway's identifier, in its access log.
    pub(super) request_id: Option<String>,
    /// Lambda's, in the lines of the platform.
    pub(super) lambda_request_id: Option<String>,
}

impl Invocation {
    /// Of a request behind API Gateway.
    pub fn of_request(request: &Request) -> Self {
        let request_id = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
            _ => None,
        };
        let lambda_request_id = request.lambda_context_ref().map(|context| context.request_id.clone());
        Self { address: Origin::of(request).address, request_id, lambda_request_id }
    }

    /// Of any other event. Some have an identifier of API Gateway's, where all that do have it.
    pub fn of_event(event: &Value, lambda_request_id: Option<String>) -> Self {
        let request_id = event["requestContext"]["requestId"].as_str().map(str::to_owned);
        Self { address: None, request_id, lambda_request_id }
    }
}
