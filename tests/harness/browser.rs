//! A browser, as far as the pages need one: it keeps cookies, sends forms with an `Origin`, and follows no redirects by
//! itself.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, Request, request},
};
use local::template::ApiKind;
use reqwest::Url;

use super::{
    API_KIND, Api, address,
    openapi::{Answered, Asked, assert_documented},
    page::Page,
    page_form::Form,
};

/// A cookie and its expiry.
#[derive(Clone, Debug)]
struct Cookie {
    value: String,
    expires_at: Option<u64>,
}

/// A browser with its cookies.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    api: &'a Api,
    cookies: BTreeMap<String, Cookie>,
}

impl<'a> Browser<'a> {
    /// A new browser without cookies.
    pub(crate) fn new(api: &'a Api) -> Self {
        Self { api, cookies: BTreeMap::new() }
    }

    /// The same browser with the same stack at another deployment.
    pub(crate) fn at<'b>(&self, api: &'b Api) -> Browser<'b> {
        Browser { api, cookies: self.cookies.clone() }
    }

    /// The value of a cookie that hasn't expired.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let now = self.api.clock.unix();
        let cookie = self.cookies.get(name)?;
        cookie.expires_at.is_none_or(|at| now < at).then_some(cookie.value.as_str())
    }

    /// Sets a cookie with this name and value, as a thief might.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), Cookie { value: value.to_owned(), expires_at: None });
    }

    /// Forgets a cookie.
    pub(crate) fn forget(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    /// Opens a path with a query, as a link on another site would.
    pub(crate) async fn get(&mut self, path_and_query: &str) -> Page {
        self.go(Request::get(path_and_query).header("sec-fetch-site", "cross-site"), String::new()).await
    }

    /// Sends a form with these values and one of its buttons, as its page would.
    pub(crate) async fn submit(
        &mut self,
        form: &Form,
        fields: &[(&str, &str)],
        button: Option<(&str, &str)>,
    ) -> Page {
        let body = form.filled(fields, button);
        let path = path_of(&form.action);
        if form.method == "get" {
            return self.get(&format!("{path}?{body}")).await;
        }
        let origin = form.action.origin().ascii_serialization();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("origin", origin).header("sec-fetch-site", "same-origin");
        self.go(request, body).await
    }

    /// Sends a request with the cookies, and stores new ones from the answer.
    pub(crate) async fn go(&mut self, request: request::Builder, body: String) -> Page {
        let request = request.header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        let cookies: Vec<_> =
            self.cookies.keys().filter_map(|name| Some((name, self.cookie(name)?))).collect();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let request = request.body(Bytes::from(body)).unwrap();
        let sent = request.clone();
        let source = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
        let (parts, body) = Box::pin(self.api.gateway.handle(request, source)).await.into_parts();
        let html = String::from_utf8(body.to_vec()).unwrap();
        let url = Url::parse(&address(&sent.uri().to_string())).unwrap();
        let page = Page { url, status: parts.status.as_u16(), headers: parts.headers, html };
        page.assert_guarded();
        hold_to_document(&sent, &page);
        self.keep(&page.headers);
        page
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for header in headers.get_all("set-cookie") {
            let SetCookie { name, value, max_age } = SetCookie::read(header.to_str().unwrap());
            if max_age == Some(0) {
                self.cookies.remove(&name);
            } else {
                let expires_at = max_age.map(|seconds| self.api.clock.unix() + seconds);
                self.cookies.insert(name, Cookie { value, expires_at });
            }
        }
    }
}

fn hold_to_document(sent: &Request<Bytes>, page: &Page) {
    let media_type = sent.headers().get("content-type").and_then(|value| value.to_str().ok());
    // An empty parameter counts as absent (RFC 6749 section 3.1).
    let query = sent.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.ends_with('='));
    let asked = Asked {
        method: sent.method().as_str(),
        path: sent.uri().path(),
        query: &query.collect::<Vec<_>>().join("&"),
        media_type: media_type.unwrap_or_default(),
        body: sent.body(),
    };
    let mut headers = page.headers.clone();
    if *API_KIND == ApiKind::Http {
        // An HTTP API lets pages that may call read every answer, without cookies.
        for name in ["access-control-allow-origin", "access-control-expose-headers"] {
            headers.remove(name);
        }
    }
    let body = if page.html.is_empty() { serde_json::Value::Null } else { page.html.clone().into() };
    assert_documented(&asked, &Answered { status: page.status, headers: &headers, body: &body });
}

/// The path and query of a URL of the API, without the stage.
fn path_of(url: &Url) -> String {
    let stage = Url::parse(&address("")).unwrap();
    assert_eq!(url.origin(), stage.origin(), "{url}");
    let path = url.path().strip_prefix(stage.path().trim_end_matches('/')).unwrap();
    url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// The content of a `Set-Cookie` header.
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// In seconds.
    pub(crate) max_age: Option<u64>,
}

impl SetCookie {
    /// Parses a header as a browser does (RFC 6265bis section 5.6). Asserts that a browser keeps the cookie by the
    /// rules for the prefix `__Host-` (section 4.1.3.2), and that only the pages' server receives it.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<(String, &str)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let attribute = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
        assert!(name.starts_with("__Host-"), "{name}");
        assert!(attribute("secure").is_some(), "{name}: Secure");
        assert!(attribute("httponly").is_some(), "{name}: HttpOnly");
        assert_eq!(attribute("path"), Some("/"), "{name}: Path");
        assert_eq!(attribute("domain"), None, "{name}: Domain");
        assert_eq!(attribute("samesite"), Some("Lax"), "{name}: SameSite");
        let max_age = attribute("max-age").map(|seconds| seconds.parse().unwrap());
        Self { name: name.to_owned(), value: value.to_owned(), max_age }
    }
}
