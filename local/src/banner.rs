//! The message that the program prints once the API is served.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::route;

use local::{
    demo::{self, Demo},
    engine::AccessKeyId,
    gateway::{Upstream, UpstreamResources, Upstreams},
};

/// The addresses of a running server, and credentials to try it with.
pub(crate) struct Banner<'a> {
    pub(crate) url: &'a str,
    /// The `aud` of access tokens. Their `iss` is the URL, unless a parameter says otherwise.
    pub(crate) audience: &'a str,
    /// The origins whose pages may call the API.
    pub(crate) allowed_origins: &'a [String],
    /// `None` if a route of the API has the page's path.
    pub(crate) page_url: Option<&'a str>,
    /// The URL of the mails as JSON. `None` without the page, to which they belong, and if no mail is sent.
    pub(crate) mails_url: Option<String>,
    pub(crate) store: &'a StoreAddress,
    pub(crate) demo: &'a Demo,
    pub(crate) upstreams: &'a Upstreams,
    pub(crate) resources: &'a UpstreamResources,
}

/// The address of the store, and the access key ID that it accepts. `None` for AWS, which accepts more
/// than one.
pub(crate) struct StoreAddress {
    pub(crate) endpoint: String,
    pub(crate) access_key_id: Option<AccessKeyId>,
}

impl Banner<'_> {
    /// One line of JSON for programs.
    pub(crate) fn to_json(&self) -> Value {
        let mut line = json!({
            "url": self.url,
            "audience": self.audience,
            "allowed_origins": self.allowed_origins,
            "page": self.page_url,
            "username": demo::USERNAME,
            "password": self.demo.password.expose_secret(),
            "public_client_id": demo::PUBLIC_CLIENT_ID,
            "confidential_client_id": demo::CONFIDENTIAL_CLIENT_ID,
            "client_secret": self.demo.client_secret.expose_secret(),
            "dynamodb_endpoint": self.store.endpoint,
            "dynamodb_access_key_id": self.store.access_key_id.as_ref().map(AccessKeyId::expose),
            "mails": self.mails_url,
        });
        if !self.upstreams.is_empty() {
            line["upstreams"] = self.upstreams.iter().map(Upstream::to_string).collect();
        }
        let resources: Vec<_> = self.resources.iter().map(|resource| &*resource.identifier).collect();
        if !resources.is_empty() {
            line["resources"] = json!(resources);
        }
        line
    }

    /// Commands for people to paste.
    pub(crate) fn to_text(&self) -> String {
        let Self { url, page_url, mails_url, audience, allowed_origins, store, demo, upstreams, resources } =
            self;
        let StoreAddress { endpoint, access_key_id } = store;
        let upstreams = upstreams.iter().map(|upstream| {
            let path = upstream.path().trim_end_matches('/');
            format!("\n  yours    {} at {url}{path}/…, behind the authorizer", upstream.url())
        });
        let resources = resources.iter().map(|resource| {
            format!("\n  resource {}, which takes tokens that are for it", resource.identifier)
        });
        let yours: String = upstreams.chain(resources).collect();
        let account = route::ACCOUNT;
        let origins = allowed_origins.join(", ");
        let page = page_url.map_or_else(String::new, |url| format!("  page     {url} (in a browser)\n"));
        let mails = mails_url
            .as_ref()
            .map_or_else(String::new, |url| format!("  mails    on the page, and at {url}\n"));
        let key =
            access_key_id.as_ref().map_or_else(String::new, |id| format!(", access key ID {}", id.expose()));
        let (password, secret) = (demo.password.expose_secret(), demo.client_secret.expose_secret());
        let port = url.rsplit(':').next().unwrap_or_default();
        let (app, server, user) = (demo::PUBLIC_CLIENT_ID, demo::CONFIDENTIAL_CLIENT_ID, demo::USERNAME);
        format!(
            r#"
Latchgate is on {url}

{page}  account  {url}{account} (sign in by a browser)
{mails}  store    {endpoint}{key}
  user     {user} / {password}
  clients  {app} (public), {server} / {secret} (confidential)
  tokens   for the audience (aud) {audience}
  pages    of {origins} may call (--origin URL for others){yours}

Paste into another terminal:

  # log in, and keep the two tokens
  LOGIN=$(curl -s {url}/login -d client_id={app} -d username={user} --data-urlencode 'password={password}')
  ACCESS=$(echo "$LOGIN" | grep -o '"access_token":"[^"]*' | cut -d'"' -f4)
  REFRESH=$(echo "$LOGIN" | grep -o '"refresh_token":"[^"]*' | cut -d'"' -f4)

  # call an endpoint behind the authorizer
  curl -s {url}/sessions -H "Authorization: Bearer $ACCESS"

  # trade the refresh token for new tokens
  curl -s {url}/refresh -d grant_type=refresh_token -d client_id={app} -d refresh_token="$REFRESH"

  # log out; after it the call above is refused
  curl -s -i {url}/logout -d client_id={app} -d token="$ACCESS"

Clients and users of your own: cargo run --bin latchgate -- --local={port} --help

Ctrl-C stops it.
"#
        )
    }
}
