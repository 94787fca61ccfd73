//! The built-in files of the page: plain HTML, CSS and JavaScript.

/// A file.
pub(super) struct File {
    pub(super) media_type: &'static str,
    pub(super) text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The file of this name. An empty name is the page.
pub(super) fn named(name: &str) -> Option<File> {
    let (media_type, text) = match name {
        "" => (HTML, include_str!("../../page/page.html")),
        "page.css" => (CSS, include_str!("../../page/page.css")),
        "page.js" => (JAVASCRIPT, include_str!("../../page/page.js")),
        "about.js" => (JAVASCRIPT, include_str!("../../page/about.js")),
        "calls.js" => (JAVASCRIPT, include_str!("../../page/calls.js")),
        "dom.js" => (JAVASCRIPT, include_str!("../../page/dom.js")),
        "dpop.js" => (JAVASCRIPT, include_str!("../../page/dpop.js")),
        "events.js" => (JAVASCRIPT, include_str!("../../page/events.js")),
        "mails.js" => (JAVASCRIPT, include_str!("../../page/mails.js")),
        "session.js" => (JAVASCRIPT, include_str!("../../page/session.js")),
        "tokens.js" => (JAVASCRIPT, include_str!("../../page/tokens.js")),
        "icon.svg" => (SVG, include_str!("../../page/icon.svg")),
        _ => return None,
    };
    Some(File { media_type, text })
}
