//! A client as a line of an export or import: the attributes of its record, by name.

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, L, N, S, Ss};
use serde_json::{Map, Value, json};
use shared::{
    client::{Client, ClientKind},
    ids::ClientId,
    store::{Item, StoreError, attribute},
};

use super::uris;
use crate::import::fields::{Fields, OF_A_CLIENT};

/// The error for the reserved client of sessions at the pages.
const RESERVED: &str = "its client_id is reserved for sessions at the sign-in pages";

/// The error for a client that describes itself.
const OF_DOCUMENT: &str =
    "its client_id has the form of a client that describes itself, which can't be registered";

/// A client to import, with the attributes in the line. `None` removes an attribute.
#[derive(Clone, Debug)]
pub(super) struct ClientLine {
    pub(super) client_id: ClientId,
    attributes: Vec<(&'static str, Option<AttributeValue>)>,
}

/// The line of a client. It has every field, since `import --update` leaves the fields that a line lacks
/// unchanged.
pub(super) fn of_client(client: &Client) -> Map<String, Value> {
    let item = client.to_item();
    OF_A_CLIENT.iter().map(|&name| ((*name).to_owned(), json_of(name, item.get(name)))).collect()
}

fn json_of(name: &str, value: Option<&AttributeValue>) -> Value {
    match (name, value) {
        (attribute::DISABLED | attribute::FIRST_PARTY, None) => json!(false),
        (attribute::NOT_BEFORE, None) => json!(0),
        (attribute::SCOPE | attribute::REDIRECT_URIS | attribute::POST_LOGOUT_REDIRECT_URIS, None) => {
            json!([])
        }
        // The row has this as text.
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
    /// Parses a line; `None`, if it is blank.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let Some(mut fields) = Fields::parse(line, OF_A_CLIENT)? else { return Ok(None) };
        let client_id = fields.text(attribute::CLIENT_ID)?.ok_or("it has no client_id")?;
        let client_id = ClientId::parse(&client_id).ok_or("its client_id is malformed")?;
        if client_id.is_reserved() {
            return Err(RESERVED.to_owned());
        }
        if client_id.is_of_document() {
            return Err(OF_DOCUMENT.to_owned());
        }
        let mut attributes = Vec::new();
        let mut rest = fields.rest();
        for name in OF_A_CLIENT {
            if let Some(value) = rest.remove(*name) {
                attributes.push((*name, attribute_of(name, value)?));
            }
        }
        Ok(Some(Self { client_id, attributes }))
    }

    /// Applies the line to the existing client, or makes a new one.
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
                format!("its {attribute} is invalid")
            }
            StoreError::Malformed { attribute, .. } => format!("it has no {attribute}"),
            other @ StoreError::Unavailable { .. } => other.to_string(),
        })?;
        uris::check(&client)?;
        let has_hashes =
            self.attributes.iter().any(|(name, value)| *name == attribute::SECRET_HASHES && value.is_some());
        if has_hashes && matches!(client.kind, ClientKind::Public) {
            return Err("it has secret_hashes, which a public client hasn't".to_owned());
        }
        // An import never lowers `not_before`.
        if let Some(there) = there.and_then(|item| Client::from_item(item).ok()) {
            client.not_before = client.not_before.max(there.not_before);
        }
        Ok(client)
    }
}

