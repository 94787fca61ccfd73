//! The browser in a `User-Agent` (RFC 9110 section 10.1.5).

use super::Language;

/// Browsers, by a mark in their `User-Agent`. Each also has the marks of those after it.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
];
/// Safari's mark. All browsers with Safari's engine or Google's have it.
const SAFARI: (&str, &str) = ("Safari/", "Safari");
/// Systems, in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The browser and the system in a `User-Agent`, such as `Firefox on Windows`; `None`, if it names no browser
/// that we know. The names are ours, so no text of the sender is among them. But the sender chose the header,
/// so this is only a label.
pub fn browser_name(user_agent: &str, language: Language) -> Option<String> {
    let found = |(mark, name): (&str, &'static str)| user_agent.contains(mark).then_some(name);
    let browser = BROWSERS.into_iter().chain([SAFARI]).find_map(found)?;
    let on = match language {
        Language::English => "on",
        Language::Vietnamese => "trên",
    };
    Some(match SYSTEMS.into_iter().find_map(found) {
        Some(system) => format!("{browser} {on} {system}"),
        None => browser.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_its_user_agent() {
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("Firefox/1", "Firefox"),
        ] {
            assert_eq!(browser_name(user_agent, Language::English).as_deref(), Some(name), "{user_agent}");
        }
        assert_eq!(
            browser_name("Firefox/1 Linux", Language::Vietnamese).as_deref(),
            Some("Firefox trên Linux")
        );
        for other in ["", "curl/8.5.0", "okhttp/4.12.0", "Mozilla/5.0"] {
            assert_eq!(browser_name(other, Language::English), None, "{other}");
        }
    }
}
