//! Damaged rows of the outbox: they give no link to anybody, change no account, and hold up no other mail.

use std::collections::BTreeSet;

use shared::{
    route,
    store::attribute::{
        ADDRESS, CLIENT_ID, DAY_GUESSES, EXPIRES_AT, GUESSES, LANGUAGE, LEASED_BY, LEASED_UNTIL,
        MAIL_EXPIRES_AT, MAIL_ID, MAILBOX, PURPOSE, QUOTA, SENT_AT, SUPPRESSED, TAKEN, UNSENT,
    },
};

use super::{
    damage::{
        Damage,
        Kind::{self, Absent, Beyond, Empty, Fraction, Milliseconds, Mistyped, Mixed, Negative, Unknown},
        NUMBERS, TEXTS, damages,
    },
    stage::Item,
};
use crate::harness::{
    Api, CHOSEN, Change, GRACE, GRACE_ID, GRACES_PASSWORD, Log, Post, SCALE, Stored, bounce, link_of,
    nothing_failed, number, stream_event, text, with_mail, wrong_code,
};

/// The key.
pub(super) const KEY: [&str; 1] = [MAILBOX];

/// The outcome of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Success: the attribute decides nothing, or is replaced.
    Works,
    /// A refusal, as if the row said so. A delivery sends nothing.
    Refused,
    /// A server error. A delivery sends nothing, and isn't repeated either: the row stays as it is, and the records
    /// behind it would wait.
    Failed,
    /// One of these, depending on the form of the text. No account changes.
    Aside,
}

use Expected::{Aside, Failed, Refused, Works};

/// An operation that reads the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Resend,
    /// With the mail's link.
    Reset,
    Deliver,
}

const OPERATIONS: [Operation; 3] = [Operation::Resend, Operation::Reset, Operation::Deliver];

/// An attribute, its damage, the outcome of each operation, and the reason.
struct Row(&'static str, &'static [Kind], [Expected; 3], &'static str);

const READ: &str = "whose mail it is, and what it says";
const OF_TICKET: &str = "a link says it itself, and the mailer makes the link of it";

const ROWS: &[Row] = &[
    Row(ADDRESS, &[Absent, Mistyped, Empty, Unknown], [Failed; 3], READ),
    Row(MAIL_ID, &[Absent], [Works, Refused, Works], "a used link"),
    Row(MAIL_ID, &[Mistyped, Empty, Unknown], [Failed, Failed, Works], READ),
    Row(PURPOSE, &[Absent, Mistyped, Empty, Unknown], [Works, Works, Failed], OF_TICKET),
    Row(CLIENT_ID, &[Absent, Mistyped, Empty], [Failed; 3], READ),
    Row(CLIENT_ID, &[Unknown], [Aside; 3], "no client, or one that isn't there"),
    Row(LANGUAGE, &[Absent, Mistyped, Empty, Unknown], [Failed; 3], READ),
    Row(MAIL_EXPIRES_AT, &[Absent, Mistyped], [Works, Works, Failed], OF_TICKET),
    Row(MAIL_EXPIRES_AT, NUMBERS, [Works, Works, Failed], OF_TICKET),
    Row(QUOTA, &[Absent, Empty], [Works; 3], "no request yet"),
    Row(QUOTA, &[Mistyped, Unknown, Mixed], [Failed, Works, Works], "how many requests there were"),
    Row(UNSENT, &[Absent], [Works, Works, Refused], "nothing waits"),
    Row(UNSENT, &[Mistyped, Empty, Unknown], [Works, Works, Failed], OF_TICKET),
    Row(EXPIRES_AT, &[Absent, Mistyped], [Works; 3], "for DynamoDB to sweep rows: nothing is decided by it"),
    Row(EXPIRES_AT, NUMBERS, [Works; 3], "the same"),
    Row(GUESSES, &[Absent, Mistyped], [Works; 3], "a link is no guess"),
    Row(GUESSES, NUMBERS, [Works; 3], "a link is no guess"),
    Row(DAY_GUESSES, &[Absent, Mistyped], [Works; 3], "a link is no guess"),
    Row(DAY_GUESSES, NUMBERS, [Works; 3], "a link is no guess"),
    Row(LEASED_BY, &[Absent, Mistyped], [Works; 3], "the lease is over"),
    Row(LEASED_BY, TEXTS, [Works; 3], "the lease is over"),
    Row(LEASED_UNTIL, &[Absent, Negative, Fraction], [Works; 3], "the lease is over"),
    Row(LEASED_UNTIL, &[Mistyped, Beyond, Milliseconds], [Works, Works, Failed], "a lease that doesn't end"),
    Row(TAKEN, &[Absent], [Works; 3], "no delivery yet"),
    Row(TAKEN, &[Mistyped, Negative, Fraction, Beyond], [Works, Works, Failed], "how often it was taken"),
    Row(SENT_AT, &[Absent, Mistyped], [Works; 3], "for the operator to read"),
    Row(SENT_AT, NUMBERS, [Works; 3], "the same"),
];

/// The row of an address that bounced. Its existence decides, whatever it says.
const SUPPRESSION_ROWS: &[Row] = &[
    Row(ADDRESS, &[Absent, Mistyped, Empty, Unknown], [Works, Works, Refused], "for the operator to read"),
    Row(SUPPRESSED, &[Absent, Mistyped, Empty, Unknown], [Works, Works, Refused], "for the operator to read"),
];

/// The name of an attribute in the rows: the counter's has its day.
fn name_in_rows(name: &str) -> &str {
    if name.starts_with(DAY_GUESSES) { DAY_GUESSES } else { name }
}

/// The attributes with rows.
pub(super) fn attributes() -> BTreeSet<&'static str> {
    ROWS.iter().chain(SUPPRESSION_ROWS).map(|row| row.0).collect()
}