/// The stored form of a value; `None`, if it isn't stored.
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
        (_, Value::Null) | (attribute::DISABLED | attribute::FIRST_PARTY, Value::Bool(false)) => None,
        (attribute::DISABLED | attribute::FIRST_PARTY, Value::Bool(true)) => Some(Bool(true)),
        (attribute::DISABLED | attribute::FIRST_PARTY, _) => {
            return Err(format!("its {name} is not true or false"));
        }
        (attribute::RESOURCES, value) => match texts(value)? {
            // Without a set, a client may ask for all resources. A line has to say that explicitly.
            none if none.is_empty() => return Err(format!("its {name} are empty: write null for all")),
            resources => Some(Ss(resources)),
        },
        (attribute::SCOPE, value) => Some(texts(value)?).filter(|tokens| !tokens.is_empty()).map(Ss),
        (attribute::REDIRECT_URIS | attribute::POST_LOGOUT_REDIRECT_URIS, value) => Some(texts(value)?)
            .filter(|uris| !uris.is_empty())
            .map(|uris| L(uris.into_iter().map(S).collect())),
        (attribute::SECRET_HASHES, value) => Some(L(texts(value)?.into_iter().map(S).collect())),
        (attribute::CLAIMS, value) => Some(S(json!(texts(value)?).to_string())),
        (attribute::NAME | attribute::KIND | attribute::DPOP | attribute::SIGN_UP, Value::String(text)) => {
            Some(S(text))
        }
        (attribute::NAME | attribute::KIND | attribute::DPOP | attribute::SIGN_UP, _) => {
            return Err(format!("its {name} is not a string"));
        }
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
        client::{ClaimSelection, SecretHash, SignUp},
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
            resources: ["https://notes.example.com/mcp".to_owned()].into(),
            claims: ClaimSelection::named(["email".to_owned()]).unwrap(),
            not_before: Timestamp::from_unix(1_800_000_000),
            disabled: true,
            requires_dpop: true,
            redirect_uris: ["https://b.example/cb", "http://127.0.0.1/cb"].map(str::to_owned).into(),
            post_logout_redirect_uris: vec!["https://b.example/".to_owned()],
            is_first_party: true,
            sign_up: Some(SignUp::Open),
            url: None,
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
    fn every_client_attribute_round_trips_and_can_be_reset() {
        let whole = whole();
        let line = of_client(&whole);
        let names = |item: &Item| item.keys().cloned().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names(&whole.to_item()), OF_A_CLIENT.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(read(&line).applied_to(None).unwrap().to_item(), whole.to_item());

        let plain = Client {
            name: None,
            kind: ClientKind::Public,
            scope: Scope::default(),
            resources: std::collections::BTreeSet::new(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            requires_dpop: false,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            is_first_party: false,
            sign_up: None,
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
            (r#"{"client_id":"two words","kind":"public"}"#, "its client_id is malformed"),
            (r#"{"client_id":"(browser)","kind":"public"}"#, "its client_id is reserved"),
            (r#"{"client_id":"a"}"#, "it has no kind"),
            (r#"{"client_id":"a","kind":"secret"}"#, "its kind is invalid"),
            (r#"{"client_id":"a","kind":"confidential"}"#, "it has no secret_hashes"),
            (
                r#"{"client_id":"a","kind":"confidential","secret_hashes":["x"]}"#,
                "its secret_hashes is invalid",
            ),
            (r#"{"client_id":"a","kind":"public","secret_hashes":[]}"#, "which a public client hasn't"),
            (r#"{"client_id":"a","kind":"public","scope":"read"}"#, "its scope are not an array"),
            (r#"{"client_id":"a","kind":"public","scope":["two words"]}"#, "its scope is invalid"),
            (r#"{"client_id":"a","kind":"public","access_ttl":0}"#, "its access_ttl is invalid"),
            (r#"{"client_id":"a","kind":"public","leeway":-1}"#, "its leeway is not a whole number"),
            (r#"{"client_id":"a","kind":"public","not_before":1800000000000}"#, "its not_before is invalid"),
            (r#"{"client_id":"a","kind":"public","disabled":1}"#, "its disabled is not"),
            (r#"{"client_id":"a","kind":"public","dpop":"optional"}"#, "its dpop is invalid"),
            (r#"{"client_id":"a","kind":"public","dpop":true}"#, "its dpop is not a string"),
            (r#"{"client_id":"a","kind":"public","sign_up":"all"}"#, "its sign_up is invalid"),
            (r#"{"client_id":"a","kind":"public","sign_up":true}"#, "its sign_up is not a string"),
            (r#"{"client_id":"a","kind":"public","first_party":"yes"}"#, "its first_party is not true"),
            (
                r#"{"client_id":"a","kind":"public","redirect_uris":"https://a.example/"}"#,
                "its redirect_uris are not an array",
            ),
            (
                r#"{"client_id":"a","kind":"public","redirect_uris":["https://a.example/","http://a.example/"]}"#,
                "number 2 of its redirect_uris is invalid: http is for",
            ),
            (
                r#"{"client_id":"a","kind":"public","post_logout_redirect_uris":["javascript:x"]}"#,
                "number 1 of its post_logout_redirect_uris is invalid: its scheme",
            ),
            (r#"{"client_id":"a","kind":"public","resources":[]}"#, "its resources are empty: write null"),
            (
                r#"{"client_id":"a","kind":"public","resources":["notes"]}"#,
                "one of its resources is invalid: the URI is not absolute",
            ),
            (r#"{"client_id":"a","kind":"public","clientId":"b"}"#, "isn't known: did you mean client_id?"),
            (r#"{"client_id":"a","kind":"public","kind":"confidential"}"#, "twice"),
        ] {
            let said = ClientLine::parse(line.as_bytes()).and_then(|line| line.unwrap().applied_to(None));
            let said = said.unwrap_err();
            assert!(said.contains(reason), "{line}: {said}");
        }
    }
}
