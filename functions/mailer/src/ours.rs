//! Our templates.

/// Names of templates, each with its text.
macro_rules! templates {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../templates/", $name)))),*] };
}

/// Our templates, by name. Files with these names replace them (`MAIL_TEMPLATES`).
pub(crate) const OURS: [(&str, &str); 33] = templates![
    "layout.html"
    "en/layout.html"
    "en/confirm.subject"
    "en/confirm.txt"
    "en/confirm.html"
    "en/already-registered.subject"
    "en/already-registered.txt"
    "en/already-registered.html"
    "en/reset.subject"
    "en/reset.txt"
    "en/reset.html"
    "en/no-account.subject"
    "en/no-account.txt"
    "en/no-account.html"
    "en/disabled.subject"
    "en/disabled.txt"
    "en/disabled.html"
    "vi/layout.html"
    "vi/confirm.subject"
    "vi/confirm.txt"
    "vi/confirm.html"
    "vi/already-registered.subject"
    "vi/already-registered.txt"
    "vi/already-registered.html"
    "vi/reset.subject"
    "vi/reset.txt"
    "vi/reset.html"
    "vi/no-account.subject"
    "vi/no-account.txt"
    "vi/no-account.html"
    "vi/disabled.subject"
    "vi/disabled.txt"
    "vi/disabled.html"
];
