//! A deployment in which every attribute that there is has been written, by the functions where they write it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::json;
use shared::route;

use crate::harness::{Api, Fault, PASSWORD, SECRET, SERVER, Stored, Tokens, USERNAME, form, form_post};

/// An item, as the tests have it.
pub(super) type Item = BTreeMap<String, AttributeValue>;

/// The password that the user chose.
const CHOSEN: &str = "a much better password";

/// A deployment, and what somebody who uses it has.
pub(super) struct Stage {
    pub(super) api: Api,
    /// Of a session of the confidential client that was rotated, and whose last rotation brought nobody its tokens at
    /// first: it has every attribute that a session can have.
    pub(super) tokens: Tokens,
    /// The refresh token before the live one.
    pub(super) used: String,
    /// Of another session of the same user.
    pub(super) other: Tokens,
    pub(super) password: &'static str,
    pub(super) stored: Stored,
}

impl Stage {
    pub(super) async fn set(api: Api) -> Self {
        let first = api.login().await;
        api.change_password(&first.access, PASSWORD, CHOSEN).await.tokens();
        // Sessions of the new password begin a little later than it was chosen.
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
        Self { api, tokens, used, other, password: CHOSEN, stored }
    }

    /// Adds what only operators write, or nobody: each attribute with a value that changes nothing.
    pub(super) async fn with(mut self, table: &str, more: Vec<(&str, AttributeValue)>) -> Self {
        let at = self.at(table);
        let item = &mut self.stored.get_mut(table).unwrap()[at];
        item.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.api.restore(&self.stored).await;
        self
    }

    /// Which item of a table is the one to be spoiled: that of the session, of its client, or the only one.
    fn at(&self, table: &str) -> usize {
        let id = crate::harness::claims(&self.tokens.access)["sid"].as_str().unwrap().to_owned();
        let is_it = |item: &Item| {
            item.values()
                .filter_map(|value| value.as_s().ok())
                .any(|text| text == SERVER || text.ends_with(&id))
        };
        let items = &self.stored[table];
        items.iter().position(is_it).unwrap_or_else(|| {
            assert_eq!(items.len(), 1, "one item of {table}");
            0
        })
    }

    /// The item of a table that is to be spoiled.
    pub(super) fn item(&self, table: &str) -> &Item {
        &self.stored[table][self.at(table)]
    }

    /// What is stored, with this attribute of the item replaced.
    pub(super) fn with_attribute(&self, table: &str, name: &str, value: Option<&AttributeValue>) -> Stored {
        let mut stored = self.stored.clone();
        let item = &mut stored.get_mut(table).unwrap()[self.at(table)];
        match value {
            Some(value) => item.insert(name.to_owned(), value.clone()),
            None => item.remove(name),
        };
        stored
    }

    /// What no log may hold.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let stored = self.stored.values().flatten().flatten();
        let hashes = stored.filter(|(name, _)| *name == "password_hash").filter_map(|(_, v)| v.as_s().ok());
        let tokens = [&self.tokens, &self.other].map(|tokens| [&tokens.access, &tokens.refresh]);
        let tokens = tokens.into_iter().flatten().chain([&self.used]).map(String::as_str);
        hashes.map(String::as_str).chain(tokens).chain([self.password, PASSWORD, SECRET]).collect()
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
