//! The events of the function: records of the outbox's stream, and reports of SES by SNS.

use mails::Mailbox;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{MailerError, report::Report};

/// What an event says.
#[derive(Debug)]
pub(crate) enum Event {
    /// Rows of the outbox changed.
    Changes(Vec<Change>),
    /// SES reports bounces and complaints.
    Reports(Vec<Report>),
}

/// A mailbox whose row changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) mailbox: Mailbox,
    /// Of the first record of the mailbox. Lambda repeats a batch from the first record that failed.
    pub(crate) sequence_number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Stream(StreamRecord),
    Notification(Notification),
}

/// A record of a stream that carries keys only.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRecord {
    event_name: String,
    dynamodb: Position,
}

/// The row and the place in the stream.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    keys: Keys,
    sequence_number: String,
}

#[derive(Deserialize)]
struct Keys {
    mailbox: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    s: String,
}

/// A notification of SNS. Its message is JSON as text.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    sns: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message: String,
}

impl Event {
    pub(crate) fn parse(event: Value) -> Result<Self, MailerError> {
        let Envelope { records } = serde_json::from_value(event).map_err(|_| MailerError::Event)?;
        let (mut changes, mut reports) = (Vec::<Change>::new(), Vec::new());
        for record in records {
            match record {
                Record::Stream(record) => {
                    // A mail is read from its row, so one attempt serves all records of a mailbox.
                    let change = record.change();
                    changes.extend(
                        change.filter(|new| changes.iter().all(|known| known.mailbox != new.mailbox)),
                    );
                }
                Record::Notification(Notification { sns }) => reports.push(Report::parse(&sns.message)?),
            }
        }
        Ok(if reports.is_empty() { Self::Changes(changes) } else { Self::Reports(reports) })
    }
}

impl StreamRecord {
    /// The mailbox whose row changed. `None`, if the row is gone, counts the requests of a
    /// network, or stops the mails to an address.
    fn change(self) -> Option<Change> {
        let Self { event_name, dynamodb: Position { keys, sequence_number } } = self;
        let mailbox = Mailbox::parse(&keys.mailbox.s).filter(|_| event_name != "REMOVE")?;
        Some(Change { mailbox, sequence_number })
    }
}

/// The answer to a batch of a stream: the records that failed (`ReportBatchItemFailures`).
pub(crate) fn failures(changes: &[Change]) -> Value {
    let failure = |change: &Change| json!({ "itemIdentifier": change.sequence_number });
    json!({ "batchItemFailures": changes.iter().map(failure).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use mails::{EmailAddress, Purpose};

    use super::*;

    fn mailbox(address: &str) -> Mailbox {
        EmailAddress::parse(address).unwrap().mailbox(Purpose::Reset)
    }

    fn record(name: &str, key: &str, number: &str) -> Value {
        json!({
            "eventName": name,
            "eventSource": "aws:dynamodb",
            "dynamodb": { "Keys": { "mailbox": { "S": key } }, "SequenceNumber": number },
        })
    }

    #[test]
    fn a_batch_names_each_mailbox_once_by_its_first_record() {
        let (ada, bob) = (mailbox("ada@example.com"), mailbox("bob@example.com"));
        let batch = json!({ "Records": [
            record("INSERT", "network#abc", "1"),
            record("INSERT", "suppressed#abc", "1"),
            record("INSERT", ada.as_str(), "2"),
            record("REMOVE", mailbox("eve@example.com").as_str(), "3"),
            record("MODIFY", bob.as_str(), "4"),
            record("MODIFY", ada.as_str(), "5"),
        ] });
        let Event::Changes(changes) = Event::parse(batch).unwrap() else { panic!("changes") };
        let change = |mailbox: &Mailbox, sequence_number: &str| Change {
            mailbox: mailbox.clone(),
            sequence_number: sequence_number.to_owned(),
        };
        assert_eq!(changes, [change(&ada, "2"), change(&bob, "4")]);
        assert_eq!(
            failures(&changes),
            json!({ "batchItemFailures": [{ "itemIdentifier": "2" }, { "itemIdentifier": "4" }] })
        );
    }

    #[test]
    fn other_events_are_errors() {
        for event in
            [json!({}), json!({ "Records": [{}] }), json!({ "Records": [{ "Sns": { "Message": "x" } }] })]
        {
            assert!(matches!(Event::parse(event), Err(MailerError::Event)));
        }
    }
}
