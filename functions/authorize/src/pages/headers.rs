//! The headers of a page.

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Frame, brand::Brand};

/// The headers of all pages. `Referrer-Policy` isn't `no-referrer`, which would make forms post `Origin:
/// null`. There is no `Cross-Origin-Opener-Policy`: a single-page app that opens the pages in a popup needs
/// access to that popup.
const FIXED: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Sets the headers of a page.
pub(super) fn set(headers: &mut HeaderMap, brand: &Brand, frame: &Frame<'_>) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(frame.language.tag()));
    let policy = policy(brand, frame.redirect_uri);
    // Unwrap safety: source expressions are printable ASCII.
    let policy = HeaderValue::from_str(&policy).expect("policies are printable ASCII");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

/// The Content-Security-Policy. It allows only the logo, and no script. Browsers apply `form-action` to every
/// redirect after a form, even those of the client's own page, for example to an app. So a form that leads to
/// a client has no `form-action`. The directive would only restrict injected forms, and no page contains
/// others' HTML.
fn policy(brand: &Brand, redirect_uri: Option<&str>) -> String {
    let style = &brand.allowed_style;
    let image = brand.logo.as_ref().map_or_else(|| "'none'".to_owned(), |logo| logo.source.to_string());
    let forms = if redirect_uri.is_none() { "form-action 'self'; " } else { "" };
    format!(
        "default-src 'none'; style-src {style}; img-src {image}; {forms}frame-ancestors 'none'; \
         base-uri 'none'"
    )
}
