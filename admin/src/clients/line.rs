//! A client as a line of an export, which an import takes: the attributes of its record, by their names.

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, L, N, S, Ss};
use serde_json::{Map, Value, json};
use shared::{
    client::{Client, ClientKind},
    ids::ClientId,
    store::{Item, StoreError, attribute},
};

use crate::import::fields::Fields;

/// All attributes of a client.
pub(super) const FIELDS: &[&str] = &[
    attribute::CLIENT_ID,
    attribute::NAME,
    attribute::KIND,
    attribute::SECRET_HASHES,
    attribute::SCOPE,
    attribute::CLAIMS,
    attribute::NOT_BEFORE,
    attribute::DISABLED,
    attribute::ACCESS_TTL,
    attribute::IDLE_TTL,
    attribute::ABSOLUTE_TTL,
    attribute::LEEWAY,
];

/// A client to be imported: what the line names, as attributes. One that it takes away is `None`.
#[derive(Clone, Debug)]
pub(super) struct ClientLine {
    pub(super) client_id: ClientId,
    attributes: Vec<(&'static str, Option<AttributeValue>)>,
}

/// The line of a client. It has every field, defaults too: what a line doesn't name, `import --update` leaves as it is.
pub(super) fn of_client(client: &Client) -> Map<String, Value> {
    let item = client.to_item();
    FIELDS.iter().map(|&name| ((*name).to_owned(), json_of(name, item.get(name)))).collect()
}

fn json_of(name: &str, value: Option<&AttributeValue>) -> Value {
    match (name, value) {
        (attribute::DISABLED, None) => json!(false),
        (attribute::NOT_BEFORE, None) => json!(0),
        (attribute::SCOPE, None) => json!([]),
        // Stored as text.
        (attribute::CLAIMS, Some(S(names))) => serde_json::from_str(names).unwrap_or_default(),
        (_, Some(S(text))) => json!(text),
        (_, Some(N(number))) => number.parse::<u64>().map_or(Value::Null, |number| json!(number)),
        (_, Some(Bool(flag))) => json!(flag),
        (_, Some(Ss(texts))) => json!(texts),
        (_, Some(L(values))) => values.iter().filter_map(|value| value.as_s().ok()).cloned().collect(),
        (_, _) => Value::Null,
    }
}

impl ClientLine {
    /// Reads a line; nothing, if it is blank.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let Some(mut fields) = Fields::parse(line, FIELDS)? else { return Ok(None) };
        let client_id = fields.text(attribute::CLIENT_ID)?.ok_or("it has no client_id")?;
        let client_id = ClientId::parse(&client_id).ok_or("its client_id can't be one")?;
        let mut attributes = Vec::new();
        let mut rest = fields.rest();
        for name in FIELDS {
            if let Some(value) = rest.remove(*name) {
                attributes.push((*name, attribute_of(name, value)?));
            }
        }
        Ok(Some(Self { client_id, attributes }))
    }

    /// The client that the line makes of the one that is there, or of none.
    pub(super) fn applied_to(&self, there: Option<&Item>) -> Result<Client, String> {
        let mut item = there.cloned().unwrap_or_default();
        item.insert(attribute::CLIENT_ID.to_owned(), S(self.client_id.to_string()));
        for (name, value) in &self.attributes {
            match value {
                Some(value) => item.insert((*name).to_owned(), value.clone()),
                None => item.remove(*name),
            };
        }
        let mut client = Client::from_item(&item).map_err(|error| match error {
            StoreError::Malformed { attribute, .. } if item.contains_key(attribute) => {
                format!("its {attribute} can't be one")
            }
            StoreError::Malformed { attribute, .. } => format!("it has no {attribute}"),
            other @ StoreError::Unavailable { .. } => other.to_string(),
        })?;
        let has_hashes =
            self.attributes.iter().any(|(name, value)| *name == attribute::SECRET_HASHES && value.is_some());
        if has_hashes && matches!(client.kind, ClientKind::Public) {
            return Err("it has secret_hashes, which a public client hasn't".to_owned());
        }
        // A cut-off is never taken back.
        if let Some(there) = there.and_then(|item| Client::from_item(item).ok()) {
            client.not_before = client.not_before.max(there.not_before);
        }
        Ok(client)
    }
}

