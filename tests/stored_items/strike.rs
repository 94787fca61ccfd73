//! Spoils each attribute in each way, asks each function, and looks at what it said, stored and logged.

use std::collections::BTreeSet;

use shared::store::attribute;

use super::{
    damage::{Damage, damages},
    operation::{Answer, Operation},
    row::{Expected, Row, expected, is_of_attempts, name_in_rows},
    stage::Stage,
};
use crate::harness::{Api, Log, SCALE, Stored};

/// Where the spoiled item is, and of what its key is made: an item with another key is another item.
pub(super) struct Table {
    pub(super) id: &'static str,
    pub(super) key: &'static [&'static str],
    /// Whether the functions remember the item for a while.
    pub(super) is_cached: bool,
}

/// One attribute of one item, spoiled in one way.
struct Strike<'a> {
    stage: &'a Stage,
    table: &'a Table,
    attribute: &'a str,
    damage: Damage,
}

impl Stage {
    /// Every attribute of the item that is stored, not of a list: one without a row fails the test.
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
    /// Stores the spoiled item, and everything else as it was.
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
        if ![Expected::Fails, Expected::Refuses, Expected::LeavesOut].contains(&expected) {
            self.spoil().await;
        }
    }

    async fn assert_stored(&self, operation: Operation, expected: Expected, what: &str) {
        let (after, spoiled) = (self.stage.api.stored().await, self.spoiled());
        match expected {
            Expected::Serves => {}
            Expected::Fails | Expected::Refuses | Expected::LeavesOut => {
                assert!(is_same(&after, &spoiled), "{what}: nothing changes");
            }
            Expected::FailsCounted | Expected::RefusesCounted => {
                assert!(!is_same(&after, &spoiled), "{what}: it was counted");
                assert!(is_same(&uncounted(after), &uncounted(spoiled)), "{what}: nothing else changes");
            }
            Expected::FailsRotated => self.assert_mendable(operation, after, what).await,
        }
    }

    fn assert_answer(&self, answer: &Answer, expected: Expected, what: &str) {
        let id = crate::harness::claims(&self.stage.tokens.access)["sid"].as_str().unwrap().to_owned();
        match expected {
            Expected::Serves => assert!((200..300).contains(&answer.status), "{what}"),
            Expected::LeavesOut => {
                assert_eq!(answer.status, 200, "{what}");
                assert!(!answer.body.to_string().contains(&id), "{what}");
            }
            Expected::Refuses | Expected::RefusesCounted => {
                assert!([400, 401].contains(&answer.status), "{what}");
            }
            Expected::Fails | Expected::FailsCounted | Expected::FailsRotated => {
                assert!([500, 503].contains(&answer.status), "{what}");
            }
        }
    }

    /// A failure is explained, nothing that is secret is said, and nothing panicked where nobody would hear it.
    fn assert_log(&self, log: &str, expected: Expected, what: &str) {
        let explains =
            ["malformed", "password_hash_unusable", "unusable"].iter().any(|word| log.contains(word));
        match expected {
            Expected::Serves | Expected::Refuses | Expected::RefusesCounted => {}
            Expected::Fails | Expected::FailsCounted | Expected::FailsRotated | Expected::LeavesOut => {
                assert!(log.contains(r#""level":"ERROR""#) && explains, "{what}: {log}");
            }
        }
        assert!(!log.contains("hashing_failed"), "{what}: {log}");
        for secret in self.stage.secrets() {
            assert!(!log.contains(secret), "{what}: {log}");
        }
    }

    /// No session is lost: when the attribute is as it was, the same request again is answered.
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

/// Whether the same items are in the same tables, in whichever order.
fn is_same(one: &Stored, other: &Stored) -> bool {
    one.iter().all(|(table, items)| {
        items.len() == other[table].len() && items.iter().all(|item| other[table].contains(item))
    })
}

/// The same without what counts attempts, and without the rows that do nothing else.
fn uncounted(mut stored: Stored) -> Stored {
    stored.get_mut("CredentialsTable").unwrap().retain(|item| item.contains_key(attribute::USER_ID));
    for item in stored.values_mut().flatten() {
        item.retain(|name, _| !is_of_attempts(name));
    }
    stored
}

/// The names of all attributes, as the code has them.
pub(super) fn names() -> BTreeSet<&'static str> {
    let constants = include_str!("../../shared/src/store/attribute.rs").lines();
    constants.filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1)).collect()
}

/// A deployment whose authorizer asks the denylist.
pub(super) async fn with_denylist() -> Api {
    Api::with(|parameters| parameters.with("RevocationCheck", "denylist")).await
}
