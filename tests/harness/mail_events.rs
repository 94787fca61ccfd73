//! The events that reach the mailer: records of the outbox's stream, and reports of bounces and complaints.

use serde_json::{Value, json};

/// The kinds of change that a stream reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Insert,
    Modify,
    Remove,
}

impl Change {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// Records of the rows with these keys. As in the stack, they carry the key alone (`KEYS_ONLY`). The sequence numbers
/// are 1, 2 and so on.
pub(crate) fn stream_event<'a>(changes: impl IntoIterator<Item = (Change, &'a str)>) -> Value {
    let records = changes.into_iter().zip(1..).map(|((change, mailbox), number)| {
        json!({
            "eventID": format!("event-{number}"),
            "eventName": change.name(),
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_790_000_000,
                "Keys": { "mailbox": { "S": mailbox } },
                "SequenceNumber": sequence_number(number),
                "SizeBytes": 50,
                "StreamViewType": "KEYS_ONLY",
            },
            "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/Mails/stream/2026-01-01T00:00:00.000",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// The sequence number of the record with this number.
pub(crate) fn sequence_number(number: usize) -> String {
    format!("{number:021}")
}

/// A report of SES by SNS: an event of this type about a mail to this address, with the event's own members. The message
/// is JSON in a text.
pub(crate) fn report(event_type: &str, address: &str, details: Value) -> Value {
    let mut message = json!({
        "eventType": event_type,
        "mail": {
            "timestamp": "2026-11-30T12:00:00.000Z",
            "source": "latchgate@example.com",
            "messageId": "0102018f-0000",
            "destination": [address],
            "headersTruncated": false,
            "commonHeaders": { "from": ["latchgate@example.com"], "to": [address], "subject": "A mail" },
            "tags": { "ses:configuration-set": ["latchgate"] },
        },
    });
    message[event_type.to_ascii_lowercase()] = details;
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:MailEvents:1f2e3d",
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:MailEvents",
            "Subject": "Amazon SES Email Event Notification",
            "Message": message.to_string(),
            "Timestamp": "2026-11-30T12:00:00.000Z",
            "MessageAttributes": {},
        },
    }] })
}

/// A bounce of this type: `Permanent`, `Transient` or `Undetermined`.
pub(crate) fn bounce(bounce_type: &str, address: &str) -> Value {
    let details = json!({
        "feedbackId": "0102018f-0001",
        "bounceType": bounce_type,
        "bounceSubType": "General",
        "bouncedRecipients": [{
            "emailAddress": address,
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }],
        "timestamp": "2026-11-30T12:00:01.000Z",
        "reportingMTA": "dsn; a.example.com",
    });
    report("Bounce", address, details)
}

/// A complaint of this address's owner.
pub(crate) fn complaint(address: &str) -> Value {
    let details = json!({
        "feedbackId": "0102018f-0002",
        "complainedRecipients": [{ "emailAddress": address }],
        "complaintFeedbackType": "abuse",
        "timestamp": "2026-11-30T12:00:01.000Z",
    });
    report("Complaint", address, details)
}
