//! The edge: where a function's result becomes a response, and is logged, once.

use std::pin::Pin;

use lambda_http::{
    Body, Request, Response,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

use super::{EndpointError, IntoErrorResponse, invocation::invocation_of};
use crate::{
    context::Context,
    environment::{EnvironmentError, variable},
    error::chain,
    log::{Ending, FunctionLog, RequestLog},
};

/// RFC 7617: how a client that used the Authorization header may do better.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="latchgate", charset="UTF-8""#);
/// Seconds: well within the leeway, so that a refresh whose answer was lost gets the same successor.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A function's flow, on its way to the response. It is on the heap, and its type is erased: it holds the state of several
/// calls to DynamoDB, so that the futures around it would be large, and their types too deep for the compiler.
pub type Flow<'a, R> = Pin<Box<dyn Future<Output = Result<Response<Body>, EndpointError<R>>> + Send + 'a>>;

/// The edge of one function.
#[derive(Clone, Debug)]
pub struct Endpoint {
    log: FunctionLog,
    /// The `Allow` of a 405 (RFC 9110 section 15.5.6).
    methods: &'static str,
    allowed_origin: Option<HeaderValue>,
}

impl Endpoint {
    /// The edge of the function with this name and these methods.
    ///
    /// # Errors
    ///
    /// If the allowed origin is not one.
    pub fn new(
        function: &'static str,
        methods: &'static str,
        context: &Context,
    ) -> Result<Self, EnvironmentError> {
        let allowed_origin = context.environment.optional(variable::ALLOWED_ORIGIN);
        let allowed_origin = allowed_origin.map(HeaderValue::from_str);
        let allowed_origin = allowed_origin.transpose();
        let allowed_origin =
            allowed_origin.map_err(|_| EnvironmentError::Malformed(variable::ALLOWED_ORIGIN))?;
        Ok(Self { log: FunctionLog::new(function, context), methods, allowed_origin })
    }

    /// The log of a request that has just come.
    pub fn begin(&self, request: &Request) -> RequestLog {
        RequestLog::begin(&self.log, invocation_of(request))
    }

    /// Carries out the flow of a request, and answers it: whatever happens, with one response and one line of the log.
    pub async fn answer<R: IntoErrorResponse + 'static>(
        &self,
        request: &Request,
        log: &RequestLog,
        flow: Flow<'_, R>,
    ) -> Response<Body> {
        let result = log.carry_out(flow).await;
        self.respond(request, log, result)
    }

    /// The response to a request, once its result is known.
    fn respond<R: IntoErrorResponse + 'static>(
        &self,
        request: &Request,
        log: &RequestLog,
        result: Result<Response<Body>, EndpointError<R>>,
    ) -> Response<Body> {
        let mut response = match result {
            Ok(response) => {
                log.answered(Some(response.status().as_u16()));
                response
            }
            Err(error) => {
                let response = error.response();
                log.refused(&Ending {
                    is_failure: response.status.is_server_error(),
                    answer: Some((response.status.as_u16(), response.error.name())),
                    reason: error.reason(),
                    detail: chain(&error),
                });
                response.into_response()
            }
        };
        let status = response.status();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED if request.headers().contains_key(header::AUTHORIZATION) => {
                headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static(self.methods));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            _ => {}
        }
        self.allow_origin(request, headers);
        response
    }

    /// The preflight is API Gateway's; the response itself is ours to open to the one origin.
    fn allow_origin(&self, request: &Request, headers: &mut HeaderMap) {
        let Some(allowed) = &self.allowed_origin else { return };
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        if request.headers().get(header::ORIGIN) == Some(allowed) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
            let exposed = HeaderValue::from_static("Retry-After, WWW-Authenticate");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}
