//! The spent part of a user name's guess budgets, for operators.

use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, StoreError},
};

use crate::{
    Credentials, Username,
    budget::{BLOCK_TTL, BUDGET, Budget, IN_A_ROW, MEMORY_TTL, SLOTS, SLOW_TTL, number},
};

/// The spent part of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The number of the devices' budget, from 1; `None` for the strangers'.
    pub slot: Option<u8>,
    /// Attempts that count at present, of [`BUDGET`].
    pub attempts: u64,
    /// Failures in a row, of [`IN_A_ROW`].
    pub in_a_row: u64,
    /// When the next attempt is allowed, if none comes before. `None`, if one is allowed now.
    pub locked_until: Option<Timestamp>,
}

impl Spent {
    /// The strangers' budget, and the devices' budgets that are partly spent.
    pub(crate) fn of(item: &Item, user_id: &UserId, now: Timestamp) -> Vec<Self> {
        let device = |slot| (Some(slot), Budget::Device { user_id: user_id.clone(), slot });
        let devices = (1..=SLOTS).map(device).map(|(slot, budget)| Self::of_one(item, slot, &budget, now));
        let devices = devices.filter(|spent| spent.attempts > 0 || spent.in_a_row > 0);
        std::iter::once(Self::of_one(item, None, &Budget::Strangers, now)).chain(devices).collect()
    }

    fn of_one(item: &Item, slot: Option<u8>, budget: &Budget, now: Timestamp) -> Self {
        // A counter outside 0..=BUDGET counts as spent, as it does for attempts.
        let count = |name: &str, most: u64| match item.get(name) {
            None => 0,
            Some(_) => number(item, name).unwrap_or(most).min(most),
        };
        let counts = budget.counters(now).map(|name| count(&name, BUDGET));
        // The counters of this block and of later blocks that include this one.
        let full = counts.iter().rposition(|attempts| *attempts >= BUDGET);
        let block = now.as_unix() / BLOCK_TTL;
        let by_time = full.map(|later| block.saturating_add(later as u64 + 1).saturating_mul(BLOCK_TTL));

        let last_at = number(item, &budget.last_at()).unwrap_or_default();
        let is_forgotten = now.as_unix() > last_at.saturating_add(MEMORY_TTL);
        let in_a_row = if is_forgotten { 0 } else { count(&budget.in_a_row(), IN_A_ROW) };
        let until = last_at.saturating_add(SLOW_TTL);
        let in_a_row_until = Some(until).filter(|until| in_a_row >= IN_A_ROW && *until > now.as_unix());
        Self {
            slot,
            attempts: counts.into_iter().max().unwrap_or_default(),
            in_a_row,
            locked_until: by_time.max(in_a_row_until).map(Timestamp::from_unix),
        }
    }
}

impl Credentials {
    /// Returns the spent part of this user name's budgets, the strangers' first. Empty, if the user name
    /// doesn't exist.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails or the item is malformed.
    pub async fn spent(
        &self,
        username: &Username,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Spent>, StoreError> {
        let item = self.item(username).await?;
        Ok(item.map(|item| Spent::of(&item, user_id, now)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};

    use super::*;
    use crate::WINDOW_TTL;

    const NOW: u64 = 1_000_000 * BLOCK_TTL;

    fn item(attributes: &[(String, u64)]) -> Item {
        attributes.iter().map(|(name, value)| (name.clone(), N(value.to_string()))).collect()
    }

    fn at(item: &Item, seconds: u64) -> Vec<Spent> {
        Spent::of(item, &UserId::parse("u1").unwrap(), Timestamp::from_unix(seconds))
    }

    /// Attempts in one block.
    fn attempts(budget: &Budget, count: u64) -> Item {
        let names = budget.counters(Timestamp::from_unix(NOW));
        item(&names.map(|name| (name, count)))
    }

    #[test]
    fn attempts_count_until_their_window_is_over() {
        let some = attempts(&Budget::Strangers, 3);
        assert_eq!(at(&some, NOW)[0], Spent { slot: None, attempts: 3, in_a_row: 0, locked_until: None });
        assert_eq!(at(&some, NOW + WINDOW_TTL - 1)[0].attempts, 3);
        assert_eq!(at(&some, NOW + WINDOW_TTL)[0].attempts, 0);
        let full = attempts(&Budget::Strangers, BUDGET);
        for seconds in [NOW, NOW + BLOCK_TTL, NOW + WINDOW_TTL - 1] {
            let until = at(&full, seconds)[0].locked_until;
            assert_eq!(until, Some(Timestamp::from_unix(NOW + WINDOW_TTL)), "{seconds}");
        }
        assert_eq!(at(&full, NOW + WINDOW_TTL)[0].locked_until, None);
    }

    #[test]
    fn a_hundred_in_a_row_leave_one_in_four_hours() {
        let row =
            |count| item(&[("guesses_in_a_row".to_owned(), count), ("guesses_last_at".to_owned(), NOW)]);
        assert_eq!(at(&row(99), NOW)[0].locked_until, None);
        let slow = &at(&row(IN_A_ROW), NOW + 1)[0];
        let in_four_hours = Timestamp::from_unix(NOW + 4 * 3600);
        assert_eq!((slow.in_a_row, slow.locked_until), (100, Some(in_four_hours)));
        assert_eq!(at(&row(IN_A_ROW), NOW + SLOW_TTL)[0].locked_until, None);
        assert_eq!(at(&row(IN_A_ROW), NOW + MEMORY_TTL)[0].in_a_row, 100);
        assert_eq!(at(&row(IN_A_ROW), NOW + MEMORY_TTL + 1)[0].in_a_row, 0);
        let of_a_device = item(&[("guesses3_in_a_row".to_owned(), 7), ("guesses3_last_at".to_owned(), NOW)]);
        let spent = Spent { slot: Some(3), attempts: 0, in_a_row: 7, locked_until: None };
        assert_eq!(at(&of_a_device, NOW)[1], spent);
    }

    #[test]
    fn devices_are_listed_where_something_is_spent_and_a_broken_counter_is_full() {
        let device = Budget::Device { user_id: UserId::parse("u1").unwrap(), slot: 3 };
        let spent = at(&attempts(&device, 1), NOW);
        assert_eq!(
            spent.iter().map(|spent| (spent.slot, spent.attempts)).collect::<Vec<_>>(),
            [(None, 0), (Some(3), 1)]
        );
        let mut broken = attempts(&Budget::Strangers, 1);
        for value in broken.values_mut() {
            *value = S("x".to_owned());
        }
        assert_eq!(at(&broken, NOW)[0].attempts, BUDGET);
        assert!(at(&broken, NOW)[0].locked_until.is_some());
    }
}
