//! Leases of mails that wait to be sent.

use std::time::Duration;

use shared::{
    clock::Timestamp,
    store::{CLOCK_TOLERANCE, Item, Row, StoreError, attribute},
};

use crate::Outgoing;

/// How long a delivery may take: longer than a call of the mailer.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(60);
/// The longest time that a lease of another delivery has left, by clocks that differ.
pub(crate) const LONGEST_LEASE: Duration =
    Duration::from_secs(LEASE_TTL.as_secs() + 2 * CLOCK_TOLERANCE.as_secs());

/// The outcome of taking a mail from the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// The caller sends it, and no other delivery does for a minute.
    Taken(Box<Outgoing>),
    /// Another delivery sends it at present, or has failed less than a minute ago. Try again later.
    Held,
    /// No mail waits: it is sent already.
    Nothing,
}

impl Lease {
    /// Reads a row after the update that takes its mail, or a row that refused it.
    pub(crate) fn of_item(item: &Item, mark: &str, now: Timestamp) -> Result<Self, StoreError> {
        let row = Row::new("Mails", item);
        if !item.contains_key(attribute::UNSENT) {
            return Ok(Self::Nothing);
        }
        // Also if the update was refused: the SDK repeats one whose answer was lost, and it counts only once.
        if item.get(attribute::LEASED_BY).is_some_and(|by| by.as_s().is_ok_and(|by| by == mark)) {
            return Ok(Self::Taken(Box::new(Outgoing::from_item(item)?)));
        }
        match row.optional_instant(attribute::LEASED_UNTIL)? {
            Some(until) if until <= now + LONGEST_LEASE && until > now => Ok(Self::Held),
            Some(until) if until > now => Err(row.malformed(attribute::LEASED_UNTIL)),
            // The lease is over, so it was the count that refused.
            _ => Err(row.malformed(attribute::TAKEN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};

    use super::*;
    use crate::{EmailAddress, Purpose};

    const NOW: u64 = 1_800_000_000;

    fn item(changes: &[(&str, Option<AttributeValue>)]) -> Item {
        let mailbox = EmailAddress::parse("a@b").unwrap().mailbox(Purpose::Reset);
        let id = S("AAAAAAAAAAAAAAAAAAAAAA".to_owned());
        let attributes = [
            ("mailbox", S(mailbox.as_str().to_owned())),
            ("address", S("a@b".to_owned())),
            ("purpose", S("reset".to_owned())),
            ("mail_id", id.clone()),
            ("unsent", id),
            ("client_id", S("shop".to_owned())),
            ("language", S("en".to_owned())),
            ("mail_expires_at", number(NOW + 3600)),
            ("leased_by", S("mine".to_owned())),
            ("leased_until", number(NOW + 60)),
            ("taken", number(1)),
        ];
        let mut item: Item = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in changes {
            match value {
                Some(value) => item.insert((*name).to_owned(), value.clone()),
                None => item.remove(*name),
            };
        }
        item
    }

    fn number(number: u64) -> AttributeValue {
        N(number.to_string())
    }

    fn lease_of(changes: &[(&str, Option<AttributeValue>)]) -> Result<Lease, &'static str> {
        Lease::of_item(&item(changes), "mine", Timestamp::from_unix(NOW)).map_err(|error| match error {
            StoreError::Malformed { attribute, .. } => attribute,
            StoreError::Unavailable { operation, .. } => operation,
        })
    }

    #[test]
    fn a_lease_is_the_callers_or_anothers_or_none() {
        assert!(matches!(lease_of(&[]), Ok(Lease::Taken(mail)) if mail.taken == 1 && mail.mark == "mine"));
        let other = ("leased_by", Some(S("other".to_owned())));
        for seconds in [1, 60, 70] {
            let until = ("leased_until", Some(number(NOW + seconds)));
            assert_eq!(lease_of(&[other.clone(), until]), Ok(Lease::Held), "{seconds}");
        }
        assert_eq!(lease_of(&[("unsent", None)]), Ok(Lease::Nothing));
        assert_eq!(Lease::of_item(&Item::new(), "mine", Timestamp::from_unix(NOW)).unwrap(), Lease::Nothing);
    }

    #[test]
    fn a_malformed_row_is_never_a_lease_that_is_waited_for() {
        let other = ("leased_by", Some(S("other".to_owned())));
        for (until, attribute) in [
            (Some(number(NOW + 71)), "leased_until"),
            (Some(number(NOW * 1000)), "leased_until"),
            (Some(S("soon".to_owned())), "leased_until"),
            (Some(number(NOW)), "taken"),
            (None, "taken"),
        ] {
            let until = ("leased_until", until);
            assert_eq!(lease_of(&[other.clone(), until.clone()]), Err(attribute), "{until:?}");
        }
        for name in ["address", "purpose", "client_id", "language", "mail_expires_at", "taken"] {
            assert_eq!(lease_of(&[(name, None)]), Err(name));
        }
    }
}