/// Those that the mails of all kinds share.
pub(super) fn shared_attributes() -> BTreeSet<&'static str> {
    ROWS.iter().map(|row| row.0).collect()
}

/// A deployment with a mail that waits, and its request and link.
struct Stage {
    api: Api,
    stored: Stored,
    mailbox: String,
    request: String,
    link: String,
}

impl Stage {
    async fn set() -> Self {
        let api = Api::with(with_mail).await;
        api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
        let request = api.ask(route::FORGOT, GRACE).await;
        let row = outbox_row(&api.stored().await).clone();
        let mail = Post::of(&api).deliver_one(&api).await;
        let code = crate::harness::code_of(&mail).unwrap();
        let wrong = [("request", request.as_str()), ("code", &wrong_code(&code))];
        api.reset(&wrong, CHOSEN).await.assert_error(400, "invalid_grant");
        // The mail waits again, as after a delivery that died.
        let mut waits = outbox_row(&api.stored().await).clone();
        waits.insert(UNSENT.to_owned(), row[UNSENT].clone());
        waits.insert(LEASED_BY.to_owned(), text("the mark of a delivery"));
        waits.insert(LEASED_UNTIL.to_owned(), number(api.clock.unix()));
        waits.insert(TAKEN.to_owned(), number(1));
        let mailbox = waits[MAILBOX].as_s().unwrap().clone();
        api.put("MailsTable", waits).await;
        let stored = api.stored().await;
        Self { api, stored, mailbox, request, link: link_of(&mail).unwrap() }
    }

