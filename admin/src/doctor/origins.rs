//! Whether the pages that the stack's parameters allow may call, and can read that a token has expired.

use reqwest::{Method, RequestBuilder, header};
use shared::{error::chain, route};

use super::{Check, api::Api};
use crate::deployment::Deployment;

const NAME: &str = "origins";
/// The template's default, which is nobody's page.
const EXAMPLE: &str = "https://app.example.com";
const AGAIN: &str = "deploy the stack again: it answers for other origins than its parameters name";

/// `None`, if the deployment is no stack.
pub(super) async fn check(deployment: &Deployment, api: &Api) -> Option<Check> {
    let list = deployment.parameter("AllowedOrigins");
    let one = deployment.parameter("AllowedOrigin");
    let origins = list.filter(|list| !list.is_empty()).or(one)?;
    for origin in origins.split(',') {
        match is_open(api, origin).await {
            Ok(None) => {}
            Ok(Some(detail)) => return Some(Check::wrong(NAME, detail, AGAIN)),
            Err(error) => return Some(Check::unknown(NAME, chain(&error.without_url()))),
        }
    }
    Some(match (list, one) {
        (Some(""), Some(EXAMPLE)) => {
            Check::ok(NAME, "pages of the template's example alone may call: AllowedOrigins is empty")
        }
        (Some(""), Some(one)) => Check::warning(
            NAME,
            format!(
                "pages of {one} may call, by AllowedOrigin, which the release after this one has no more"
            ),
            format!("set AllowedOrigins={one}"),
        ),
        _ => Check::ok(NAME, format!("pages of {} may call", origins.replace(',', ", "))),
    })
}

/// What a page of this origin may not do and should; `None`, if it may do all of it.
async fn is_open(api: &Api, origin: &str) -> Result<Option<String>, reqwest::Error> {
    let preflight = api
        .request(Method::OPTIONS, route::SESSIONS)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
    if !is_readable(preflight, origin).await? {
        return Ok(Some(format!("a page of {origin} may not call")));
    }
    let refused = api.request(Method::GET, route::SESSIONS).bearer_auth("expired");
    if !is_readable(refused, origin).await? {
        return Ok(Some(format!("a page of {origin} can't read that its access token has expired")));
    }
    Ok(None)
}

/// Whether a page of this origin that sends no cookies can read the answer.
async fn is_readable(request: RequestBuilder, origin: &str) -> Result<bool, reqwest::Error> {
    let answer = request.header(header::ORIGIN, origin).send().await?;
    let allowed = answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    Ok(allowed.is_some_and(|allowed| allowed == "*" || allowed == origin))
}
