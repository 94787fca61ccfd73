//! The page of the local server, at `/` in a browser: it shows the running API, and lets you try and watch it.
//!
//! The page isn't part of the API, and is never deployed. Its files and data are below `/_local/`.

mod about;
mod answer;
mod file;
mod stream;
mod visitor;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, Method, Response, StatusCode, header, request::Parts},
};

pub use self::about::{About, StoreKind};
use self::{answer::Refusal, stream::Readers};
use crate::{
    connection::Connection,
    gateway::{Gateway, LOCAL_FOLDER},
    log::{EntryId, Feed},
    mails::Inbox,
};

/// The path of the mails as JSON.
pub const MAILS: &str = "/_local/mails";
/// An arbitrary path below the page's folder.
const BELOW: &str = "/_local/anything";

/// The page.
#[derive(Debug)]
pub struct Page {
    about: About,
    feed: Arc<Feed>,
    inbox: Arc<Inbox>,
    readers: Readers,
}

impl Page {
    /// The page of this server. `None` if the API has a route at one of the page's paths: the API takes precedence.
    pub fn beside(gateway: &Gateway, about: About, feed: &Arc<Feed>, inbox: &Arc<Inbox>) -> Option<Self> {
        is_free(|path| gateway.has_route(path)).then(|| Self {
            about,
            feed: feed.clone(),
            inbox: inbox.clone(),
            readers: Readers::default(),
        })
    }

    /// The answer to a request for the page or its data. `None` if the request is for the API.
    pub(crate) async fn answer(&self, parts: &Parts, connection: Connection) -> Option<Response<Body>> {
        let path = parts.uri.path();
        let is_below = path == LOCAL_FOLDER || path.starts_with("/_local/");
        if !is_below && !is_asked_for_at_root(parts) {
            return None;
        }
        let is_from_here = visitor::is_on_this_machine(parts, connection);
        if !is_below && !is_from_here {
            return None;
        }
        let is_page = matches!(path, "/" | LOCAL_FOLDER | "/_local/");
        let response = if !is_from_here {
            Refusal::Elsewhere.into_response()
        } else if !(visitor::is_of_the_page(parts) || is_page && visitor::is_navigation(parts)) {
            Refusal::OtherSite.into_response()
        } else if ![Method::GET, Method::HEAD].contains(&parts.method) {
            Refusal::Method.into_response()
        } else {
            self.found(path, parts).await
        };
        Some(if parts.method == Method::HEAD { response.map(|_| Body::empty()) } else { response })
    }

    async fn found(&self, path: &str, parts: &Parts) -> Response<Body> {
        match path.strip_prefix("/_local/").unwrap_or_default() {
            "about" => answer::json(&self.about.to_json().await),
            "mails" => answer::json(&self.inbox.to_json()),
            "events" if parts.method == Method::HEAD => answer::events(Body::empty()),
            "events" => match self.readers.open(self.feed.clone(), last_seen(parts)) {
                Some(body) => answer::events(body),
                None => Refusal::TooManyReaders.into_response(),
            },
            name => match file::named(name) {
                Some(file) => answer::file(&file),
                None => Refusal::Unknown.into_response(),
            },
        }
    }
}

/// Whether the API leaves all of the page's paths free. The page is served as a whole or not at all.
fn is_free(has_route: impl Fn(&str) -> bool) -> bool {
    !["/", LOCAL_FOLDER, BELOW].into_iter().any(has_route)
}

/// Whether a browser asks for a page at `/`. Programs don't prefer HTML, and get the API's answer. So does a request
/// with a token, since browsers send tokens only for scripts.
fn is_asked_for_at_root(parts: &Parts) -> bool {
    parts.uri.path() == "/"
        && [Method::GET, Method::HEAD].contains(&parts.method)
        && !parts.headers.contains_key(header::AUTHORIZATION)
        && accepts_html(&parts.headers)
}

/// Whether the request accepts HTML explicitly, not at `q=0`, and doesn't prefer JSON.
fn accepts_html(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = ranges.flat_map(|value| value.split(',')).collect();
    let quality = |wanted: &str| {
        let of_range = |range: &&str| {
            let mut parts = range.split(';').map(str::trim);
            let is_it = parts.next()?.eq_ignore_ascii_case(wanted);
            let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            is_it.then(|| q.map_or(Some(1.0), |q| q.parse::<f32>().ok())).flatten()
        };
        ranges.iter().filter_map(of_range).fold(0.0, f32::max)
    };
    quality("text/html") > 0.0 && quality("text/html") >= quality("application/json")
}

/// The last entry that the reader saw. An `EventSource` sends it when it reconnects, and the page when it opens
/// another.
fn last_seen(parts: &Parts) -> Option<EntryId> {
    let query = parts.uri.query().unwrap_or_default();
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("after="));
    let header = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
    EntryId::parse(header.or(asked)?)
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Elsewhere | Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyReaders => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn into_response(self) -> Response<Body> {
        answer::refusal(self, self.status())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_route_of_the_api_comes_first() {
        assert!(is_free(|path| path == "/login"));
        assert!(!is_free(|path| path == "/"));
        assert!(!is_free(|path| path.starts_with('/') && path.len() > 1), "a greedy route");
    }

    #[test]
    fn html_is_sent_if_it_is_accepted_by_name_and_json_is_not_preferred() {
        let accepts = |values: &[&'static str]| {
            let values = values.iter().map(|value| (header::ACCEPT, HeaderValue::from_static(value)));
            accepts_html(&values.collect())
        };
        for values in [
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
            &["application/json;q=0.9, Text/HTML"],
            &["application/json, text/html"],
            &["application/json;q=0.1", "text/html;q=0.2"],
        ] {
            assert!(accepts(values), "{values:?}");
        }
        for values in [
            &[][..],
            &["*/*"],
            &["text/*"],
            &["application/json"],
            &["application/json, text/html;q=0.9"],
            &["text/html;q=0"],
            &["text/html;q=x"],
            &["text/htmlx"],
        ] {
            assert!(!accepts(values), "{values:?}");
        }
    }
}
