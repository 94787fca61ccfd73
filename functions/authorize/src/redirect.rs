//! Redirects to clients and between pages.

use lambda_http::{
    Body, Response,
    http::{HeaderValue, StatusCode, header},
};
use shared::http::empty;

use crate::request::query;

/// A redirect to a URI with these parameters added to its query (RFC 6749 section 3.1.2). The status is 303,
/// so that no browser resends a password (RFC 9700 section 4.12).
pub(crate) fn to_client(uri: &str, parameters: &[(&str, &str)]) -> Response<Body> {
    see_other(&with_parameters(uri, parameters))
}

/// A redirect to another page, relative to this one, so that a prefix of the path stays.
pub(crate) fn to_page(reference: &str) -> Response<Body> {
    see_other(reference)
}

/// The URL of the page at `to` with this query, relative to the page at `from`. Both paths are relative to the
/// stage.
pub(crate) fn reference(from: &str, to: &str, query: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    // The last segment of each is the page itself, in the folder before it.
    let (folder, target) = (&from[..from.len() - 1], &to[..to.len() - 1]);
    let shared = folder.iter().zip(target).take_while(|(from, to)| from == to).count();
    let path = ["../".repeat(folder.len() - shared), to[shared..].join("/")].concat();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn see_other(location: &str) -> Response<Body> {
    let mut response = empty(StatusCode::SEE_OTHER);
    let headers = response.headers_mut();
    // Unwrap safety: registered URIs are ASCII, and so is percent-encoded text.
    let location = HeaderValue::from_str(location).expect("a location is a header's value");
    headers.insert(header::LOCATION, location);
    // Hides the request, which may contain a user name, from the next site.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Adds parameters to a URI after its own. Parameters without a value are left out.
fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let added = query(parameters.iter().copied());
    let separator = match uri.split_once('?') {
        _ if added.is_empty() => "",
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{added}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_appended_to_the_existing_ones() {
        for (uri, with) in [
            ("https://a.example/cb", "https://a.example/cb?code=x&state=a%20%26"),
            ("https://a.example", "https://a.example?code=x&state=a%20%26"),
            ("https://a.example/cb?", "https://a.example/cb?code=x&state=a%20%26"),
            ("https://a.example/cb?b=c", "https://a.example/cb?b=c&code=x&state=a%20%26"),
            ("https://a.example/cb?b=c&", "https://a.example/cb?b=c&code=x&state=a%20%26"),
            ("com.example.app:/cb", "com.example.app:/cb?code=x&state=a%20%26"),
        ] {
            assert_eq!(with_parameters(uri, &[("code", "x"), ("none", ""), ("state", "a &")]), with);
            assert_eq!(with_parameters(uri, &[("state", "")]), uri);
        }
    }

    #[test]
    fn a_page_is_referred_to_from_any_other() {
        for (from, to, expected) in [
            ("/account", "/account", "account"),
            ("/authorize", "/account/new", "account/new"),
            ("/account/new", "/account", "../account"),
            ("/account/new", "/account/forgot", "forgot"),
            ("/account/email", "/account/email/confirm", "email/confirm"),
            ("/account/email/confirm", "/account/email", "../email"),
            ("/account/email/undo", "/authorize", "../../authorize"),
        ] {
            assert_eq!(reference(from, to, ""), expected, "{from} {to}");
            assert_eq!(reference(from, to, "a=b"), format!("{expected}?a=b"), "{from} {to}");
        }
    }

    #[test]
    fn a_redirect_is_not_cached_and_sends_no_referrer() {
        let response = to_client("https://a.example/cb", &[("code", "x")]);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(response.status(), 303);
        assert_eq!(header("location"), "https://a.example/cb?code=x");
        assert_eq!(
            (header("cache-control"), header("referrer-policy")),
            ("no-store".to_owned(), "no-referrer".to_owned())
        );
    }
}
