//! Writes of new mails.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use shared::{
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    store::attribute,
};

use crate::{EmailAddress, Ticket};

/// The attributes that say what became of a mail. A new mail removes them.
const OF_DELIVERY: [&str; 5] =
    [attribute::GUESSES, attribute::LEASED_BY, attribute::LEASED_UNTIL, attribute::TAKEN, attribute::SENT_AT];

/// A mail that a write puts into the row of its mailbox, in place of the one before.
#[derive(Debug)]
pub(crate) struct NewRow<'a> {
    pub(crate) address: &'a EmailAddress,
    pub(crate) ticket: &'a Ticket,
    pub(crate) client_id: &'a ClientId,
    pub(crate) language: Language,
    pub(crate) user_id: Option<&'a UserId>,
    /// The claims of a new user, as JSON text.
    pub(crate) claims: Option<String>,
    pub(crate) asked_at: Option<Timestamp>,
    pub(crate) noticed_at: Option<Timestamp>,
    pub(crate) device: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// The expression of an update, less its first word `SET`, with its names and values.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) expression: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl NewRow<'_> {
    /// The changes of the row. They leave its counters: the latest requests, and the codes tried in a day.
    pub(crate) fn changes(&self) -> Changes {
        let id = self.ticket.id.to_text();
        let instant = |instant: Timestamp| N(instant.to_string());
        let text = |text: &str| S(text.to_owned());
        let attributes = [
            (attribute::ADDRESS, Some(text(self.address.as_str()))),
            (attribute::MAIL_ID, Some(text(&id))),
            (attribute::PURPOSE, Some(text(self.ticket.purpose.name()))),
            (attribute::CLIENT_ID, Some(text(self.client_id.as_str()))),
            (attribute::LANGUAGE, Some(text(self.language.tag()))),
            (attribute::MAIL_EXPIRES_AT, Some(instant(self.ticket.expires_at))),
            (attribute::UNSENT, Some(text(&id))),
            (attribute::EXPIRES_AT, Some(instant(self.now + self.ticket.purpose.row_ttl()))),
            (attribute::USER_ID, self.user_id.map(|user_id| text(user_id.as_str()))),
            (attribute::CLAIMS, self.claims.as_deref().map(text)),
            (attribute::ASKED_AT, self.asked_at.map(instant)),
            (attribute::NOTICED_AT, self.noticed_at.map(instant)),
            (attribute::DEVICE_NAME, self.device.map(text)),
        ];
        let (mut set, mut removed) = (Vec::new(), OF_DELIVERY.to_vec());
        for (name, value) in attributes {
            match value {
                Some(value) => set.push((name, value)),
                None => removed.push(name),
            }
        }
        let assignments: Vec<_> = set.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let removals: Vec<_> = removed.iter().map(|name| format!("#{name}")).collect();
        let names = set.iter().map(|(name, _)| *name).chain(removed);
        Changes {
            expression: format!("{} REMOVE {}", assignments.join(", "), removals.join(", ")),
            names: names.map(|name| (format!("#{name}"), name.to_owned())).collect(),
            values: set.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{MailId, Purpose};

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn changes(purpose: Purpose, user_id: Option<&UserId>, claims: Option<&str>) -> Changes {
        let address = EmailAddress::parse("Ada@example.com").unwrap();
        let row = NewRow {
            address: &address,
            ticket: &Ticket::new(purpose, &address, MailId::from_bytes([7; 16]), NOW),
            client_id: &ClientId::parse("shop").unwrap(),
            language: Language::English,
            user_id,
            claims: claims.map(str::to_owned),
            asked_at: user_id.map(|_| NOW),
            noticed_at: None,
            device: None,
            now: NOW,
        };
        row.changes()
    }

    fn set(changes: &Changes) -> BTreeSet<&str> {
        changes.values.keys().map(|name| name.trim_start_matches(':')).collect()
    }

    #[test]
    fn the_rows_of_sign_ups_and_resets_never_change() {
        for purpose in [Purpose::SignUp, Purpose::Reset] {
            let changes = changes(purpose, None, None);
            let names = "address client_id expires_at language mail_expires_at mail_id purpose unsent";
            assert_eq!(set(&changes), names.split(' ').collect());
            let value = |name: &str| changes.values[name].clone();
            assert_eq!(value(":address"), S("Ada@example.com".to_owned()));
            assert_eq!(value(":purpose"), S(purpose.name().to_owned()));
            assert_eq!(value(":mail_id"), S("BwcHBwcHBwcHBwcHBwcHBw".to_owned()));
            assert_eq!(value(":unsent"), value(":mail_id"));
            assert_eq!(value(":mail_expires_at"), N("1800003600".to_owned()));
            assert_eq!(value(":expires_at"), N("1800172800".to_owned()));
        }
    }

    #[test]
    fn a_new_mail_takes_nothing_over_but_the_counters() {
        let user_id = UserId::parse("u1").unwrap();
        let email = changes(Purpose::Email, Some(&user_id), None);
        assert!(set(&email).is_superset(&BTreeSet::from(["user_id", "asked_at"])));
        for changes in [email, changes(Purpose::Invitation, None, Some("{}"))] {
            let (set, removed) = changes.expression.split_once(" REMOVE ").unwrap();
            let set: BTreeSet<_> = set.split(", ").map(|part| part.split_once(" = ").unwrap().0).collect();
            let removed: BTreeSet<_> = removed.split(", ").collect();
            assert!(set.is_disjoint(&removed));
            let names: BTreeSet<_> = changes.names.keys().map(String::as_str).collect();
            assert_eq!(names, &set | &removed);
            assert!(!names.contains("#quota"));
            for gone in ["#guesses", "#leased_by", "#leased_until", "#taken", "#sent_at", "#device_name"] {
                assert!(removed.contains(gone), "{gone}");
            }
        }
    }
}
