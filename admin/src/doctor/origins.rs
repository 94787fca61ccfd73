//! Checks that pages of the allowed origins may call, and can read that a token has expired.

use reqwest::{
    Method, RequestBuilder,
    header::{self, HeaderMap},
};
use shared::{error::chain, route};

use super::{Check, api::Api};

const NAME: &str = "origins";
/// The template's default, which is not a real page's.
const EXAMPLE: &str = "https://app.example.com";
const AGAIN: &str = "deploy the stack again: it allows other origins than its parameters name";

/// The headers that clients send besides the safelisted ones.
const SENT: [&str; 4] = ["authorization", "content-type", "dpop", "idempotency-key"];

/// `None`, if the deployment is no stack.
pub(super) async fn check(api: &Api) -> Option<Check> {
    let name = api.name(NAME);
    let list = api.parameter("AllowedOrigins");
    let one = api.parameter("AllowedOrigin");
    let origins = list.filter(|list| !list.is_empty()).or(one)?;
    for origin in origins.split(',') {
        match is_open(api, origin).await {
            Ok(None) => {}
            Ok(Some(detail)) => return Some(Check::wrong(name, detail, AGAIN)),
            Err(error) => return Some(Check::unanswered(name, chain(&error.without_url()))),
        }
    }
    Some(match (list, one) {
        (Some(""), Some(EXAMPLE)) => {
            Check::ok(name, "only pages of the template's example origin may call: AllowedOrigins is empty")
        }
        (Some(""), Some(one)) => Check::warning(
            name,
            format!("pages of {one} may call, because of AllowedOrigin, which the next release removes"),
            format!("set AllowedOrigins={one}"),
        ),
        _ => Check::ok(name, format!("pages of {} may call", origins.replace(',', ", "))),
    })
}

/// The thing that a page of this origin should be able to do, but can't; `None`, if it can do everything.
async fn is_open(api: &Api, origin: &str) -> Result<Option<String>, reqwest::Error> {
    let preflight = api
        .request(Method::OPTIONS, route::SESSIONS)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, SENT.join(","));
    let permission = ask(preflight, origin).await?;
    if !is_readable(&permission, origin) {
        return Ok(Some(format!("a page of {origin} may not call")));
    }
    if let Some(name) = SENT.into_iter().find(|name| !may_send(&permission, name)) {
        return Ok(Some(format!("a page of {origin} may not send the header {name}")));
    }
    let refused = api.request(Method::GET, route::SESSIONS).bearer_auth("expired");
    if !is_readable(&ask(refused, origin).await?, origin) {
        return Ok(Some(format!("a page of {origin} can't read that its access token has expired")));
    }
    Ok(None)
}

/// The headers of the answer to a page of this origin.
async fn ask(request: RequestBuilder, origin: &str) -> Result<HeaderMap, reqwest::Error> {
    Ok(request.header(header::ORIGIN, origin).send().await?.headers().clone())
}

/// Whether a page of this origin can read the answer, if it sends no cookies.
fn is_readable(answer: &HeaderMap, origin: &str) -> bool {
    let allowed = answer.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed.is_some_and(|allowed| allowed == "*" || allowed == origin)
}

/// Whether a preflight lets pages send this header. `*` doesn't include `Authorization` (Fetch section
/// 3.3.6).
fn may_send(permission: &HeaderMap, name: &str) -> bool {
    let allowed = permission.get_all(header::ACCESS_CONTROL_ALLOW_HEADERS).iter();
    let mut names = allowed.filter_map(|value| value.to_str().ok()).flat_map(|names| names.split(','));
    names.any(|allowed| allowed.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_send_listed_headers_and_a_star_excludes_authorization() {
        let named = |value: &str| {
            let value = value.parse().unwrap();
            HeaderMap::from_iter([(header::ACCESS_CONTROL_ALLOW_HEADERS, value)])
        };
        let permission = named("Authorization,content-type, DPoP");
        assert!(["authorization", "content-type", "dpop"].iter().all(|name| may_send(&permission, name)));
        assert!(!may_send(&permission, "idempotency-key"));
        assert!(!may_send(&named("*"), "authorization") && !may_send(&HeaderMap::new(), "dpop"));
    }
}
