//! Stored items: a value that is read matches the item, and a malformed item isn't read.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, L, M, N, Null, S, Ss};
use passwords::{Budget, Counter, Credential};
use serde_json::{Map, Value};
use shared::{
    claims::RESERVED_CLAIMS,
    client::Client,
    clock::Timestamp,
    ids::UserId,
    keys::{PublicKeys, PublishedKey},
    store::{FoundSession, Item, Revocation, Session, SessionKey, User, attribute},
};

use crate::deployment::NOW;

/// Reads bytes as an item in DynamoDB's JSON, and the item as one of each table.
pub fn stored_item(input: &[u8]) -> bool {
    let Ok(Value::Object(members)) = serde_json::from_slice(input) else { return false };
    let Some(item) = item(&members) else { return false };
    let is_read = [
        session(&item),
        user(&item),
        client(&item),
        credential(&item),
        revocation(&item),
        published_key(&item),
    ];
    counter(&item);
    is_read.contains(&true)
}

fn item(members: &Map<String, Value>) -> Option<Item> {
    members.iter().map(|(name, value)| Some((name.clone(), attribute_value(value)?))).collect()
}

/// `{"S": "text"}`, `{"N": "1"}` and so on.
fn attribute_value(value: &Value) -> Option<AttributeValue> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(match members.iter().next().map(|(kind, value)| (kind.as_str(), value))? {
        ("S", value) => S(text(value)?),
        ("N", value) => N(text(value)?),
        ("BOOL", value) => Bool(value.as_bool()?),
        ("NULL", value) => Null(value.as_bool()?),
        ("SS", value) => Ss(value.as_array()?.iter().map(text).collect::<Option<_>>()?),
        ("L", value) => L(value.as_array()?.iter().map(attribute_value).collect::<Option<_>>()?),
        ("M", value) => M(item(value.as_object()?)?),
        _ => return None,
    })
}

fn session(item: &Item) -> bool {
    let found = FoundSession::from_item(item);
    assert_eq!(found.is_ok(), SessionKey::from_item(item).is_ok(), "found by its key alone: {item:?}");
    let Ok(session) = Session::from_item(item) else { return false };
    assert_eq!(found.expect("a session has a key").key, session.key);
    let written = session.to_item();
    hold_to(&written, item);
    assert_eq!(Session::from_item(&written).ok(), Some(session), "{item:?}");
    true
}

fn user(item: &Item) -> bool {
    let Ok(user) = User::from_item(item) else { return false };
    let user_id = item.get(attribute::USER_ID).and_then(|id| UserId::parse(id.as_s().ok()?));
    let Some(user_id) = user_id else { return false };
    let mut written = user.to_item(&user_id);
    assert_eq!(User::from_item(&written).ok().as_ref(), Some(&user), "{item:?}");
    let claims = written.remove(attribute::CLAIMS);
    hold_to(&written, item);
    let mut stored: Map<String, Value> = item
        .get(attribute::CLAIMS)
        .map(|claims| serde_json::from_str(claims.as_s().expect("claims are text")).expect("claims are JSON"))
        .unwrap_or_default();
    stored.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
    assert_eq!(claims.is_some(), !stored.is_empty());
    assert_eq!(user.claims, stored, "{item:?}");
    assert_eq!(user.admits(Timestamp::default()), !user.disabled && user.not_before == Timestamp::default());
    true
}

fn client(item: &Item) -> bool {
    let Ok(client) = Client::from_item(item) else { return false };
    let mut written = client.to_item();
    let again = Client::from_item(&written).expect("what was written can be read");
    assert_eq!(again.to_item(), written, "{item:?}");
    let names = |item: &Item| -> Option<BTreeSet<String>> {
        serde_json::from_str(item.get(attribute::CLAIMS)?.as_s().ok()?).ok()
    };
    assert_eq!(names(&written), names(item), "{item:?}");
    written.remove(attribute::CLAIMS);
    hold_to(&written, item);
    let secret = "a guess".to_owned().into();
    assert!(!client.accepts(Some(&secret)), "a guessed secret is accepted: {item:?}");
    let is_public = item[attribute::KIND] == S("public".to_owned());
    assert_eq!(client.accepts(None), is_public, "without a secret: {item:?}");
    true
}

