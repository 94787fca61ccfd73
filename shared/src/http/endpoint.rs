//! The edge: where a function's result becomes a response, and is logged, once.

use std::pin::Pin;

use lambda_http::{
    Body, Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use super::{EndpointError, IntoErrorResponse, allowed_origins::AllowedOrigins, invocation::invocation_of};
use crate::{
    context::Context,
    environment::EnvironmentError,
    error::chain,
    log::{Ending, FunctionLog, RequestLog},
};

/// RFC 7617: how a client that used the Authorization header may do better.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="latchgate", charset="UTF-8""#);
/// Seconds: well within the leeway, so that a refresh whose answer was lost gets the same successor.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");
/// The headers that pages may read beside those that they always may. `Date` is for pages whose clock is wrong. template.yaml says
/// the same of API Gateway's own answers.
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, WWW-Authenticate, Date");

/// A function's flow, on its way to the response. It is on the heap, and its type is erased: it holds the state of several
/// calls to DynamoDB, so that the futures around it would be large, and their types too deep for the compiler.
pub type Flow<'a, R> = Pin<Box<dyn Future<Output = Result<Response<Body>, EndpointError<R>>> + Send + 'a>>;

/// The edge of one function.
#[derive(Clone, Debug)]
pub struct Endpoint {
    log: FunctionLog,
    /// The `Allow` of a 405 (RFC 9110 section 15.5.6).
    methods: &'static str,
    readers: Readers,
}

/// Which pages may read the answers.
#[derive(Clone, Debug)]
enum Readers {
    Origins(AllowedOrigins),
    Everybody,
}

impl Endpoint {
    /// The edge of the function with this name and these methods.
    ///
    /// # Errors
    ///
    /// If an allowed origin is none.
    pub fn new(
        function: &'static str,
        methods: &'static str,
        context: &Context,
    ) -> Result<Self, EnvironmentError> {
        let readers = Readers::Origins(AllowedOrigins::from_environment(&context.environment)?);
        Ok(Self { log: FunctionLog::new(function, context), methods, readers })
    }

    /// The edge of a function whose answers pages of every origin may read.
    pub fn public(function: &'static str, methods: &'static str, context: &Context) -> Self {
        Self { log: FunctionLog::new(function, context), methods, readers: Readers::Everybody }
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
        if request.method() == Method::HEAD {
            leave_body_out(&mut response);
        }
        response
    }

    /// The `Access-Control-Allow-Origin` for a request: what a page needs to read the answer; `None`, if it may not.
    pub fn allowed_origin(&self, request: &Request) -> Option<HeaderValue> {
        match &self.readers {
            Readers::Everybody => Some(HeaderValue::from_static("*")),
            Readers::Origins(allowed) => allowed.find(request.headers()).cloned(),
        }
    }

    /// Opens a response to the page that asked. `Vary` is there whoever asked: without it, a cache would give the answer for one
    /// page to another. That holds for public answers too, since an HTTP API puts one origin in the place of `*`.
    fn allow_origin(&self, request: &Request, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(allowed) = self.allowed_origin(request) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// The answer to HEAD has the headers of GET's, the length of its body included, and no body (RFC 9110 section 9.3.2).
fn leave_body_out(response: &mut Response<Body>) {
    let length = match response.body() {
        Body::Text(text) => text.len(),
        Body::Binary(bytes) => bytes.len(),
        _ => 0,
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    *response.body_mut() = Body::Empty;
}
