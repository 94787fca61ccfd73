//! Warns about pages that may not read the answers, and says how to allow them. A browser only tells a page's developer
//! that a header was missing, not which option sets it.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{
    origins::{NoOrigin, Origin},
    template::Parameters,
    told::Told,
};

/// The most characters shown of a header that no http or https page sends.
const MAX_SHOWN: usize = 100;

/// The pages that may call, and those that a warning has already named.
#[derive(Debug)]
pub struct Pages {
    allowed: Vec<String>,
    told: Told,
}

impl Pages {
    /// The pages that the template's parameters allow.
    pub fn of(parameters: &Parameters) -> Self {
        let value = |name| parameters.value(name).filter(|value| !value.is_empty());
        let allowed = value("AllowedOrigins").or_else(|| value("AllowedOrigin")).unwrap_or_default();
        Self { allowed: allowed.split(',').map(str::to_owned).collect(), told: Told::default() }
    }

    /// The origins whose pages may call.
    pub fn allowed(&self) -> &[String] {
        &self.allowed
    }

    /// The origin of a request, if its pages may call.
    pub(crate) fn find<'a>(&self, request: &'a HeaderMap) -> Option<&'a HeaderValue> {
        request.get(header::ORIGIN).filter(|origin| self.allowed.iter().any(|allowed| *origin == allowed))
    }

    /// The headers of a request that identify the page that sent it. Empty if no page did.
    pub(crate) fn headers(request: &HeaderMap) -> HeaderMap {
        let names = [header::ORIGIN, header::HOST];
        let headers = names.into_iter().filter_map(|name| Some((name.clone(), request.get(&name)?.clone())));
        if request.contains_key(header::ORIGIN) { headers.collect() } else { HeaderMap::new() }
    }

    /// The warning about the page that sent this request and got this response. `None` if the page may read it, or the
    /// warning was given before.
    pub(crate) fn warning(&self, request: &HeaderMap, response: &HeaderMap) -> Option<String> {
        let origin = request.get(header::ORIGIN)?;
        let is_readable =
            response.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|to| to == "*" || to == origin);
        // An allowed page may fail to read the answer of your own function, which sets its own headers.
        let is_allowed = self.find(request).is_some();
        if is_readable || is_allowed || is_of_this_server(request) || !self.told.is_new(origin.as_bytes()) {
            return None;
        }
        let text = origin.to_str().unwrap_or_default();
        let allowed = self.allowed.join(", ");
        Some(match text.parse::<Origin>() {
            Ok(origin) => format!(
                "a page of {origin} may not read this answer: start with --origin {origin} (again for each other origin; in a \
                 deployment, the parameter AllowedOrigins). Pages of {allowed} may"
            ),
            Err(NoOrigin::Null) => format!(
                "a page without an origin, such as a file, may not read this answer, and can't be allowed to: serve it by http, \
                 on {allowed}"
            ),
            // The origin of an app, or of a browser extension.
            Err(NoOrigin::NotHttp) if is_of_another_scheme(text) => format!(
                "a page of {:?} may not read this answer, and can't be allowed to: only origins of http and https can",
                shown(text)
            ),
            Err(_) => format!(
                "the sender of the Origin {:?} may not read this answer, and can't be allowed to: no browser \
                 sends this as an origin",
                shown(text)
            ),
        })
    }
}

/// Whether a text may be an origin with a scheme other than http or https: one scheme, and one host.
fn is_of_another_scheme(text: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._:[]".contains(&b))
    };
    text.split_once("://").is_some_and(|(scheme, host)| {
        !["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http))
            && is_word(scheme)
            && is_word(host)
    })
}

/// The first characters of a text.
fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}

/// Whether the page is this server's own. Browsers send its origin too, except in a GET.
fn is_of_this_server(request: &HeaderMap) -> bool {
    let origin = request.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| request.get(header::HOST).is_some_and(|host| host == authority))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;
    use crate::{template::Template, told::MAX_TOLD};

    const ALLOWED: &str = "http://localhost:3000,https://shop.example";

    fn pages() -> Pages {
        Pages::of(&Template::of_project().unwrap().parameters().with("AllowedOrigins", ALLOWED))
    }

    fn headers(entries: &[(HeaderName, &str)]) -> HeaderMap {
        entries.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn warning(pages: &Pages, origin: &str, readable_by: Option<&str>) -> Option<String> {
        let asked = headers(&[(header::ORIGIN, origin), (header::HOST, "localhost:8787")]);
        let allowed = readable_by.map(|origin| (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin));
        pages.warning(&Pages::headers(&asked), &headers(allowed.as_slice()))
    }

    #[test]
    fn the_remedy_is_given_once_per_origin_and_for_a_few_origins() {
        let pages = pages();
        let said = warning(&pages, "http://localhost:5173", None).unwrap();
        assert!(
            said.contains("--origin http://localhost:5173 ") && said.contains("AllowedOrigins"),
            "{said}"
        );
        assert!(said.contains("http://localhost:3000, https://shop.example"), "{said}");
        assert_eq!(warning(&pages, "http://localhost:5173", None), None, "it was said");
        let more =
            (0..100).filter(|n| warning(&pages, &format!("http://localhost:{}", 6000 + n), None).is_some());
        assert_eq!(more.count(), MAX_TOLD - 1);
    }

    #[test]
    fn readable_answers_allowed_origins_and_our_own_page_cause_no_warning() {
        let pages = pages();
        let other = "http://localhost:5173";
        assert_eq!(warning(&pages, other, Some("*")), None);
        assert_eq!(warning(&pages, other, Some(other)), None);
        assert_eq!(warning(&pages, "https://shop.example", None), None);
        assert_eq!(warning(&pages, "http://localhost:8787", None), None);
        assert_eq!(pages.warning(&Pages::headers(&headers(&[])), &HeaderMap::new()), None);
        assert!(warning(&pages, other, Some("http://localhost:3000")).is_some(), "the header is for another");
    }

    #[test]
    fn an_origin_that_can_not_be_allowed_is_warned_about() {
        let pages = pages();
        let extension = warning(&pages, "chrome-extension://abcdef", None).unwrap();
        assert!(extension.contains("only origins of http and https"), "{extension}");
        assert!(warning(&pages, "null", None).unwrap().contains("such as a file"));
        let said = warning(&pages, "capacitor://localhost", None).unwrap();
        assert!(said.contains("only origins of http and https") && !said.contains("--origin"), "{said}");
        for no_origin in [
            "http://LOCALHOST:3000",
            "http://localhost:3000/",
            "http://localhost:5173, http://localhost:5174",
            "http://localhost:5173 http://localhost:5174",
            "app://a, app://b",
            "https://*.example.com",
            "localhost:3000",
            "http://",
            "",
        ] {
            let said = warning(&pages, no_origin, None).unwrap();
            assert!(said.contains("no browser sends this") && !said.contains("http and https"), "{said}");
        }
        let long = warning(&pages, &format!("x://{}", "y".repeat(5000)), None).unwrap();
        assert!(long.len() < 300, "{long}");
    }
}
