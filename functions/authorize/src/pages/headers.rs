//! The headers of a page.

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Frame, brand::Brand, captcha::Captcha};

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
pub(super) fn set(headers: &mut HeaderMap, brand: &Brand, captcha: Option<&Captcha>, frame: &Frame<'_>) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(frame.language.tag()));
    let policy = policy(brand, captcha, frame.redirect_uri);
    // Unwrap safety: source expressions are printable ASCII.
    let policy = HeaderValue::from_str(&policy).expect("policies are printable ASCII");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

/// The Content-Security-Policy. It allows only the logo, and no script but the captcha's. Browsers apply
/// `form-action` to every redirect after a form, even those of the client's own page, for example to an app.
/// So a form that leads to a client has no `form-action`. The directive would only restrict injected forms,
/// and no page contains others' HTML.
fn policy(brand: &Brand, captcha: Option<&Captcha>, redirect_uri: Option<&str>) -> String {
    let style = &brand.allowed_style;
    let image = brand.logo.as_ref().map_or_else(|| "'none'".to_owned(), |logo| logo.source.to_string());
    let forms = if redirect_uri.is_none() { "form-action 'self'; " } else { "" };
    let (more_styles, widget) = captcha.map(of_widget).unwrap_or_default();
    format!(
        "default-src 'none'; style-src {style}{more_styles}; img-src {image}; {widget}{forms}\
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The captcha's stylesheets, and its own directives.
fn of_widget(Captcha { widget, .. }: &Captcha) -> (String, String) {
    let (scripts, frames, more) = (widget.scripts(), widget.frames(), widget.styles_and_connections());
    let styles = more.map(|sources| format!(" {sources}")).unwrap_or_default();
    let connections = more.map(|sources| format!("connect-src {sources}; ")).unwrap_or_default();
    let attributes = if widget.has_style_attributes() { "style-src-attr 'unsafe-inline'; " } else { "" };
    (styles, format!("script-src {scripts}; frame-src {frames}; {connections}{attributes}"))
}
