//! docs/design.md: each example is a valid stored record, and every attribute appears.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, N, S, Ss};
use mails::{EmailAddress, MailId, Purpose, Suppression};
use passwords::{Budget, Counter, Credential, StoredHash};
use serde_json::{Map, Value};
use shared::{
    client::Client,
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    keys::{PublicKeys, PublishedKey},
    store::{Code, Consent, Item, Notice, Revocation, Revocations, Session, SessionKey, User, attribute},
};

const DESIGN: &str = include_str!("../docs/design.md");
const ATTRIBUTES: &str = include_str!("../shared/src/store/attribute.rs");
/// The time of the examples.
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// The examples below a table's heading, in plain JSON.
fn examples(table: &str) -> Vec<Map<String, Value>> {
    let section = DESIGN.split(&format!("\n### {table}\n")).nth(1).unwrap();
    let section = section.split("\n#").next().unwrap();
    let blocks = section.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(|json| serde_json::from_str(json).unwrap()).collect()
}

/// An example as an item, by the page's own rules.
fn item(example: Map<String, Value>) -> Item {
    let texts = |list: Vec<Value>| list.into_iter().map(|value| value.as_str().unwrap().to_owned());
    let value = |name: &str, value| match value {
        Value::String(text) => S(text),
        Value::Number(number) => N(number.to_string()),
        Value::Bool(flag) => Bool(flag),
        Value::Array(list) if [attribute::SCOPE, attribute::RESOURCES].contains(&name) => {
            Ss(texts(list).collect())
        }
        Value::Array(list) => L(texts(list).map(S).collect()),
        other => panic!("{name}: {other}"),
    };
    example.into_iter().map(|(name, json)| (name.clone(), value(&name, json))).collect()
}

fn only(table: &str) -> Item {
    let [example] = examples(table).try_into().unwrap();
    item(example)
}

#[test]
fn a_client_a_user_and_a_session_read_and_write_as_the_examples() {
    let [client, documented] = examples("Clients").try_into().unwrap();
    let client = item(client);
    assert_eq!(Client::from_item(&client).unwrap().to_item(), client);
    let mut documented = item(documented);
    // Only the sweeper reads this.
    documented.remove(attribute::EXPIRES_AT).unwrap();
    let read = Client::from_item(&documented).unwrap();
    assert_eq!(read.to_item(), documented);
    assert_eq!(read.client_id, read.url.unwrap().client_id());
    let mut user = only("Users");
    assert!(Notice::parse(user[attribute::NOTICE].as_s().unwrap()).is_some());
    // Only the mailer and changes of the address read these.
    for name in [attribute::UNDOS, attribute::NOTICE, attribute::NOTICED_AT, attribute::NOTICE_NETWORK] {
        user.remove(name).unwrap();
    }
    let user_id = UserId::parse(user[attribute::USER_ID].as_s().unwrap()).unwrap();
    assert_eq!(User::from_item(&user).unwrap().to_item(&user_id), user);
    let mut session = only("Sessions");
    // Only the end of a session writes and reads these.
    for name in [attribute::ENDED_AT, attribute::SUCCESSOR, attribute::PASSWORD_CHANGE] {
        session.remove(name).unwrap();
    }
    assert_eq!(Session::from_item(&session).unwrap().to_item(), session);
}

#[test]
fn a_code_and_a_consent_read_as_the_examples() {
    let code = only("Codes");
    assert_eq!(Code::from_item(&code).unwrap().to_item(), code);
    let consent = Consent::from_item(&only("Consents")).unwrap();
    assert_eq!((consent.client_id.as_str(), consent.granted_at), ("blog", NOW));
    assert_eq!(consent.scope.to_text().as_deref(), Some("offline_access openid"));
}

#[test]
fn a_credential_and_a_counted_name_read_as_the_examples() {
    let [known, unknown] = examples("Credentials").try_into().unwrap();
    let (known, unknown) = (item(known), item(unknown));
    let credential = Credential::from_item(&known).unwrap().unwrap();
    assert!(StoredHash::parse(&credential.password_hash).is_ok());
    assert!(credential.must_change && credential.changed_in.is_some() && credential.valid_from == NOW);
    assert!(Credential::from_item(&unknown).unwrap().is_none());
    for row in [known, unknown] {
        let counter = Counter::of(&row, &Budget::Strangers, NOW);
        for name in counter.attributes() {
            assert!(row.contains_key(name), "{name} counts at that instant");
        }
        assert_eq!((counter.alone, counter.stale.len()), (false, 0));
    }
}

