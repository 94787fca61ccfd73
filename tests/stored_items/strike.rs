//! Damages each attribute in each way, calls each function, and checks its answer, its writes and its log.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::attribute;

use super::{
    answer::Answer,
    damage::{Damage, damages},
    operation::Operation,
    row::{Expected, IN_A_ROW, LAST_AT, Row, expected, is_of_attempts, name_in_rows},
    stage::Stage,
};
use crate::harness::{Api, Log, SCALE, Stored};

/// The table of the damaged item, and its key's attributes: an item with another key is another item.
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) key: &'static [&'static str],
    /// Whether the functions cache the item.
    pub(super) is_cached: bool,
}

/// One damage to one attribute of one item.
struct Strike<'a> {
    stage: &'a Stage,
    table: &'a Table,
    attribute: &'a str,
    damage: Damage,
}

impl Stage {
    /// Damages every stored attribute of the item. It takes them from the item itself, so an attribute without a row
    /// fails the test.
    pub(super) async fn strike<const N: usize>(
        &self,
        table: &Table,
        operations: [Operation; N],
        rows: &[Row<N>],
    ) {
        let item = self.item(table.id).clone();
        let (mut struck, mut rows_seen) = (BTreeSet::new(), 0..);
        for (attribute, value) in item.iter().filter(|(name, _)| !table.key.contains(&name.as_str())) {
            for damage in SCALE.cells(rows_seen.next().unwrap(), damages(value)) {
                let expected = expected(rows, attribute, damage.kind);
                let strike = Strike { stage: self, table, attribute, damage };
                strike.spoil().await;
                let asked = operations.into_iter().zip(expected).collect();
                for (operation, expected) in SCALE.cells(rows_seen.next().unwrap(), asked) {
                    strike.ask(operation, expected).await;
                }
            }
            struck.insert(name_in_rows(attribute));
        }
        let with_row: BTreeSet<_> = rows.iter().map(|row| row.0).collect();
        assert_eq!(struck, with_row, "the attributes of {}, and those that have rows", table.id);
        self.api.restore(&self.stored).await;
    }
}

