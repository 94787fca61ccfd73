//! The user's sessions on the account page.

use std::collections::HashMap;

use shared::{
    client::ClientError,
    clock::Timestamp,
    ids::{ClientId, SessionId},
    store::{FoundSession, Session, StoreError},
};

use crate::{Authorize, browser_session::BrowserSession, pages::DeviceView, target::name_of};

/// The most sessions that the page shows.
const MOST_SHOWN: i32 = 100;

/// The user's sessions, last used first, with the names of their clients.
pub(crate) struct Devices {
    live: Vec<Session>,
    /// Whether there may be more sessions.
    pub(crate) has_more: bool,
    names: HashMap<ClientId, String>,
}

impl Devices {
    /// The sessions for the page. `this` is the browser's own.
    pub(crate) fn views(&self, this: &SessionId) -> Vec<DeviceView<'_>> {
        self.live.iter().map(|session| self.view(session, this)).collect()
    }

    fn view<'a>(&'a self, session: &'a Session, this: &SessionId) -> DeviceView<'a> {
        DeviceView {
            id: session.key.session_id.as_str(),
            name: session.device_name.as_deref(),
            client: self.names.get(&session.key.client_id).map(String::as_str),
            user_agent: session.user_agent.as_deref(),
            address: session.address.as_deref(),
            signed_in_at: session.auth_time,
            last_used_at: session.rotated_at,
            is_this: session.key.session_id == *this,
            is_bound: session.jkt.is_some(),
        }
    }
}

impl Authorize {
    /// Reads the sessions that one Query finds, and adds the browser's own.
    pub(crate) async fn devices(
        &self,
        browser: &BrowserSession,
        now: Timestamp,
    ) -> Result<Devices, StoreError> {
        let page = self.sessions.page_of_user(browser.user_id(), None, Some(MOST_SHOWN)).await?;
        let has_more = !page.is_last;
        let mut live: Vec<_> = page.found.into_iter().filter_map(readable).collect();
        live.retain(|session| session.is_live(now) && session.key != browser.session.key);
        live.push(browser.session.clone());
        live.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
        let mut names = HashMap::new();
        for client_id in live.iter().map(|session| &session.key.client_id) {
            if !client_id.is_reserved() && !names.contains_key(client_id) {
                names.insert(client_id.clone(), self.name_of_client(client_id).await?);
            }
        }
        Ok(Devices { live, has_more, names })
    }

    /// The client's name. The identifier, if the client is gone or disabled.
    async fn name_of_client(&self, client_id: &ClientId) -> Result<String, StoreError> {
        match self.clients.enabled(client_id).await {
            Ok(client) => Ok(name_of(&client).to_owned()),
            // A malformed client must not hide the sessions.
            Err(
                ClientError::Unknown
                | ClientError::Unproven
                | ClientError::Disabled
                | ClientError::Store(StoreError::Malformed { .. }),
            ) => Ok(client_id.to_string()),
            Err(ClientError::Store(error @ StoreError::Unavailable { .. })) => Err(error),
        }
    }
}

/// Drops a malformed session, which must not hide the others.
fn readable(found: FoundSession) -> Option<Session> {
    found
        .session
        .inspect_err(|error| tracing::error!(function = "authorize", reason = %error, "left out"))
        .ok()
}