/// The rows of an address that waits for a mail, of one whose mail was used, of newer purposes, of an address that
/// bounced, and of a network and a user.
#[test]
fn the_outbox_has_rows_of_addresses_suppressions_and_counters() {
    let [waiting, used, email, invitation, notice, suppression, network, asker] =
        examples("Mails").try_into().unwrap();
    let text = |row: &Map<String, Value>, name: &str| row[name].as_str().unwrap().to_owned();
    let address = |row| EmailAddress::parse(&text(row, attribute::ADDRESS)).unwrap();
    let purpose = Purpose::parse(&text(&waiting, attribute::PURPOSE)).unwrap();
    let key = address(&waiting).mailbox(purpose);
    assert_eq!(text(&waiting, attribute::MAILBOX), key.as_str());
    let id = text(&waiting, attribute::MAIL_ID);
    assert!(MailId::parse(&id).is_some() && waiting[attribute::UNSENT] == *id);
    assert_eq!(text(&used, attribute::MAILBOX), address(&used).mailbox(Purpose::Reset).as_str());
    for gone in [attribute::MAIL_ID, attribute::PURPOSE, attribute::UNSENT, attribute::TAKEN] {
        assert!(!used.contains_key(gone), "{gone}");
    }
    assert!(used.contains_key(attribute::SENT_AT));
    for row in [&waiting, &email, &invitation, &notice] {
        let purpose = Purpose::parse(&text(row, attribute::PURPOSE)).unwrap();
        assert_eq!(text(row, attribute::MAILBOX), address(row).mailbox(purpose).as_str());
        let mail_expires_at = row[attribute::MAIL_EXPIRES_AT].as_u64().unwrap();
        assert_eq!(mail_expires_at, (NOW + purpose.ttl()).as_unix());
    }
    assert!(User::parse_claims(&text(&invitation, attribute::CLAIMS)).is_some());
    for row in [&email, &notice] {
        assert!(UserId::parse(&text(row, attribute::USER_ID)).is_some());
    }
    assert_eq!(text(&suppression, attribute::MAILBOX), address(&suppression).suppression_key());
    assert!(Suppression::parse(&text(&suppression, attribute::SUPPRESSED)).is_some());
    let names: Vec<_> = suppression.keys().map(String::as_str).collect();
    assert_eq!(names, [attribute::ADDRESS, attribute::MAILBOX, attribute::SUPPRESSED], "it has no end");
    for (counter, prefix) in [(network, "network#"), (asker, "user#")] {
        assert!(text(&counter, attribute::MAILBOX).starts_with(prefix));
        let names: Vec<_> = counter.keys().map(String::as_str).collect();
        assert_eq!(names, [attribute::EXPIRES_AT, attribute::MAILBOX, attribute::QUOTA]);
    }
}

#[test]
fn a_revocation_and_a_published_key_read_as_the_examples() {
    let [revocation, noticed, proof] = examples("Revocations").try_into().unwrap();
    assert_eq!(proof.keys().collect::<Vec<_>>(), ["bucket", "expires_at", "retry_key", "revocation"]);
    let mut revocation = item(revocation);
    let later = Revocation::from_item(&revocation).unwrap().effective_at;
    assert_eq!(later, NOW + std::time::Duration::from_secs(60));
    revocation.remove(attribute::EFFECTIVE_AT).unwrap();
    let sort = revocation[attribute::REVOCATION].as_s().unwrap();
    let session_id = SessionId::parse(sort.split_once('#').unwrap().1).unwrap();
    assert_eq!(Revocations::row(&session_id, NOW), revocation);
    assert_eq!(Revocation::from_item(&revocation).unwrap().session, session_id.to_bytes());
    let noticed = item(noticed);
    let user_id = UserId::parse(noticed[attribute::USER_ID].as_s().unwrap()).unwrap();
    let notice = Notice::parse(noticed[attribute::NOTICE].as_s().unwrap()).unwrap();
    let key = SessionKey { user_id, client_id: ClientId::parse("any").unwrap(), session_id };
    assert_eq!(Revocations::row_with_notice(&key, NOW, notice), noticed);

    let [key, fence] = examples("Keys").try_into().unwrap();
    assert_eq!(fence.keys().collect::<Vec<_>>(), ["fence", "key_use", "kid"]);
    let key = item(key);
    let published = PublishedKey::from_item(&key).unwrap();
    assert_eq!(&published.jwk.kid, key[attribute::KID].as_s().unwrap());
    assert_eq!(published.published_at, NOW);
    assert!(PublicKeys::from_published(&[published]).is_ok(), "a key that verifies");
}

#[test]
fn every_attribute_is_in_an_example_and_no_other() {
    let tables =
        ["Clients", "Credentials", "Users", "Sessions", "Codes", "Consents", "Mails", "Revocations", "Keys"];
    let shown: BTreeSet<String> = tables.into_iter().flat_map(examples).flatten().map(|(n, _)| n).collect();
    let shown: BTreeSet<&str> = shown.iter().map(String::as_str).collect();
    let stored = ATTRIBUTES.lines().filter_map(|line| line.split('"').nth(1));
    let counter = Counter::of(&Item::new(), &Budget::Strangers, NOW);
    // The counter of codes has its day in its name.
    let of_day = format!("{}{}", attribute::DAY_GUESSES, NOW.as_unix() / 86_400);
    let stored = stored.map(|name| if name == attribute::DAY_GUESSES { &*of_day } else { name });
    assert_eq!(shown, stored.chain(counter.attributes()).collect());
}