impl Strike<'_> {
    /// Stores the damaged item, and restores all others.
    async fn spoil(&self) {
        self.stage.api.restore(&self.spoiled()).await;
    }

    fn spoiled(&self) -> Stored {
        self.stage.with_attribute(self.table.id, self.attribute, self.damage.value.as_ref())
    }

    async fn ask(&self, operation: Operation, expected: Expected) {
        let Self { stage, table, attribute, damage } = self;
        let what = format!("{} {attribute} {damage:?}: {operation:?}, {expected:?}", table.id);
        let (log, guard) = Log::listen();
        let answer = if table.is_cached {
            operation.ask(&stage.api.restarted().await, stage).await
        } else {
            operation.ask(&stage.api, stage).await
        };
        drop(guard);
        self.assert_answer(&answer, expected, &format!("{what}: {answer:?}"));
        self.assert_log(&log.text(), expected, &what);
        if expected != Expected::Serves {
            self.assert_stored(operation, expected, &what).await;
        }
        let unchanged = [Expected::Fails, Expected::Refuses, Expected::LeavesOut, Expected::GivesNothing];
        if !unchanged.contains(&expected) {
            self.spoil().await;
        }
    }

    async fn assert_stored(&self, operation: Operation, expected: Expected, what: &str) {
        let (after, spoiled) = (self.stage.api.stored().await, self.spoiled());
        match expected {
            Expected::Serves => {}
            Expected::Fails | Expected::Refuses | Expected::LeavesOut | Expected::GivesNothing => {
                assert!(is_same(&forgiven(after), &forgiven(spoiled)), "{what}: nothing changes");
            }
            Expected::RefusesUsed => {
                assert!(!is_same(&after, &spoiled), "{what}: it was used up");
                assert!(is_same(&unused(after), &unused(spoiled)), "{what}: nothing else changes");
            }
            Expected::RefusesEnded => {
                let now = self.stage.api.clock.unix();
                let mut expected = alive(spoiled, now);
                let sessions = expected.get_mut("SessionsTable").unwrap();
                let before = sessions.len();
                let sid = self.stage.pages().sid();
                sessions.retain(|session| !session[attribute::SESSION_KEY].as_s().unwrap().ends_with(&sid));
                assert_eq!(sessions.len(), before - 1, "{what}: it was there");
                assert!(is_same(&alive(after, now), &expected), "{what}: it ends, and nothing else changes");
            }
            Expected::RefusesBarred => {
                let now = self.stage.api.clock.unix();
                assert!(is_same(&alive(after, now), &alive(spoiled, now)), "{what}: nothing else changes");
            }
            Expected::FailsAside => {
                let mut after = after;
                let codes = &spoiled["CodesTable"];
                after.get_mut("CodesTable").unwrap().retain(|code| codes.contains(code));
                assert!(is_same(&after, &spoiled), "{what}: nothing else changes");
            }
            Expected::FailsCounted | Expected::RefusesCounted => {
                assert!(!is_same(&after, &spoiled), "{what}: it was counted");
                assert!(is_same(&uncounted(after), &uncounted(spoiled)), "{what}: nothing else changes");
            }
            Expected::FailsRotated => self.assert_mendable(operation, after, what).await,
        }
    }

    fn assert_answer(&self, answer: &Answer, expected: Expected, what: &str) {
        match expected {
            Expected::Serves => assert!((200..300).contains(&answer.status), "{what}"),
            Expected::LeavesOut => {
                assert_eq!(answer.status, 200, "{what}");
                assert!(!answer.body.to_string().contains(&self.stage.id), "{what}");
            }
            Expected::GivesNothing => assert!([400, 500].contains(&answer.status), "{what}"),
            Expected::Refuses
            | Expected::RefusesCounted
            | Expected::RefusesUsed
            | Expected::RefusesEnded
            | Expected::RefusesBarred => {
                assert!([400, 401].contains(&answer.status), "{what}");
            }
            Expected::Fails | Expected::FailsCounted | Expected::FailsRotated | Expected::FailsAside => {
                assert!([500, 503].contains(&answer.status), "{what}");
            }
        }
    }

    /// Asserts that the log explains a failure, contains no secret, and shows no hidden panic.
    fn assert_log(&self, log: &str, expected: Expected, what: &str) {
        let explains = ["malformed", "password_hash_unusable", "unusable", "ValidationException"]
            .iter()
            .any(|word| log.contains(word));
        match expected {
            Expected::Serves
            | Expected::Refuses
            | Expected::RefusesCounted
            | Expected::RefusesUsed
            | Expected::RefusesEnded
            | Expected::RefusesBarred
            | Expected::GivesNothing => {}
            Expected::Fails
            | Expected::FailsCounted
            | Expected::FailsRotated
            | Expected::FailsAside
            | Expected::LeavesOut => {
                assert!(log.contains(r#""level":"ERROR""#) && explains, "{what}: {log}");
            }
        }
        assert!(!log.contains("hashing_failed"), "{what}: {log}");
        for secret in self.stage.secrets() {
            assert!(!log.contains(secret), "{what}: {log}");
        }
    }

    /// Asserts that no session is lost: once the attribute is restored, the same request succeeds.
    async fn assert_mendable(&self, operation: Operation, mut after: Stored, what: &str) {
        let Self { stage, table, attribute, .. } = self;
        let item = stage.item(table.id);
        let is_it = |other: &&mut super::stage::Item| table.key.iter().all(|key| other[*key] == item[*key]);
        let spoiled = after.get_mut(table.id).unwrap().iter_mut().find(is_it).unwrap();
        spoiled.insert((*attribute).to_owned(), item[*attribute].clone());
        let sessions = after["SessionsTable"].iter();
        let is_marked = |name: &str| sessions.clone().any(|session| session.contains_key(name));
        assert!(is_marked(attribute::UNDELIVERED), "{what}");
        stage.api.restore(&after).await;
        stage.api.clock.advance(1000);
        let answer = operation.ask(&stage.api, stage).await;
        assert_eq!(answer.status, 200, "{what}, mended: {answer:?}");
        stage.api.clock.set(stage.api.clock.unix() - 1000);
    }
}

/// Whether both have the same items, in any order.
fn is_same(one: &Stored, other: &Stored) -> bool {
    one.iter().all(|(table, items)| {
        items.len() == other[table].len() && items.iter().all(|item| other[table].contains(item))
    })
}

/// The items without the failures in a row. A correct password forgives these, whatever fails afterwards.
fn forgiven(mut stored: Stored) -> Stored {
    for item in stored.values_mut().flatten() {
        item.retain(|name, _| ![IN_A_ROW, LAST_AT].contains(&name.as_str()));
    }
    stored
}

/// The items without attempt counters, and without rows that only have those.
fn uncounted(mut stored: Stored) -> Stored {
    stored.get_mut("CredentialsTable").unwrap().retain(|item| item.contains_key(attribute::USER_ID));
    for item in stored.values_mut().flatten() {
        item.retain(|name, _| !is_of_attempts(name));
    }
    stored
}

/// The items without the marks of a code's use.
fn unused(mut stored: Stored) -> Stored {
    for code in stored.get_mut("CodesTable").unwrap() {
        code.retain(|name, _| ![attribute::REDEEMED_BY, attribute::REDEEMER].contains(&name.as_str()));
    }
    stored
}

/// The items without the denylist, expired sessions, and the users of codes.
fn alive(mut stored: Stored, now: u64) -> Stored {
    stored.remove("RevocationsTable");
    for code in stored.get_mut("CodesTable").unwrap() {
        code.remove(attribute::REDEEMER);
    }
    let is_over = |end: &AttributeValue| end.as_n().unwrap().parse::<u64>().unwrap() <= now;
    let sessions = stored.get_mut("SessionsTable").unwrap();
    sessions.retain(|session| !is_over(&session[attribute::ABSOLUTE_EXPIRES_AT]));
    stored
}

/// The names of all attributes in the code.
pub(super) fn names() -> BTreeSet<&'static str> {
    let constants = include_str!("../../shared/src/store/attribute.rs").lines();
    constants.filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1)).collect()
}

/// A deployment whose authorizer uses the denylist.
pub(super) async fn with_denylist() -> Api {
    Api::with(|parameters| parameters.with("RevocationCheck", "denylist")).await
}
