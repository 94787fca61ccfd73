//! The records of the tables' streams. The names of the keys tell the tables apart.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, N, Null, S};
use mails::Mailbox;
use serde::Deserialize;
use serde_json::Value;
use shared::{
    clock::Timestamp,
    ids::UserId,
    network::Network,
    store::{Item, Notice, Row, SessionKey, StoreError, User, attribute},
};

use crate::{
    MailerError,
    account_event::{AccountEvent, Timeliness},
};

/// A record that may need a mail.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) what: What,
    /// The number of the first of equal records. Lambda repeats a batch from the first record that failed.
    pub(crate) sequence_number: String,
}

/// The content of a record.
#[derive(Debug)]
pub(crate) enum What {
    /// A row of the outbox changed.
    Mailbox(Mailbox),
    /// An account had an event that the user is told about. With the user as written with the event; `None`,
    /// if the record is of another table than Users.
    Account(AccountEvent, Option<Box<User>>),
    /// A session began.
    Session(SessionKey),
    /// The record is of one of these tables, and malformed.
    Malformed(StoreError),
}

/// A record of a stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamRecord {
    event_name: String,
    dynamodb: Written,
}

/// The row and the place in the stream.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    keys: HashMap<String, Value>,
    /// Empty in streams that carry keys only.
    #[serde(default)]
    new_image: HashMap<String, Value>,
    sequence_number: String,
}

impl Change {
    /// Reads a record. `None`, if it needs no mail.
    ///
    /// # Errors
    ///
    /// [`MailerError::Event`], if it is of a table whose stream doesn't call this function.
    pub(crate) fn of_record(record: &StreamRecord, now: Timestamp) -> Result<Option<Self>, MailerError> {
        let StreamRecord { event_name, dynamodb: Written { keys, new_image, sequence_number } } = record;
        let mut names: Vec<&str> = keys.keys().map(String::as_str).collect();
        names.sort_unstable();
        let what = match names[..] {
            _ if event_name == "REMOVE" => Ok(None),
            [attribute::MAILBOX] => mailbox(&item(keys)),
            [attribute::USER_ID] => of_user(&item(new_image), now),
            [attribute::BUCKET, attribute::REVOCATION] => of_revocation(&item(new_image), now),
            // The mailer looked at this session when it began.
            [attribute::SESSION_KEY, attribute::USER_ID] if event_name != "INSERT" => Ok(None),
            [attribute::SESSION_KEY, attribute::USER_ID] => {
                SessionKey::from_item(&item(keys)).map(|key| Some(What::Session(key)))
            }
            _ => return Err(MailerError::Event),
        };
        let what = what.unwrap_or_else(|error| Some(What::Malformed(error)));
        Ok(what.map(|what| Self { what, sequence_number: sequence_number.clone() }))
    }

    /// Whether this says the same as an earlier record.
    pub(crate) fn repeats(&self, earlier: &Self) -> bool {
        match (&self.what, &earlier.what) {
            (What::Mailbox(this), What::Mailbox(that)) => this == that,
            (What::Account(this, _), What::Account(that, _)) => this == that,
            (What::Session(this), What::Session(that)) => this == that,
            _ => false,
        }
    }
}

/// The mailbox of a row. `None`, if the row counts requests or stops mails to an address.
fn mailbox(keys: &Item) -> Result<Option<What>, StoreError> {
    let key = Row::new("Mails", keys).text(attribute::MAILBOX)?;
    Ok(Mailbox::parse(key).map(What::Mailbox))
}

/// The event that a user's row names. It stays there, so later writes of the row bring it again.
fn of_user(item: &Item, now: Timestamp) -> Result<Option<What>, StoreError> {
    let row = Row::new("Users", item);
    let Some(notice) = row.optional_parsed(attribute::NOTICE, Notice::parse)? else { return Ok(None) };
    let at = row.instant(attribute::NOTICED_AT)?;
    let user_id = row.parsed(attribute::USER_ID, UserId::parse)?;
    let network = match notice {
        Notice::PasswordMissing => row.optional_parsed(attribute::NOTICE_NETWORK, Network::parse)?,
        // An earlier notice may have left one.
        Notice::PasswordChanged | Notice::SessionsEnded | Notice::Theft | Notice::NewDevice => None,
    };
    let event = AccountEvent { user_id, notice, at, network };
    match event.timeliness(now) {
        Timeliness::Now => Ok(Some(What::Account(event, Some(Box::new(User::from_item(item)?))))),
        Timeliness::Over => Ok(None),
        Timeliness::Ahead => Err(row.malformed(attribute::NOTICED_AT)),
    }
}

