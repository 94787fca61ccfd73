//! A device in the account's list.

use shared::http::{CalendarMinute, browser_name};

use super::{DeviceView, Language, messages::Messages};

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
    pub(super) fn new(view: &'a DeviceView<'a>, language: Language) -> Self {
        let named = view.name.filter(|name| !name.is_empty()).map(str::to_owned);
        let named = named.or_else(|| view.user_agent.and_then(|text| browser_name(text, language)));
        let client = view.client.filter(|_| named.is_some());
        let title = named.or_else(|| view.client.map(str::to_owned));
        Self {
            view,
            title: title.unwrap_or_else(|| Messages::of(language).unknown_device.to_owned()),
            client,
            signed_in: CalendarMinute::of(view.signed_in_at),
            last_used: CalendarMinute::of(view.last_used_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::Timestamp;

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
            let device = Device::new(&view, Language::English);
            assert_eq!((&*device.title, device.client), (title, client));
        }
    }
}
