//! Turns a function's result into a response, and logs it once.

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

/// The challenge for a client that failed to authenticate with the Authorization header (RFC 7617).
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="latchgate", charset="UTF-8""#);
/// In seconds: well within the leeway, so a refresh whose answer was lost gets the same successor.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");
/// The headers that pages may read besides the safelisted ones. Pages with a wrong clock need `Date`.
/// template.yaml sets the same header for API Gateway's own answers.
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, WWW-Authenticate, Date, DPoP-Nonce");

/// A function's flow, which ends in the response. It's boxed and its type is erased: it holds the state of
/// several calls to DynamoDB, so unboxed futures around it would be large, and their types too deep for the
/// compiler.
pub type Flow<'a, R> = Pin<Box<dyn Future<Output = Result<Response<Body>, EndpointError<R>>> + Send + 'a>>;

/// The outermost layer of one function.
#[derive(Clone, Debug)]
pub struct Endpoint {
    log: FunctionLog,
    /// The `Allow` of a 405 (RFC 9110 section 15.5.6).
    methods: &'static str,
    readers: Readers,
}

/// The origins whose pages may read the responses.
#[derive(Clone, Debug)]
enum Readers {
    Origins(AllowedOrigins),
    Everybody,
    Nobody,
}

impl Endpoint {
    /// The endpoint of the function with this name and these methods.
    ///
    /// # Errors
    ///
    /// If an allowed origin is malformed, or a variable of the log is.
    pub fn new(
        function: &'static str,
        methods: &'static str,
        context: &Context,
    ) -> Result<Self, EnvironmentError> {
        let readers = Readers::Origins(AllowedOrigins::from_environment(&context.environment)?);
        Ok(Self { log: FunctionLog::new(function, context)?, methods, readers })
    }

    /// The endpoint of a function whose responses pages of every origin may read.
    ///
    /// # Errors
    ///
    /// If a variable of the log is malformed.
    pub fn public(
        function: &'static str,
        methods: &'static str,
        context: &Context,
    ) -> Result<Self, EnvironmentError> {
        Ok(Self { log: FunctionLog::new(function, context)?, methods, readers: Readers::Everybody })
    }

    /// The endpoint of a function whose responses no other origin's pages may read, because browsers navigate
    /// there (RFC 9700 section 2.6).
    ///
    /// # Errors
    ///
    /// If a variable of the log is malformed.
    pub fn closed(
        function: &'static str,
        methods: &'static str,
        context: &Context,
    ) -> Result<Self, EnvironmentError> {
        Ok(Self { log: FunctionLog::new(function, context)?, methods, readers: Readers::Nobody })
    }

    /// Starts the log of a new request.
    pub fn begin(&self, request: &Request) -> RequestLog {
        RequestLog::begin(&self.log, invocation_of(request))
    }

    /// Runs the flow of a request. It always gives one response and one line in the log, whatever happens.
    pub async fn answer<R: IntoErrorResponse + 'static>(
        &self,
        request: &Request,
        log: &RequestLog,
        flow: Flow<'_, R>,
    ) -> Response<Body> {
        self.answer_by(request, log, flow, EndpointError::response).await
    }

    /// Like [`Self::answer`], but `render` makes the response to an error, in another format than JSON. The
    /// log has the response's status, and the error code of the JSON response.
    pub async fn answer_by<R: IntoErrorResponse + 'static, A: Into<Response<Body>>>(
        &self,
        request: &Request,
        log: &RequestLog,
        flow: Flow<'_, R>,
        render: impl FnOnce(&EndpointError<R>) -> A,
    ) -> Response<Body> {
        let result = log.carry_out(flow).await;
        self.respond(request, log, result, render)
    }

    /// Makes the response of a result.
    fn respond<R: IntoErrorResponse + 'static, A: Into<Response<Body>>>(
        &self,
        request: &Request,
        log: &RequestLog,
        result: Result<Response<Body>, EndpointError<R>>,
        render: impl FnOnce(&EndpointError<R>) -> A,
    ) -> Response<Body> {
        let mut response = match result {
            Ok(response) => {
                log.answered(Some(response.status().as_u16()));
                response
            }
            Err(error) => {
                let (code, response) = (error.response().error, render(&error).into());
                log.refused(&Ending {
                    is_failure: response.status().is_server_error(),
                    answer: Some((response.status().as_u16(), code.name())),
                    reason: error.reason(),
                    detail: chain(&error),
                });
                response
            }
        };
        let status = response.status();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED if request.headers().contains_key(header::AUTHORIZATION) => {
                // A resource has set its own challenge.
                headers.entry(header::WWW_AUTHENTICATE).or_insert(CHALLENGE);
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

    /// The `Access-Control-Allow-Origin` of a response; `None` if the page may not read it.
    pub fn allowed_origin(&self, request: &Request) -> Option<HeaderValue> {
        match &self.readers {
            Readers::Everybody => Some(HeaderValue::from_static("*")),
            Readers::Origins(allowed) => allowed.find(request.headers()).cloned(),
            Readers::Nobody => None,
        }
    }

    /// Adds the CORS headers. Every response has `Vary`, even without an origin: without it, a cache would
    /// serve one page's response to another. Public responses need it too, since an HTTP API replaces `*`
    /// with one origin.
    fn allow_origin(&self, request: &Request, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(allowed) = self.allowed_origin(request) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// Removes the body from the response to HEAD. It keeps the headers of GET's response, with the length of the
/// body (RFC 9110 section 9.3.2).
fn leave_body_out(response: &mut Response<Body>) {
    let length = match response.body() {
        Body::Text(text) => text.len(),
        Body::Binary(bytes) => bytes.len(),
        _ => 0,
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    *response.body_mut() = Body::Empty;
}
