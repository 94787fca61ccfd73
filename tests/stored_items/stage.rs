//! A deployment whose items have every attribute, written by the functions where they do so.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::json;
use shared::route;

use super::pages::Pages;
use crate::harness::{
    Api, Fault, PASSWORD, SECRET, SERVER, Stored, Tokens, USERNAME, claims, form, form_post,
};

/// An item as the tests handle it.
pub(super) type Item = BTreeMap<String, AttributeValue>;

/// The user's chosen password.
const CHOSEN: &str = "a much better password";

/// A deployment, and its user's data.
pub(super) struct Stage {
    pub(super) api: Api,
    /// The tokens of a confidential client's session. It was rotated, and the tokens of its last rotation weren't
    /// delivered at first, so it has every attribute.
    pub(super) tokens: Tokens,
    /// The previous refresh token.
    pub(super) used: String,
    /// The tokens of another session of the user.
    pub(super) other: Tokens,
    pub(super) password: &'static str,
    /// The data of a browser and its clients, if the pages are used.
    pub(super) pages: Option<Pages>,
    pub(super) stored: Stored,
    /// The client whose record is damaged.
    pub(super) client: &'static str,
    /// The suffix of the damaged item's key in other tables. Initially it is the session's.
    pub(super) id: String,
}

impl Stage {
    pub(super) async fn set(api: Api) -> Self {
        let first = api.login().await;
        api.change_password(&first.access, PASSWORD, CHOSEN).await.tokens();
        // The new password's sessions begin a little after its choice.
        api.clock.advance(60);
        let login = json!({ "client_id": SERVER, "client_secret": SECRET, "username": USERNAME,
            "password": CHOSEN, "device_name": "Laptop" });
        let request = Request::post(route::LOGIN).header("content-type", "application/json");
        let tokens = api.send(request.header("user-agent", "Browser/1"), login.to_string()).await.tokens();
        let other = api.post_json(route::LOGIN, &login).await.tokens();

        let tokens = refresh(&api, &tokens.refresh).await.tokens();
        let used = tokens.refresh;
        api.calls.fail(Fault::Before("GetItem Users"));
        assert_eq!(refresh(&api, &used).await.status, 503);
        api.calls.heal();
        let tokens = refresh(&api, &used).await.tokens();
        let wrong = form(&[("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME)]);
        api.send(form_post(route::LOGIN), wrong + "&password=wrong").await.assert_error(400, "invalid_grant");
        let stored = api.stored().await;
        let id = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
        Self { api, tokens, used, other, password: CHOSEN, pages: None, stored, client: SERVER, id }
    }

    /// The same deployment with a signed-in browser, and with clients whose users signed in.
    pub(super) async fn with_pages(mut self) -> Self {
        self.api = self.api.with_clients().await;
        self.pages = Some(Pages::of(&self.api, self.password).await);
        self.stored = self.api.stored().await;
        self
    }

    pub(super) fn pages(&self) -> &Pages {
        self.pages.as_ref().expect("the pages are on stage")
    }

    /// Adds attributes that the functions don't write, with values that change nothing.
    pub(super) async fn with(mut self, table: &str, more: Vec<(&str, AttributeValue)>) -> Self {
        let at = self.at(table);
        let item = &mut self.stored.get_mut(table).unwrap()[at];
        item.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.api.restore(&self.stored).await;
        self
    }

    /// The index of the item to damage: the client's, the one with the key, or the only one.
    fn at(&self, table: &str) -> usize {
        let is_it = |item: &Item| {
            item.values()
                .filter_map(|value| value.as_s().ok())
                .any(|text| text == self.client || text.ends_with(&self.id))
        };
        let items = &self.stored[table];
        items.iter().position(is_it).unwrap_or_else(|| {
            assert_eq!(items.len(), 1, "one item of {table}");
            0
        })
    }

    /// The item to damage.
    pub(super) fn item(&self, table: &str) -> &Item {
        &self.stored[table][self.at(table)]
    }

    /// The stored items with this attribute replaced.
    pub(super) fn with_attribute(&self, table: &str, name: &str, value: Option<&AttributeValue>) -> Stored {
        let mut stored = self.stored.clone();
        let item = &mut stored.get_mut(table).unwrap()[self.at(table)];
        match value {
            Some(value) => item.insert(name.to_owned(), value.clone()),
            None => item.remove(name),
        };
        stored
    }

    /// Texts that no log may contain.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let stored = self.stored.values().flatten().flatten();
        let hashes = stored.filter(|(name, _)| *name == "password_hash").filter_map(|(_, v)| v.as_s().ok());
        let tokens = [&self.tokens, &self.other].map(|tokens| [&tokens.access, &tokens.refresh]);
        let tokens = tokens.into_iter().flatten().chain([&self.used]).map(String::as_str);
        let pages = self.pages.iter().flat_map(Pages::secrets);
        hashes
            .map(String::as_str)
            .chain(tokens)
            .chain([self.password, PASSWORD, SECRET])
            .chain(pages)
            .collect()
    }

    /// Ends the session, as its user does.
    pub(super) async fn own_ended(mut self) -> Self {
        let logout = [("client_id", SERVER), ("client_secret", SECRET), ("token", &self.tokens.refresh)];
        assert_eq!(self.api.post(route::LOGOUT, &logout).await.status, 200);
        self.stored = self.api.stored().await;
        self
    }
}

async fn refresh(api: &Api, token: &str) -> crate::harness::Reply {
    let parameters = [
        ("client_id", SERVER),
        ("client_secret", SECRET),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ];
    api.post(route::REFRESH, &parameters).await
}
