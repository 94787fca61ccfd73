//! A version's data: all stored items, the keyset, and the clients' tokens.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use local::{functions::Deployment, template::Parameters};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::random::SystemRandom;

use super::{mails::HeldMails, pages::HeldAtPages};
use crate::harness::{Api, Secrets, Stored, with_mail};

/// All snapshots, oldest first.
const ALL: &str = include_str!("snapshots.json");

/// The data of [`super::scene`], as a version wrote it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Snapshot {
    /// The commit.
    pub(super) written_by: String,
    /// The time at the end of the scene, in seconds.
    pub(super) at: u64,
    /// The content of the secret.
    pub(super) keyset: Value,
    /// The items in DynamoDB's JSON, by the tables' logical IDs.
    pub(super) tables: BTreeMap<String, Vec<Map<String, Value>>>,
    /// The sessions, by name.
    pub(super) sessions: BTreeMap<String, Held>,
    /// The data of the pages, if the version had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pages: Option<HeldAtPages>,
    /// What was mailed, if the version sent mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mails: Option<HeldMails>,
}

/// A client's data of a session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Held {
    pub(super) client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_secret: Option<String>,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// The previous refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<String>,
    /// The `Idempotency-Key` of its use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idempotency_key: Option<String>,
    /// The private JWK of the device's key that the session is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<Value>,
}

/// Parameters with which each signing key has a live access token at the end, the HMAC key is replaced midway, and
/// sessions become bound to devices' keys.
pub(super) fn parameters(deployed: Parameters) -> Parameters {
    let deployed = with_mail(deployed).with("AccessTtl", "86400").with("RefreshKeyTtl", "86400");
    deployed.with("Dpop", "on").with("DpopReplay", "store").with("NewDeviceMails", "yes")
}

impl Snapshot {
    pub(super) fn all() -> Vec<Self> {
        serde_json::from_str(ALL).unwrap()
    }

    pub(super) async fn of(
        api: &Api,
        secrets: &Secrets,
        written_by: &str,
        sessions: BTreeMap<String, Held>,
        pages: HeldAtPages,
    ) -> Self {
        let keyset = serde_json::from_str(&secrets.current().await.1).unwrap();
        let mut tables: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (table, items) in api.stored().await {
            let items = items.iter().map(|item| {
                let attributes = item.iter().map(|(name, value)| (name.clone(), to_json(value)));
                attributes.collect::<Map<_, _>>()
            });
            let mut items: Vec<_> = items.collect();
            items.sort_by_key(|item| json!(item).to_string());
            tables.insert(table, items);
        }
        Self {
            written_by: written_by.to_owned(),
            at: api.clock.unix(),
            keyset,
            tables,
            sessions,
            pages: Some(pages),
            mails: None,
        }
    }

    pub(super) fn session(&self, name: &str) -> &Held {
        &self.sessions[name]
    }

    /// A deployment of this version with the snapshot's data and these parameters, a moment later.
    pub(super) async fn found_by_this_version(&self, parameters: &[(&str, &str)]) -> (Secrets, Api) {
        let secrets = Secrets::emulated().await;
        secrets.put(&self.keyset.to_string()).await;
        let api = Api::with_secret(&secrets, |deployed| {
            let deployed = self::parameters(deployed);
            parameters.iter().fold(deployed, |deployed, (name, value)| deployed.with(name, *value))
        });
        let api = api.await;
        api.restore(&self.stored()).await;
        // The snapshot's randomness may have had the same seed, but no key and no session may repeat.
        let random = Arc::new(SystemRandom::new());
        let held = self.mails.as_ref().map(|mails| mails.key.clone().into());
        let mail_key = held.unwrap_or_else(|| api.deployment.mail_key.clone());
        let api = api.redeployed(Deployment { random, mail_key, ..api.deployment.clone() }).await;
        (secrets, api.with_clock(self.at + 2).await)
    }

    fn stored(&self) -> Stored {
        let item = |item: &Map<String, Value>| {
            item.iter().map(|(name, value)| (name.clone(), from_json(value))).collect()
        };
        let tables = self.tables.iter();
        tables.map(|(table, items)| (table.clone(), items.iter().map(item).collect())).collect()
    }
}

fn to_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is_so) => json!({ "BOOL": is_so }),
        AttributeValue::Ss(texts) => {
            let mut texts = texts.clone();
            texts.sort_unstable();
            json!({ "SS": texts })
        }
        AttributeValue::L(values) => json!({ "L": values.iter().map(to_json).collect::<Vec<_>>() }),
        other => panic!("an attribute of a new type: {other:?}"),
    }
}

fn from_json(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let values = || value.as_array().unwrap().iter();
    match kind.as_str() {
        "S" => AttributeValue::S(text(value)),
        "N" => AttributeValue::N(text(value)),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "SS" => AttributeValue::Ss(values().map(text).collect()),
        "L" => AttributeValue::L(values().map(from_json).collect()),
        other => panic!("an attribute of an unknown type: {other}"),
    }
}