/// The event that a row of the denylist names: why the session ended, and whose it was. The row's instant is
/// the session's end.
fn of_revocation(item: &Item, now: Timestamp) -> Result<Option<What>, StoreError> {
    let row = Row::new("Revocations", item);
    let Some(notice) = row.optional_parsed(attribute::NOTICE, Notice::parse)? else { return Ok(None) };
    let user_id = row.parsed(attribute::USER_ID, UserId::parse)?;
    let at = row.parsed(attribute::REVOCATION, |sort| {
        let (instant, _) = sort.split_once('#')?;
        Some(Timestamp::from_unix(instant.parse().ok()?))
    })?;
    let event = AccountEvent { user_id, notice, at, network: None };
    match event.timeliness(now) {
        Timeliness::Now => Ok(Some(What::Account(event, None))),
        Timeliness::Over => Ok(None),
        Timeliness::Ahead => Err(row.malformed(attribute::REVOCATION)),
    }
}

/// An image as an item. Only attributes that are texts, numbers or flags keep their values. The others are read
/// as mistyped.
fn item(image: &HashMap<String, Value>) -> Item {
    let value = |value: &Value| -> AttributeValue {
        let of_type = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let flag = || value.get("BOOL")?.as_bool().map(Bool);
        of_type("S").map(S).or_else(|| of_type("N").map(N)).or_else(flag).unwrap_or(Null(true))
    };
    image.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const SESSION_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    fn change(name: &str, keys: &Value, new_image: &Value) -> Result<Option<Change>, MailerError> {
        let record = json!({
            "eventName": name,
            "dynamodb": { "Keys": keys, "NewImage": new_image, "SequenceNumber": "7" },
        });
        let record: StreamRecord = serde_json::from_value(record).unwrap();
        Change::of_record(&record, Timestamp::from_unix(NOW))
    }

    fn what(name: &str, keys: &Value, new_image: &Value) -> Option<What> {
        change(name, keys, new_image).unwrap().map(|change| {
            assert_eq!(change.sequence_number, "7");
            change.what
        })
    }

    fn event(what: Option<What>) -> AccountEvent {
        match what {
            Some(What::Account(event, _)) => event,
            other => panic!("{other:?}"),
        }
    }

    fn attribute_of(what: Option<What>) -> &'static str {
        match what {
            Some(What::Malformed(StoreError::Malformed { attribute, .. })) => attribute,
            other => panic!("{other:?}"),
        }
    }

    /// The network of an attempt to sign in without a password. A malformed one is an error.
    #[test]
    fn the_network_counts_for_a_missing_password_alone() {
        let keys = json!({ "user_id": { "S": "u1" } });
        let network = Network::of(Some("192.0.2.1")).unwrap();
        let mut row = user(NOW);
        row["notice_network"] = json!({ "S": network.as_str() });
        assert_eq!(event(what("MODIFY", &keys, &row)).network, None);
        row["notice"] = json!({ "S": "password_missing" });
        assert_eq!(event(what("MODIFY", &keys, &row)).network, Some(network));
        for bad in [json!({ "S": "192.0.2.1" }), json!({ "S": "" }), json!({ "N": "1" })] {
            row["notice_network"] = bad;
            assert_eq!(attribute_of(what("MODIFY", &keys, &row)), "notice_network");
        }
        row.as_object_mut().unwrap().remove("notice_network");
        assert_eq!(event(what("MODIFY", &keys, &row)).network, None, "it isn't counted");
    }

    fn user(noticed_at: u64) -> Value {
        json!({
            "user_id": { "S": "u1" },
            "username": { "S": "ada@example.com" },
            "claims": { "S": "{}" },
            "disabled": { "BOOL": false },
            "undos": { "L": [{ "S": "1" }] },
            "notice": { "S": "password_changed" },
            "noticed_at": { "N": noticed_at.to_string() },
        })
    }

    #[test]
    fn a_users_row_and_one_of_the_denylist_name_the_event_of_their_user() {
        let keys = json!({ "user_id": { "S": "u1" } });
        for name in ["INSERT", "MODIFY"] {
            let told = event(what(name, &keys, &user(NOW)));
            assert_eq!((told.user_id.as_str(), told.notice), ("u1", Notice::PasswordChanged));
            assert_eq!(told.at, Timestamp::from_unix(NOW));
        }
        let key =
            json!({ "bucket": { "N": "500000" }, "revocation": { "S": format!("{NOW}#{SESSION_ID}") } });
        let mut row = key.clone();
        row["notice"] = json!({ "S": "theft" });
        row["user_id"] = json!({ "S": "u2" });
        let told = event(what("INSERT", &key, &row));
        assert_eq!((told.user_id.as_str(), told.notice), ("u2", Notice::Theft));
        assert_eq!(told.at, Timestamp::from_unix(NOW));
    }

    /// A thief who changes the address right after the password doesn't get the mail about the password.
    #[test]
    fn the_user_is_the_one_of_the_write_that_names_the_event() {
        let keys = json!({ "user_id": { "S": "u1" } });
        match what("MODIFY", &keys, &user(NOW)) {
            Some(What::Account(_, Some(user))) => {
                assert_eq!(user.username.as_deref(), Some("ada@example.com"));
            }
            other => panic!("{other:?}"),
        }
        let mut malformed = user(NOW);
        malformed["claims"] = json!({ "S": "[" });
        assert_eq!(attribute_of(what("MODIFY", &keys, &malformed)), "claims");
    }

    #[test]
    fn a_session_is_told_of_when_it_begins() {
        let keys = json!({ "user_id": { "S": "u1" }, "session_key": { "S": format!("shop#{SESSION_ID}") } });
        for (name, is_new) in [("INSERT", true), ("MODIFY", false), ("REMOVE", false)] {
            match what(name, &keys, &json!({})) {
                Some(What::Session(key)) if is_new => assert_eq!(key.session_id.as_str(), SESSION_ID),
                None if !is_new => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn rows_without_a_notice_and_rows_that_are_gone_need_no_mail() {
        let keys = json!({ "user_id": { "S": "u1" } });
        assert!(what("MODIFY", &keys, &json!({ "user_id": { "S": "u1" } })).is_none());
        assert!(what("REMOVE", &keys, &user(NOW)).is_none());
        let key =
            json!({ "bucket": { "N": "500000" }, "revocation": { "S": format!("{NOW}#{SESSION_ID}") } });
        assert!(what("INSERT", &key, &key).is_none());
    }

    /// The row keeps the notice, and its stream brings each write of it.
    #[test]
    fn an_event_of_two_days_ago_needs_no_mail_and_one_of_tomorrow_is_malformed() {
        let keys = json!({ "user_id": { "S": "u1" } });
        let two_days = 48 * 3600;
        assert!(what("MODIFY", &keys, &user(NOW - two_days)).is_none());
        assert_eq!(event(what("MODIFY", &keys, &user(NOW - two_days + 1))).notice, Notice::PasswordChanged);
        assert_eq!(event(what("MODIFY", &keys, &user(NOW + 3600))).at.as_unix(), NOW + 3600);
        assert_eq!(attribute_of(what("MODIFY", &keys, &user(NOW + 3601))), "noticed_at");
    }

    #[test]
    fn a_malformed_row_is_an_error_of_its_record_alone() {
        let keys = json!({ "user_id": { "S": "u1" } });
        for (name, bad) in [
            ("notice", json!({ "S": "Theft" })),
            ("notice", json!({ "BOOL": true })),
            ("noticed_at", json!({ "N": "-1" })),
            ("noticed_at", json!({ "S": "1800000000" })),
            ("user_id", json!({ "S": "" })),
        ] {
            let mut row = user(NOW);
            row[name] = bad;
            assert_eq!(attribute_of(what("MODIFY", &keys, &row)), name);
        }
        let key = json!({ "bucket": { "N": "1" }, "revocation": { "S": "soon" } });
        let mut row = key.clone();
        row["notice"] = json!({ "S": "theft" });
        assert_eq!(attribute_of(what("INSERT", &key, &row)), "user_id");
        row["user_id"] = json!({ "S": "u1" });
        assert_eq!(attribute_of(what("INSERT", &key, &row)), "revocation");
        let keys = json!({ "user_id": { "S": "u1" }, "session_key": { "S": "shop" } });
        assert_eq!(attribute_of(what("INSERT", &keys, &json!({}))), "session_key");
        assert_eq!(attribute_of(what("INSERT", &json!({ "mailbox": { "N": "1" } }), &json!({}))), "mailbox");
    }

    #[test]
    fn a_record_of_another_table_is_an_error() {
        for keys in [
            json!({}),
            json!({ "username": { "S": "ada" } }),
            json!({ "bucket": { "N": "1" } }),
            json!({ "user_id": { "S": "u1" }, "client_id": { "S": "shop" } }),
        ] {
            assert!(matches!(change("INSERT", &keys, &json!({})), Err(MailerError::Event)), "{keys}");
        }
    }

    #[test]
    fn only_an_equal_record_repeats_an_earlier_one() {
        let keys = json!({ "user_id": { "S": "u1" } });
        let record = |at| change("MODIFY", &keys, &user(at)).unwrap().unwrap();
        assert!(record(NOW).repeats(&record(NOW)));
        assert!(!record(NOW + 1).repeats(&record(NOW)));
        let sessions =
            json!({ "user_id": { "S": "u1" }, "session_key": { "S": format!("shop#{SESSION_ID}") } });
        let session = || change("INSERT", &sessions, &json!({})).unwrap().unwrap();
        assert!(session().repeats(&session()));
        assert!(!session().repeats(&record(NOW)));
    }
}