fn credential(item: &Item) -> bool {
    let Ok(credential) = Credential::from_item(item) else { return false };
    let hash = item.get(attribute::PASSWORD_HASH);
    let Some(credential) = credential else {
        assert_eq!(hash, None, "a hash is overlooked");
        return false;
    };
    let optional = |name: &str, value: Option<AttributeValue>| value.map(|value| (name.to_owned(), value));
    let valid_from =
        (credential.valid_from > Timestamp::default()).then(|| N(credential.valid_from.to_string()));
    let written = [
        optional(attribute::USER_ID, Some(S(credential.user_id.to_string()))),
        optional(attribute::PASSWORD_HASH, Some(S(credential.password_hash.clone()))),
        optional(attribute::VALID_FROM, valid_from),
        optional(attribute::CHANGED_IN, credential.changed_in.as_ref().map(|id| S(id.to_string()))),
        optional(attribute::MUST_CHANGE, credential.must_change.then_some(Bool(true))),
    ];
    hold_to(&written.into_iter().flatten().collect(), item);
    for (name, is_read) in [
        (attribute::CHANGED_IN, credential.changed_in.is_some()),
        (attribute::MUST_CHANGE, credential.must_change),
    ] {
        assert!(is_read || item.get(name).is_none_or(|value| *value == Bool(false)), "{name}: {item:?}");
    }
    true
}

fn counter(item: &Item) {
    let counter = Counter::of(item, &Budget::Strangers, NOW);
    assert!(counter.stale.iter().all(|name| item.contains_key(name)));
    for name in &counter.names {
        assert!(!counter.stale.contains(name), "a counter of this instant is none of an earlier one");
        let is_none = item
            .get(name)
            .is_none_or(|count| count.as_n().is_ok_and(|number| number.parse::<u64>() == Ok(0)));
        assert!(!counter.alone || is_none, "{name}: {item:?}");
    }
}

fn revocation(item: &Item) -> bool {
    let Ok(revocation) = Revocation::from_item(item) else { return false };
    let sort = item[attribute::REVOCATION].as_s().expect("the sort key is text");
    let session_id = shared::ids::SessionId::parse(sort.split('#').nth(1).unwrap()).unwrap();
    assert_eq!(revocation.session, session_id.to_bytes());
    let written = [(attribute::EXPIRES_AT.to_owned(), N(revocation.expires_at.to_string()))];
    hold_to(&written.into(), item);
    true
}

/// A key that is read is usable until it expires, or is refused.
fn published_key(item: &Item) -> bool {
    let Ok(key) = PublishedKey::from_item(item) else { return false };
    let instants = [(attribute::PUBLISHED_AT, key.published_at), (attribute::EXPIRES_AT, key.expires_at)];
    hold_to(&instants.map(|(name, instant)| (name.to_owned(), N(instant.to_string()))).into(), item);
    let kid = key.jwk.kid.clone();
    let is_private = key.jwk.d.is_some() || key.jwk.k.is_some();
    let Ok(keys) = PublicKeys::from_published(std::slice::from_ref(&key)) else { return false };
    assert!(!is_private, "a private key is published: {item:?}");
    assert_eq!(keys.find(&kid, NOW).is_some(), NOW < key.expires_at, "{item:?}");
    assert!(PublicKeys::from_published(&[key.clone(), key]).is_err(), "a key stands twice");
    true
}

/// Checks that the item has each of these attributes with the same value.
fn hold_to(written: &HashMap<String, AttributeValue>, item: &Item) {
    for (name, value) in written {
        let stored = item.get(name).unwrap_or_else(|| panic!("{name} was made up: {item:?}"));
        let is_same = match (value, stored) {
            (N(written), N(stored)) => stored.parse::<u64>() == written.parse(),
            (Ss(written), Ss(stored)) => {
                written.iter().collect::<BTreeSet<_>>() == stored.iter().collect::<BTreeSet<_>>()
            }
            (written, stored) => written == stored,
        };
        assert!(is_same, "{name}: {value:?} of {item:?}");
        if let (attribute::EXPIRES_AT, N(instant)) = (name.as_str(), value) {
            assert!(instant.parse::<u64>().is_ok_and(|seconds| seconds < Timestamp::END.as_unix()));
        }
    }
}