    /// Damages each attribute of this row, and carries out each operation.
    async fn strike(&self, item: &Item, rows: &[Row]) {
        let names = item.keys().map(String::as_str).filter(|name| !KEY.contains(name));
        let names: BTreeSet<_> = names.map(name_in_rows).collect();
        assert_eq!(names, rows.iter().map(|row| row.0).collect(), "the attributes, and those that have rows");
        let mut seen = 0..;
        for (name, value) in item.iter().filter(|(name, _)| !KEY.contains(&name.as_str())) {
            for damage in SCALE.cells(seen.next().unwrap(), damages(value)) {
                let found: Vec<_> = rows
                    .iter()
                    .filter(|row| row.0 == name_in_rows(name) && row.1.contains(&damage.kind))
                    .collect();
                assert_eq!(found.len(), 1, "one row for {name}, {:?}", damage.kind);
                assert!(!found[0].3.is_empty());
                let asked = OPERATIONS.into_iter().zip(found[0].2).collect();
                for (operation, expected) in SCALE.cells(seen.next().unwrap(), asked) {
                    self.ask(item, (name, &damage), (operation, expected)).await;
                }
            }
        }
    }

    async fn ask(
        &self,
        item: &Item,
        (name, damage): (&str, &Damage),
        (operation, expected): (Operation, Expected),
    ) {
        let what = format!("{name} {damage:?}: {operation:?}, {expected:?}");
        let mut damaged = self.stored.clone();
        let rows = damaged.get_mut("MailsTable").unwrap();
        let row = rows.iter_mut().find(|row| *row == item).unwrap();
        match &damage.value {
            Some(value) => row.insert(name.to_owned(), value.clone()),
            None => row.remove(name),
        };
        self.api.restore(&damaged).await;
        let (log, guard) = Log::listen();
        let is_met = match operation {
            Operation::Resend => is_answered(&self.api.try_resend(&self.request).await, 202, expected),
            Operation::Reset => {
                let reply = self.api.reset(&[("token", &self.link)], CHOSEN).await;
                is_answered(&reply, 200, expected)
            }
            Operation::Deliver => self.is_delivered(expected).await,
        };
        drop(guard);
        assert!(is_met, "{what}: {}", log.text());
        assert!(!log.text().contains(&self.link) && !log.text().contains(GRACE), "{what}");
        if operation != Operation::Reset || expected != Works {
            let after = self.api.stored().await;
            for table in ["UsersTable", "CredentialsTable", "SessionsTable"] {
                assert_eq!(after[table], self.stored[table], "{what}");
            }
        }
    }

    async fn is_delivered(&self, expected: Expected) -> bool {
        let post = Post::of(&self.api);
        let answer = post.handle(stream_event([(Change::Modify, self.mailbox.as_str())])).await;
        let outcome = (post.bag.take().len(), answer == nothing_failed());
        match expected {
            Works => outcome == (1, true),
            Refused | Failed => outcome == (0, true),
            Aside => true,
        }
    }
}

pub(super) fn is_answered(reply: &crate::harness::Reply, success: u16, expected: Expected) -> bool {
    match expected {
        Works => reply.status == success,
        Refused => [400, 429].contains(&reply.status),
        Failed => [500, 503].contains(&reply.status),
        Aside => [success, 400, 500, 503].contains(&reply.status) && (success == 202 || reply.status != 200),
    }
}

/// The row of the address.
fn outbox_row(stored: &Stored) -> &Item {
    stored["MailsTable"].iter().find(|row| row.contains_key(QUOTA) && row.contains_key(ADDRESS)).unwrap()
}

#[tokio::test]
async fn an_unreadable_row_of_the_outbox_opens_nothing() {
    let stage = Stage::set().await;
    stage.strike(outbox_row(&stage.stored), ROWS).await;
}

#[tokio::test]
async fn an_unreadable_suppression_lets_no_mail_pass() {
    let mut stage = Stage::set().await;
    Post::of(&stage.api).handle(bounce("Permanent", GRACE)).await;
    stage.stored = stage.api.stored().await;
    let is_suppression = |row: &&Item| row.contains_key(SUPPRESSED);
    let row = stage.stored["MailsTable"].iter().find(is_suppression).unwrap().clone();
    stage.strike(&row, SUPPRESSION_ROWS).await;
}