/// A value as it is stored; nothing, for what is left out there.
fn attribute_of(name: &str, value: Value) -> Result<Option<AttributeValue>, String> {
    let texts = |value: Value| match value {
        Value::Array(values) => values
            .into_iter()
            .map(|value| {
                value.as_str().map(str::to_owned).ok_or_else(|| format!("its {name} are not strings"))
            })
            .collect::<Result<Vec<_>, _>>(),
        _ => Err(format!("its {name} are not an array of strings")),
    };
    Ok(match (name, value) {
        (_, Value::Null) | (attribute::DISABLED, Value::Bool(false)) => None,
        (attribute::DISABLED, Value::Bool(true)) => Some(Bool(true)),
        (attribute::DISABLED, _) => return Err("its disabled is not true or false".to_owned()),
        (attribute::SCOPE, value) => Some(texts(value)?).filter(|tokens| !tokens.is_empty()).map(Ss),
        (attribute::SECRET_HASHES, value) => Some(L(texts(value)?.into_iter().map(S).collect())),
        (attribute::CLAIMS, value) => Some(S(json!(texts(value)?).to_string())),
        (attribute::NAME | attribute::KIND, Value::String(text)) => Some(S(text)),
        (attribute::NAME | attribute::KIND, _) => return Err(format!("its {name} is not a string")),
        (attribute::NOT_BEFORE, value) if value.as_u64() == Some(0) => None,
        (_, value) => match value.as_u64() {
            Some(seconds) => Some(N(seconds.to_string())),
            None => return Err(format!("its {name} is not a whole number of seconds")),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::{
        client::{ClaimSelection, SecretHash},
        clock::Timestamp,
        lifetimes::LifetimeOverrides,
        scope::Scope,
    };

    use super::*;

    fn whole() -> Client {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        Client {
            client_id: ClientId::parse("billing").unwrap(),
            name: Some("Billing".to_owned()),
            kind: ClientKind::Confidential(vec![
                SecretHash::of(&"one".into()),
                SecretHash::of(&"two".into()),
            ]),
            scope: Scope::parse("read write").unwrap(),
            claims: ClaimSelection::named(["email".to_owned()]).unwrap(),
            not_before: Timestamp::from_unix(1_800_000_000),
            disabled: true,
            overrides: LifetimeOverrides {
                access_ttl: seconds(60),
                idle_ttl: seconds(600),
                absolute_ttl: seconds(6000),
                leeway: seconds(0),
            },
        }
    }

    fn read(line: &Map<String, Value>) -> ClientLine {
        ClientLine::parse(Value::Object(line.clone()).to_string().as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn every_attribute_of_a_client_travels_and_is_set_back() {
        let whole = whole();
        let line = of_client(&whole);
        let names = |item: &Item| item.keys().cloned().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names(&whole.to_item()), FIELDS.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(read(&line).applied_to(None).unwrap().to_item(), whole.to_item());

        let plain = Client {
            name: None,
            kind: ClientKind::Public,
            scope: Scope::default(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            overrides: LifetimeOverrides::default(),
            ..whole.clone()
        };
        let applied = read(&of_client(&plain)).applied_to(Some(&whole.to_item())).unwrap();
        let expected = Client { not_before: whole.not_before, ..plain };
        assert_eq!(applied.to_item(), expected.to_item(), "only the cut-off stays");
        let partial = ClientLine::parse(br#"{"client_id":"billing","leeway":7}"#).unwrap().unwrap();
        let applied = partial.applied_to(Some(&whole.to_item())).unwrap();
        assert_eq!(applied.overrides.leeway, Some(Duration::from_secs(7)));
        assert_eq!(applied.name.as_deref(), Some("Billing"));
    }

    #[test]
    fn a_bad_line_is_refused_for_its_reason() {
        for (line, reason) in [
            (r#"{"kind":"public"}"#, "it has no client_id"),
            (r#"{"client_id":"two words","kind":"public"}"#, "its client_id can't be one"),
            (r#"{"client_id":"a"}"#, "it has no kind"),
            (r#"{"client_id":"a","kind":"secret"}"#, "its kind can't be one"),
            (r#"{"client_id":"a","kind":"confidential"}"#, "it has no secret_hashes"),
            (
                r#"{"client_id":"a","kind":"confidential","secret_hashes":["x"]}"#,
                "its secret_hashes can't be one",
            ),
            (r#"{"client_id":"a","kind":"public","secret_hashes":[]}"#, "which a public client hasn't"),
            (r#"{"client_id":"a","kind":"public","scope":"read"}"#, "its scope are not an array"),
            (r#"{"client_id":"a","kind":"public","scope":["two words"]}"#, "its scope can't be one"),
            (r#"{"client_id":"a","kind":"public","access_ttl":0}"#, "its access_ttl can't be one"),
            (r#"{"client_id":"a","kind":"public","leeway":-1}"#, "its leeway is not a whole number"),
            (
                r#"{"client_id":"a","kind":"public","not_before":1800000000000}"#,
                "its not_before can't be one",
            ),
            (r#"{"client_id":"a","kind":"public","disabled":1}"#, "its disabled is not"),
            (r#"{"client_id":"a","kind":"public","clientId":"b"}"#, "isn't known: client_id is"),
            (r#"{"client_id":"a","kind":"public","kind":"confidential"}"#, "twice"),
        ] {
            let said = ClientLine::parse(line.as_bytes()).and_then(|line| line.unwrap().applied_to(None));
            let said = said.unwrap_err();
            assert!(said.contains(reason), "{line}: {said}");
        }
    }
}
