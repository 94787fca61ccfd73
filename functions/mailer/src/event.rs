//! The events of the function: records of the tables' streams, and reports of SES by SNS.

use serde::Deserialize;
use serde_json::{Value, json};
use shared::clock::Timestamp;

use crate::{
    MailerError,
    change::{Change, StreamRecord},
    report::Report,
};

/// What an event says.
#[derive(Debug)]
pub(crate) enum Event {
    /// Rows changed.
    Changes(Vec<Change>),
    /// SES reports bounces and complaints.
    Reports(Vec<Report>),
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
    /// Reads an event. It leaves out the records that need no mail.
    pub(crate) fn parse(event: Value, now: Timestamp) -> Result<Self, MailerError> {
        let Envelope { records } = serde_json::from_value(event).map_err(|_| MailerError::Event)?;
        let (mut changes, mut reports) = (Vec::<Change>::new(), Vec::new());
        for record in records {
            match record {
                Record::Stream(record) => {
                    // An attempt reads the rows again, so one serves all records of a mailbox or of an event.
                    let change = Change::of_record(&record, now)?;
                    changes.extend(change.filter(|new| changes.iter().all(|known| !new.repeats(known))));
                }
                Record::Notification(Notification { sns }) => reports.push(Report::parse(&sns.message)?),
            }
        }
        Ok(if reports.is_empty() { Self::Changes(changes) } else { Self::Reports(reports) })
    }
}

/// The answer to a batch of a stream: the records that failed (`ReportBatchItemFailures`).
pub(crate) fn failures(sequence_numbers: &[String]) -> Value {
    let failure = |number: &String| json!({ "itemIdentifier": number });
    json!({ "batchItemFailures": sequence_numbers.iter().map(failure).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use mails::{EmailAddress, Mailbox, Purpose};

    use super::*;
    use crate::change::What;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

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
            record("INSERT", "user#abc", "1"),
            record("INSERT", "suppressed#abc", "1"),
            record("INSERT", ada.as_str(), "2"),
            record("REMOVE", mailbox("eve@example.com").as_str(), "3"),
            record("MODIFY", bob.as_str(), "4"),
            record("MODIFY", ada.as_str(), "5"),
        ] });
        let Event::Changes(changes) = Event::parse(batch, NOW).unwrap() else { panic!("changes") };
        let mailboxes: Vec<_> = changes
            .iter()
            .map(|change| match &change.what {
                What::Mailbox(mailbox) => (mailbox.clone(), &*change.sequence_number),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(mailboxes, [(ada, "2"), (bob, "4")]);
        assert_eq!(
            failures(&["2".to_owned(), "4".to_owned()]),
            json!({ "batchItemFailures": [{ "itemIdentifier": "2" }, { "itemIdentifier": "4" }] })
        );
    }

    #[test]
    fn other_events_are_errors() {
        for event in
            [json!({}), json!({ "Records": [{}] }), json!({ "Records": [{ "Sns": { "Message": "x" } }] })]
        {
            assert!(matches!(Event::parse(event, NOW), Err(MailerError::Event)));
        }
    }
}
