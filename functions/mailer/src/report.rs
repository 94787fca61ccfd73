//! Reports of SES about bounces and complaints.

use mails::{EmailAddress, Suppression};
use serde::Deserialize;

use crate::MailerError;

/// A report about mails that were sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Why the addresses get no more mails; `None`: they do.
    pub(crate) suppression: Option<Suppression>,
    /// The addresses that the report is about.
    pub(crate) addresses: Vec<EmailAddress>,
}

/// The message of a configuration set (`eventType`) or of an identity (`notificationType`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(alias = "notificationType")]
    event_type: String,
    #[serde(default)]
    bounce: Bounce,
    #[serde(default)]
    complaint: Complaint,
    mail: Sent,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
}

#[derive(Deserialize)]
struct Sent {
    destination: Vec<String>,
}

/// The start of the message by which SES tests the topic, whenever a configuration set is given one.
const TEST: &str = "Successfully validated SNS topic";

impl Report {
    /// Parses a message. The addresses are those that the mail was sent to: the list of recipients that
    /// bounced may have others, to which theirs forward.
    pub(crate) fn parse(message: &str) -> Result<Self, MailerError> {
        if message.starts_with(TEST) {
            return Ok(Self { suppression: None, addresses: Vec::new() });
        }
        let Message { event_type, bounce, complaint, mail } =
            serde_json::from_str(message).map_err(|_| MailerError::Event)?;
        let suppression = match &*event_type {
            // Others, such as a full mailbox, may be over soon.
            "Bounce" => (bounce.bounce_type == "Permanent").then_some(Suppression::Bounce),
            // A reader who says that the mail is no spam complains about nothing.
            "Complaint" => (complaint.complaint_feedback_type.as_deref() != Some("not-spam"))
                .then_some(Suppression::Complaint),
            _ => None,
        };
        let addresses = mail.destination.iter().filter_map(|address| EmailAddress::parse(address)).collect();
        Ok(Self { suppression, addresses })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn suppression(message: &Value) -> Option<Suppression> {
        let mut message = message.clone();
        message["mail"] = json!({ "messageId": "m1", "destination": ["ada@example.com"] });
        let report = Report::parse(&message.to_string()).unwrap();
        assert_eq!(report.addresses, [EmailAddress::parse("ada@example.com").unwrap()]);
        report.suppression
    }

    #[test]
    fn a_permanent_bounce_and_a_complaint_end_the_mails_to_an_address() {
        for (name, value) in [("eventType", "Bounce"), ("notificationType", "Bounce")] {
            let bounce = |kind: &str| suppression(&json!({ name: value, "bounce": { "bounceType": kind } }));
            assert_eq!(bounce("Permanent"), Some(Suppression::Bounce));
            assert_eq!(bounce("Transient"), None);
            assert_eq!(bounce("Undetermined"), None);
        }
        let complaint =
            |complaint: Value| suppression(&json!({ "eventType": "Complaint", "complaint": complaint }));
        assert_eq!(complaint(json!({})), Some(Suppression::Complaint));
        assert_eq!(complaint(json!({ "complaintFeedbackType": "abuse" })), Some(Suppression::Complaint));
        assert_eq!(complaint(json!({ "complaintFeedbackType": "not-spam" })), None);
        assert_eq!(suppression(&json!({ "eventType": "Delivery" })), None);
    }

    #[test]
    fn a_test_of_the_topic_is_no_error_and_other_messages_are() {
        let test = Report::parse("Successfully validated SNS topic for Amazon SES event publishing.");
        assert_eq!(test.unwrap(), Report { suppression: None, addresses: Vec::new() });
        for message in ["", "{}", "Successfully"] {
            assert!(Report::parse(message).is_err(), "{message}");
        }
    }
}
