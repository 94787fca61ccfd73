//! Clients in the code flow, and their users.

use local::seed::UserSeed;
use secrecy::SecretString;
use serde_json::json;
use shared::{
    client::{ClaimSelection, Client, ClientKind, SecretHash},
    clock::Timestamp,
    ids::ClientId,
    lifetimes::LifetimeOverrides,
    scope::Scope,
};

use super::{Api, SECRET};

/// The operator's own app in a browser.
pub(crate) const WEB: &str = "web";
/// The operator's own server.
pub(crate) const WEB_SERVER: &str = "web-server";
/// A third party's app.
pub(crate) const THIRD: &str = "third";
/// The operator's own app on a device.
pub(crate) const NATIVE: &str = "native";

/// The redirect URI of [`WEB`].
pub(crate) const CALLBACK: &str = "https://app.example.com/callback";
/// The post-logout redirect URI of [`WEB`].
pub(crate) const BYE: &str = "https://app.example.com/bye";
/// All scopes that the clients may request.
pub(crate) const SCOPES: &str = "openid profile email offline_access read write";

/// A second user.
pub(crate) const ADA: &str = "ada";
/// Her password.
pub(crate) const ADAS_PASSWORD: &str = "an engine of difference";

/// The cookie of the session at the pages.
pub(crate) const SESSION_COOKIE: &str = "__Host-latchgate";
/// The cookie that ties forms to their browser.
pub(crate) const FORM_COOKIE: &str = "__Host-latchgate-form";

/// A client that may request everything.
pub(crate) fn client(client_id: &str) -> Client {
    let uris = |uris: &[&str]| uris.iter().map(|&uri| uri.to_owned()).collect();
    let redirect_uris = match client_id {
        WEB => uris(&[CALLBACK, "https://app.example.com/other?kept=1"]),
        WEB_SERVER => uris(&["https://server.example.com/callback"]),
        THIRD => uris(&["https://third.example.net/callback"]),
        _ => uris(&[
            "http://127.0.0.1/callback",
            "http://[::1]/callback",
            "http://localhost/callback",
            "com.example.app:/callback",
        ]),
    };
    Client {
        client_id: ClientId::parse(client_id).unwrap(),
        name: Some(format!("The client {client_id}")),
        kind: match client_id {
            WEB_SERVER => ClientKind::Confidential(vec![SecretHash::of(&SecretString::from(SECRET))]),
            _ => ClientKind::Public,
        },
        scope: Scope::parse(SCOPES).unwrap(),
        resources: std::collections::BTreeSet::new(),
        claims: ClaimSelection::All,
        not_before: Timestamp::default(),
        disabled: false,
        requires_dpop: false,
        redirect_uris,
        post_logout_redirect_uris: if client_id == WEB { uris(&[BYE]) } else { vec![] },
        is_first_party: client_id != THIRD,
        sign_up: None,
        url: None,
        overrides: LifetimeOverrides::default(),
    }
}

impl Api {
    /// An API with clients in the code flow, and a second user.
    pub(crate) async fn with_pages() -> Self {
        Self::start().await.with_clients().await
    }

    /// Adds clients in the code flow, and a second user.
    pub(crate) async fn with_clients(self) -> Self {
        for client_id in [WEB, WEB_SERVER, THIRD, NATIVE] {
            self.put_client(&client(client_id)).await;
        }
        let password = SecretString::from(ADAS_PASSWORD);
        let claims = json!({ "email": "ada@example.com", "name": "Ada" });
        let ada = UserSeed { username: ADA, password: &password, user_id: "ada-user", claims };
        self.seeder().put_user(&ada, &self.passwords()).await.unwrap();
        self
    }

    pub(crate) async fn put_client(&self, client: &Client) {
        self.put("ClientsTable", client.to_item().into_iter().collect()).await;
    }
}
