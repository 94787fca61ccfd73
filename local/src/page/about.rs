//! A description of the running server, for the page.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    demo::{self, Demo},
    seed::Seeder,
    template::{ApiKind, BoundRoute, Parameters},
};

/// The place of the stored data.
#[derive(Clone, Debug)]
pub enum StoreKind {
    /// In memory, until the process ends.
    Memory,
    /// In this file.
    File(String),
    /// At this address.
    Elsewhere(String),
}

/// A description of the running server.
#[derive(Clone, Debug)]
pub struct About {
    /// The URL of the API.
    pub url: String,
    /// The URL of the page.
    pub page_url: String,
    /// The kind of API in front of the functions.
    pub api: ApiKind,
    /// The API's routes.
    pub routes: Vec<BoundRoute>,
    /// Your servers, each with its path.
    pub upstreams: Vec<String>,
    /// The template's parameters.
    pub parameters: Parameters,
    /// The place of the stored data.
    pub store: StoreKind,
    /// The demo user and clients.
    pub demo: Demo,
    /// The client for the store.
    pub client: Client,
    /// The names of the tables, by logical id.
    pub tables: BTreeMap<String, String>,
}

impl About {
    pub(super) async fn to_json(&self) -> Value {
        let text = |name: &str| self.parameters.value(name).filter(|value| !value.is_empty());
        let seconds = |name: &str| text(name).and_then(|value| value.parse::<u64>().ok());
        let origins = text("AllowedOrigins").or_else(|| text("AllowedOrigin")).unwrap_or_default();
        let origins = origins.split([',', ' ']).filter(|origin| !origin.is_empty());
        let (kind, place) = match &self.store {
            StoreKind::Memory => ("memory", None),
            StoreKind::File(path) => ("file", Some(path)),
            StoreKind::Elsewhere(endpoint) => ("elsewhere", Some(endpoint)),
        };
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "url": self.url,
            "page_url": self.page_url,
            "api": match self.api { ApiKind::Rest => "REST API", ApiKind::Http => "HTTP API" },
            "issuer": text("Issuer"),
            "audience": text("Audience"),
            "algorithm": text("SigningAlgorithm"),
            "dpop": text("Dpop"),
            "revocation_check": text("RevocationCheck"),
            "scope_rules": text("ScopeRules"),
            "sign_up": text("SignUp"),
            "mail_from": text("MailFrom"),
            "origins": origins.collect::<Vec<_>>(),
            "lifetimes": {
                "access": seconds("AccessTtl"),
                "idle": seconds("IdleTtl"),
                "absolute": seconds("AbsoluteTtl"),
                "leeway": seconds("Leeway"),
            },
            "store": { "kind": kind, "place": place },
            "routes": self.routes.iter().map(route).collect::<Vec<_>>(),
            "upstreams": self.upstreams,
            "demo": self.demo().await,
        })
    }

    /// The demo credentials, while the demo user exists. In a store that others reach they are secret: only the
    /// terminal shows them.
    async fn demo(&self) -> Option<Value> {
        let seeder = Seeder { client: &self.client, tables: &self.tables };
        if !self.demo.is_well_known() || !demo::is_there(&seeder).await.unwrap_or(false) {
            return None;
        }
        Some(json!({
            "username": demo::USERNAME,
            "password": self.demo.password.expose_secret(),
            "clients": [
                { "client_id": demo::PUBLIC_CLIENT_ID },
                {
                    "client_id": demo::CONFIDENTIAL_CLIENT_ID,
                    "client_secret": self.demo.client_secret.expose_secret(),
                },
            ],
        }))
    }
}

fn route(route: &BoundRoute) -> Value {
    json!({
        "method": route.method,
        "path": route.path,
        "function": route.function,
        "is_protected": route.is_protected,
    })
}
