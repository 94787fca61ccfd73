//! The referrer of pages whose URL has a secret.

use lambda_http::{
    Body, Response,
    http::{HeaderValue, header},
};

/// Sends only the origin to other pages: the URL of a link has a secret. Without an origin, forms would post
/// `Origin: null`.
pub(crate) fn without_referrer(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    answer
}
