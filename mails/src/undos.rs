//! The changes of a user's mail address that can still be undone.
//!
//! An undo ends its own change and all later ones, never an earlier one. So a thief who changes the address
//! twice, and undoes the second change, leaves the owner's undo of the first.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{self, L, S};
use shared::{
    clock::Timestamp,
    store::{CLOCK_TOLERANCE, Item, Row, StoreError, attribute},
};

use crate::{MailId, Purpose, mail_id};

/// How many changes can be undone at a time. More are refused: none may push another out.
const MOST: usize = 10;

const SECOND: Duration = Duration::from_secs(1);

/// The changes that can still be undone, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undos(Vec<Undo>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Undo {
    /// When the address changed, or some seconds later. Requests from before are void.
    at: Timestamp,
    /// The mail with the link that undoes it.
    id: MailId,
}

impl Undo {
    fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('#')?;
        let at = Timestamp::from_unix(at.parse().ok()?);
        (at < Timestamp::END).then_some(())?;
        Some(Self { at, id: MailId::parse(id)? })
    }

    fn to_text(self) -> String {
        format!("{}#{}", self.at, self.id.to_text())
    }

    /// When its link expires.
    fn over_at(&self) -> Timestamp {
        self.at + Purpose::Undo.ttl()
    }
}

impl Undos {
    /// The list after an operator gave the user another name: no change can be undone, and earlier
    /// requests for another address are void, as after a change by the user. A session with a new password
    /// begins with it, at `valid_from`, which may be some seconds ahead, and so do its requests.
    pub fn after_rename(now: Timestamp, valid_from: Timestamp) -> Self {
        // Instants are whole seconds: a request of this second may have come first.
        let at = valid_from.max(now + CLOCK_TOLERANCE) + SECOND;
        // All zeros, which no random identifier is: no mail's link undoes this.
        Self(vec![Undo { at, id: MailId::from_bytes([0; mail_id::LEN]) }])
    }

    /// Reads the list in a user's item.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the attribute is malformed.
    pub fn of(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Users", item);
        let undos = row.list(attribute::UNDOS)?.into_iter().map(Undo::parse).collect::<Option<_>>();
        undos.map(Self).ok_or_else(|| row.malformed(attribute::UNDOS))
    }

    /// The stored form. `None`, if the list is empty.
    pub fn to_value(&self) -> Option<AttributeValue> {
        (!self.0.is_empty()).then(|| L(self.0.iter().map(|undo| S(undo.to_text())).collect()))
    }

    /// The instant before which all requests for another address are void. 1970, if no change can be undone.
    pub fn latest(&self) -> Timestamp {
        self.0.iter().map(|undo| undo.at).max().unwrap_or_default()
    }

    /// Adds a change that the link of this mail undoes, and that was asked for at `asked_at`. If that is
    /// ahead (see [`Self::after_rename`]), other requests of this instant are void too.
    ///
    /// # Errors
    ///
    /// The time to wait, if as many as possible can still be undone.
    pub fn with(mut self, id: MailId, asked_at: Timestamp, now: Timestamp) -> Result<Self, Duration> {
        self.0.retain(|undo| now < undo.over_at());
        if let Some(oldest) = self.0.first().filter(|_| self.0.len() >= MOST) {
            return Err(oldest.over_at().since(now));
        }
        let at = if asked_at > now { asked_at + SECOND } else { now };
        self.0.push(Undo { at, id });
        Ok(self)
    }

    /// The changes before the one that the link of this mail undoes. `None`, if that can't be undone, or no
    /// longer.
    pub fn before(mut self, id: MailId) -> Option<Self> {
        let place = self.0.iter().position(|undo| undo.id == id)?;
        self.0.truncate(place);
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const DAYS_3: Duration = Duration::from_secs(72 * 3600);

    fn ids<const N: usize>() -> [MailId; N] {
        std::array::from_fn(|_| MailId::new(&SystemRandom::new()))
    }

    fn after(undos: &[MailId]) -> Undos {
        undos.iter().fold(Undos::default(), |all, id| all.with(*id, NOW, NOW).unwrap())
    }

    #[test]
    fn an_undo_ends_later_changes_and_no_earlier_one() {
        let [first, second, third] = ids();
        let all = after(&[first, second, third]);
        assert_eq!(all.clone().before(second), Some(after(&[first])));
        assert_eq!(after(&[first]).before(first), Some(Undos::default()));
        for gone in [second, third] {
            assert_eq!(after(&[first]).before(gone), None);
        }
        assert_eq!(all.before(ids::<1>()[0]), None);
    }

    #[test]
    fn an_undo_is_read_as_it_was_written_unless_its_instant_is_none() {
        let [id] = ids();
        let last = Undo { at: Timestamp::END - SECOND, id };
        assert_eq!(Undo::parse(&last.to_text()), Some(last));
        assert_eq!(Undo::parse(&Undo { at: Timestamp::END, id }.to_text()), None);
    }

    #[test]
    fn no_change_pushes_another_out() {
        let all = ids::<MOST>();
        let undos = after(&all);
        let id = ids::<1>()[0];
        assert_eq!(undos.clone().with(id, NOW, NOW + HOUR), Err(71 * HOUR));
        let later = undos.with(id, NOW, NOW + DAYS_3).unwrap();
        assert_eq!(later.latest(), NOW + DAYS_3);
        assert_eq!(later.clone().before(all[0]), None, "its link has expired");
        assert_eq!(later.before(id), Some(Undos::default()));
    }

    #[test]
    fn no_link_undoes_a_rename_and_no_undo_ends_its_mark() {
        let ahead = NOW + HOUR;
        assert!(Undos::after_rename(NOW, NOW).latest() > NOW);
        assert!(Undos::after_rename(NOW, ahead).latest() > ahead);
        let renamed = Undos::after_rename(NOW, Timestamp::default());
        let id = ids::<1>()[0];
        let later = renamed.clone().with(id, NOW, NOW + HOUR).unwrap();
        assert_eq!(later.before(id), Some(renamed.clone()));
        let item = Item::from([("undos".to_owned(), renamed.to_value().unwrap())]);
        assert_eq!(Undos::of(&item).unwrap(), renamed);
    }

    #[test]
    fn a_change_voids_the_requests_of_its_instant_if_that_is_ahead() {
        let [first, second] = ids();
        let ahead = NOW + Duration::from_secs(15);
        let changed = Undos::default().with(first, ahead, NOW).unwrap();
        assert!(changed.latest() > ahead);
        let again = changed.clone().with(second, NOW, NOW).unwrap();
        assert_eq!(again.latest(), changed.latest(), "a later change takes nothing back");
        assert_eq!(Undos::default().with(first, NOW, NOW).unwrap().latest(), NOW);
    }

    #[test]
    fn the_stored_form_is_read_again() {
        let undos = after(&ids::<3>());
        let item = Item::from([("undos".to_owned(), undos.to_value().unwrap())]);
        assert_eq!(Undos::of(&item).unwrap(), undos);
        assert_eq!(Undos::of(&Item::new()).unwrap(), Undos::default());
        assert_eq!(Undos::default().to_value(), None);
        assert_eq!(Undos::default().latest(), Timestamp::default());
        for bad in [
            "",
            "1800000000",
            "x#AAAAAAAAAAAAAAAAAAAAAA",
            "1800000000#A",
            "1800000000000#AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let item = Item::from([("undos".to_owned(), L(vec![S(bad.to_owned())]))]);
            assert!(Undos::of(&item).is_err(), "{bad}");
        }
    }
}
