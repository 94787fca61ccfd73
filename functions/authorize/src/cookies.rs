//! The cookies of the pages (RFC 6265). Because of their prefix, no other host and no page without TLS
//! can set them.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::{
    Request,
    http::{HeaderValue, header},
};
use secrecy::{ExposeSecret, SecretString};
use shared::random::{self, Random};

/// The cookie of the session at the pages.
const SESSION: &str = "__Host-latchgate";
/// The cookie that binds forms to their browser.
const FORM: &str = "__Host-latchgate-form";
/// The cookie of the client's request that goes on after a mail.
const PENDING: &str = "__Host-latchgate-pending";
/// `Lax`, since other sites' clients send their users here.
const ATTRIBUTES: &str = "Secure; HttpOnly; SameSite=Lax; Path=/";

/// The secret that binds forms to their browser. Without it, another site could sign a user in as someone
/// else (login CSRF).
#[derive(Clone)]
pub(crate) struct FormCookie {
    secret: [u8; 16],
    is_new: bool,
}

impl FormCookie {
    /// The browser's secret, or a new one.
    pub(crate) fn of(request: &Request, random: &dyn Random) -> Self {
        match value(request, FORM).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()) {
            Some(secret) => Self { secret, is_new: false },
            None => Self { secret: random::bytes(random), is_new: true },
        }
    }

    pub(crate) fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// The header that sets the cookie in a browser without one. Closing the browser deletes it.
    pub(crate) fn to_header(&self) -> Option<HeaderValue> {
        let text = || format!("{FORM}={}; {ATTRIBUTES}", URL_SAFE_NO_PAD.encode(self.secret));
        self.is_new.then(|| sensitive(&text()))
    }
}

/// The text of the session cookie, unverified.
pub(crate) fn session(request: &Request) -> Option<&str> {
    value(request, SESSION)
}

/// The header that sets the session cookie for `ttl`.
pub(crate) fn keep_session(text: &SecretString, ttl: Duration) -> HeaderValue {
    sensitive(&format!("{SESSION}={}; Max-Age={}; {ATTRIBUTES}", text.expose_secret(), ttl.as_secs()))
}

/// The header that deletes the session cookie.
pub(crate) fn forget_session() -> HeaderValue {
    forget(SESSION)
}

/// The query of the client's request that goes on after a mail.
pub(crate) fn pending(request: &Request) -> Option<&str> {
    let is_of_query =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'%' | b'&' | b'=');
    value(request, PENDING).filter(|query| query.bytes().all(is_of_query))
}

/// The header that keeps such a query for `ttl`. All of its characters can be in a cookie.
pub(crate) fn keep_pending(query: &str, ttl: Duration) -> HeaderValue {
    sensitive(&format!("{PENDING}={query}; Max-Age={}; {ATTRIBUTES}", ttl.as_secs()))
}

/// The header that deletes such a query.
pub(crate) fn forget_pending() -> HeaderValue {
    forget(PENDING)
}

fn forget(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{name}=; Max-Age=0; {ATTRIBUTES}"))
        // Unwrap safety: the text is ASCII.
        .expect("a cookie is a header's value")
}

fn sensitive(text: &str) -> HeaderValue {
    // Unwrap safety: the value is base64url, and the rest is ASCII.
    let mut value = HeaderValue::from_str(text).expect("a cookie is a header's value");
    value.set_sensitive(true);
    value
}

/// The value of the cookie with this name. Non-ASCII cookies of other apps on the host don't hide it. Because
/// of the prefix, a browser has at most one; if two come, neither counts.
fn value<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let lines = request.headers().get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let cookies = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let mut values = cookies.filter_map(|cookie| cookie.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let value = values.next().filter(|value| !value.is_empty() && values.next().is_none())?;
    std::str::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    const SECRET: &str = "AQEBAQEBAQEBAQEBAQEBAQ";

    fn request(lines: &[&str]) -> Request {
        let mut request = Request::default();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            request.headers_mut().append(header::COOKIE, line);
        }
        request
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for lines in [
            &["__Host-latchgate=x"][..],
            &["a=b; __Host-latchgate=x;c=d"],
            &["a=b", "c=d; __Host-latchgate=x"],
            &["__Host-latchgate-form=y; __Host-latchgate=x"],
            &["name=Zo\u{eb}; __Host-latchgate=x"],
        ] {
            assert_eq!(session(&request(lines)), Some("x"), "{lines:?}");
        }
        for lines in [
            &[][..],
            &["__Host-latchgate="],
            &["__Host-latchgate"],
            &["__host-latchgate=x"],
            &["x__Host-latchgate=x"],
            &["__Host-latchgate=x; __Host-latchgate=y"],
            &["__Host-latchgate=x", "__Host-latchgate=x"],
        ] {
            assert_eq!(session(&request(lines)), None, "{lines:?}");
        }
    }

    #[test]
    fn a_browser_gets_one_secret_for_its_forms() {
        let random = SystemRandom::new();
        let kept = FormCookie::of(&request(&[&format!("{FORM}={SECRET}")]), &random);
        assert_eq!((kept.secret(), kept.to_header()), (&[1; 16], None));
        for other in ["", "x", &SECRET[1..], &format!("{SECRET}AA"), &format!("{SECRET}==")] {
            let new = FormCookie::of(&request(&[&format!("{FORM}={other}")]), &random);
            assert_ne!(new.secret(), &[1; 16]);
            let header = new.to_header().unwrap();
            let expected = format!("{FORM}={}; {ATTRIBUTES}", URL_SAFE_NO_PAD.encode(new.secret()));
            assert_eq!(header.to_str().unwrap(), expected);
            assert!(header.is_sensitive());
        }
    }

    #[test]
    fn a_sessions_cookie_has_all_that_its_prefix_asks_for() {
        let header = keep_session(&"lgr1_x".to_owned().into(), Duration::from_secs(86_400));
        let attributes = "Secure; HttpOnly; SameSite=Lax; Path=/";
        assert_eq!(header, format!("__Host-latchgate=lgr1_x; Max-Age=86400; {attributes}").as_str());
        assert_eq!(forget_session(), format!("__Host-latchgate=; Max-Age=0; {attributes}").as_str());
    }

    #[test]
    fn a_pending_request_is_kept_as_it_is() {
        let query = "client_id=web&state=a%20b~-._";
        let header = keep_pending(query, Duration::from_secs(3600));
        let expected = format!("{PENDING}={query}; Max-Age=3600; {ATTRIBUTES}");
        assert_eq!((header.to_str().unwrap(), header.is_sensitive()), (&*expected, true));
        assert_eq!(pending(&request(&[&format!("{PENDING}={query}")])), Some(query));
        for other in ["", "a b", "\"a=b\"", "a=<b>", "//evil.example", "a=b#c", "a=b?c"] {
            assert_eq!(pending(&request(&[&format!("{PENDING}={other}")])), None, "{other}");
        }
    }
}
