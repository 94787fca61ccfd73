//! A device in the account's list.

use super::{DeviceView, messages::Messages, time::CalendarMinute};

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

/// A device in the list.
#[derive(Debug)]
pub(super) struct Device<'a> {
    pub(super) view: &'a DeviceView<'a>,
    /// The user's name for it, otherwise its browser, otherwise its client.
    pub(super) title: String,
    /// The client, unless the title already is the client.
    pub(super) client: Option<&'a str>,
    pub(super) signed_in: CalendarMinute,
    pub(super) last_used: CalendarMinute,
}

impl<'a> Device<'a> {
    pub(super) fn new(view: &'a DeviceView<'a>, messages: &Messages) -> Self {
        let named = view.name.filter(|name| !name.is_empty()).map(str::to_owned);
        let named = named.or_else(|| view.user_agent.and_then(|text| browser(text, messages)));
        let client = view.client.filter(|_| named.is_some());
        let title = named.or_else(|| view.client.map(str::to_owned));
        Self {
            view,
            title: title.unwrap_or_else(|| messages.unknown_device.to_owned()),
            client,
            signed_in: CalendarMinute::of(view.signed_in_at),
            last_used: CalendarMinute::of(view.last_used_at),
        }
    }
}

/// The browser and the system in a `User-Agent`, such as `Firefox on Windows`. The sender chose it, so it's
/// only a label.
fn browser(user_agent: &str, messages: &Messages) -> Option<String> {
    let found = |(mark, name): (&str, &'static str)| user_agent.contains(mark).then_some(name);
    let browser = BROWSERS.into_iter().chain([SAFARI]).find_map(found)?;
    Some(match SYSTEMS.into_iter().find_map(found) {
        Some(system) => format!("{browser}{}{system}", messages.browser_on_system),
        None => browser.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use shared::{clock::Timestamp, http::Language};

    use super::*;

    const VIEW: DeviceView<'_> = DeviceView {
        id: "id",
        name: None,
        client: None,
        user_agent: None,
        address: None,
        signed_in_at: Timestamp::from_unix(0),
        last_used_at: Timestamp::from_unix(0),
        is_this: false,
        is_bound: false,
    };

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
            assert_eq!(
                browser(user_agent, Messages::of(Language::English)).as_deref(),
                Some(name),
                "{user_agent}"
            );
        }
        assert_eq!(
            browser("Firefox/1 Linux", Messages::of(Language::Vietnamese)).as_deref(),
            Some("Firefox trên Linux")
        );
        for other in ["", "curl/8.5.0", "okhttp/4.12.0", "Mozilla/5.0"] {
            assert_eq!(browser(other, Messages::of(Language::English)), None, "{other}");
        }
    }

    #[test]
    fn a_device_is_named_by_its_own_name_before_its_user_agent() {
        let firefox = DeviceView { user_agent: Some("Firefox/1"), ..VIEW };
        let with_client = DeviceView { client: Some("Notes"), ..firefox };
        for (view, title, client) in [
            (VIEW, "Unknown device", None),
            (firefox, "Firefox", None),
            (with_client, "Firefox", Some("Notes")),
            (DeviceView { name: Some("Ada's phone"), ..with_client }, "Ada's phone", Some("Notes")),
            (DeviceView { name: Some(""), ..with_client }, "Firefox", Some("Notes")),
            (DeviceView { user_agent: Some("curl/8"), ..with_client }, "Notes", None),
        ] {
            let device = Device::new(&view, Messages::of(Language::English));
            assert_eq!((&*device.title, device.client), (title, client));
        }
    }
}
