//! Damaged rows of mails that name a user or an invited person: they move no account, open none, and hold up no other
//! mail. `mails` has the attributes that they share with the other mails.

use std::collections::BTreeSet;

use serde_json::json;
use shared::store::attribute::{
    ASKED_AT, CLAIMS, DEVICE_NAME, MAILBOX, NOTICED_AT, PURPOSE, SENT_AT, UNSENT, USER_ID,
};

use super::{
    damage::{
        Damage,
        Kind::{self, Absent, Empty, Mistyped, Unknown},
        NUMBERS, TEXTS, damages,
    },
    mails::{
        Expected,
        Expected::{Aside, Failed, Works},
        is_answered,
    },
    stage::Item,
};
use crate::harness::{
    Api, CHOSEN, Change, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, IMPORTED, Log, NEWCOMER, Post, Reply,
    SCALE, Stored, form, form_post, link_of, nothing_failed, stream_event, text, with_mail,
};

/// A kind of mail, by its stored purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mailing {
    Email,
    Undo,
    Invitation,
    NewDevice,
    FirstPassword,
}

/// An operation that reads the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// With the mail's link.
    Use,
    Resend,
    Deliver,
}

use Operation::{Deliver, Resend, Use};

/// An attribute, its damage, the outcome of each operation, and the reason.
struct Row(&'static str, &'static [Kind], &'static [Expected], &'static str);

const WHOSE: &str = "whose account it is about";
const WHEN: &str = "whether it was asked for before a cut-off";
const NOT_READ: &str = "the operation doesn't read it, or takes it for long ago";

impl Mailing {
    const ALL: [Self; 5] = [Self::Email, Self::Undo, Self::Invitation, Self::NewDevice, Self::FirstPassword];

    fn purpose(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Undo => "undo",
            Self::Invitation => "invitation",
            Self::NewDevice => "new_device",
            Self::FirstPassword => "password_missing",
        }
    }

    fn operations(self) -> &'static [Operation] {
        match self {
            Self::Email => &[Use, Resend, Deliver],
            Self::Undo | Self::Invitation | Self::FirstPassword => &[Use, Deliver],
            Self::NewDevice => &[Deliver],
        }
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::Email => &[
                Row(USER_ID, &[Absent, Mistyped, Empty], &[Failed, Failed, Failed], WHOSE),
                Row(USER_ID, &[Unknown], &[Aside, Aside, Aside], "nobody's, or malformed"),
                Row(ASKED_AT, &[Absent], &[Works, Works, Works], NOT_READ),
                Row(ASKED_AT, &[Mistyped], &[Failed, Failed, Works], WHEN),
                Row(ASKED_AT, NUMBERS, &[Failed, Failed, Works], WHEN),
            ],
            Self::Undo => &[
                Row(USER_ID, &[Absent, Mistyped, Empty], &[Failed, Failed], WHOSE),
                Row(USER_ID, &[Unknown], &[Aside, Aside], "nobody's, or malformed"),
                Row(ASKED_AT, &[Absent], &[Works, Works], NOT_READ),
                Row(ASKED_AT, &[Mistyped], &[Failed, Works], WHEN),
                Row(ASKED_AT, NUMBERS, &[Failed, Works], WHEN),
            ],
            Self::Invitation => &[
                Row(CLAIMS, &[Absent], &[Works, Works], "an invitation without claims"),
                Row(
                    CLAIMS,
                    &[Mistyped, Empty, Unknown],
                    &[Failed, Works],
                    "what the operator said of the user",
                ),
                Row(ASKED_AT, &[Absent], &[Works, Works], NOT_READ),
                Row(ASKED_AT, &[Mistyped], &[Failed, Works], WHEN),
                Row(ASKED_AT, NUMBERS, &[Failed, Works], WHEN),
            ],
            Self::NewDevice => &[
                Row(USER_ID, &[Absent, Mistyped, Empty], &[Failed], WHOSE),
                Row(USER_ID, &[Unknown], &[Aside], "nobody's, or malformed"),
                Row(ASKED_AT, &[Absent, Mistyped], &[Works], NOT_READ),
                Row(ASKED_AT, NUMBERS, &[Works], NOT_READ),
                Row(NOTICED_AT, &[Absent, Mistyped], &[Failed], "when it happened"),
                Row(NOTICED_AT, NUMBERS, &[Failed], "when it happened"),
                Row(DEVICE_NAME, &[Absent], &[Works], "an unknown device"),
                Row(DEVICE_NAME, &[Mistyped], &[Failed], "on which device"),
                Row(DEVICE_NAME, TEXTS, &[Works], "another name"),
            ],
            Self::FirstPassword => &[
                Row(USER_ID, &[Absent, Mistyped, Empty], &[Failed, Failed], WHOSE),
                Row(USER_ID, &[Unknown], &[Aside, Aside], "nobody's, or malformed"),
                Row(ASKED_AT, &[Absent], &[Works, Works], NOT_READ),
                Row(ASKED_AT, &[Mistyped], &[Failed, Works], WHEN),
                Row(ASKED_AT, NUMBERS, &[Failed, Works], WHEN),
                Row(NOTICED_AT, &[Absent, Mistyped], &[Works, Failed], "when someone tried to sign in"),
                Row(NOTICED_AT, NUMBERS, &[Works, Failed], "when someone tried to sign in"),
            ],
        }
    }
}

/// The attributes with rows.
pub(super) fn attributes() -> BTreeSet<&'static str> {
    Mailing::ALL.into_iter().flat_map(Mailing::rows).map(|row| row.0).collect()
}

/// A deployment in which a mail of this kind waits, with its request and link.
struct Stage {
    api: Api,
    mailing: Mailing,
    stored: Stored,
    request: Option<String>,
    link: Option<String>,
}

impl Stage {
    async fn set(mailing: Mailing) -> Self {
        let api = Api::with(|parameters| with_mail(parameters).with("NewDeviceMails", "yes")).await;
        api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
        let post = Post::of(&api);
        let tokens = api.graces().await;
        let mut request = None;
        match mailing {
            Mailing::Invitation => {
                api.invite(NEWCOMER, &json!({ "roles": ["editor"] })).await;
            }
            Mailing::NewDevice => {
                api.delete_all("SessionsTable").await;
                let login =
                    [("client_id", crate::harness::APP), ("username", GRACE), ("password", GRACES_PASSWORD)];
                let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
                api.send(form_post(shared::route::LOGIN).header("user-agent", firefox), form(&login)).await;
                post.hear_of_session(&api, &api.session().await).await;
            }
            Mailing::FirstPassword => {
                api.import_without_password().await;
                api.try_login_as(IMPORTED, CHOSEN).await.assert_error(400, "invalid_grant");
                post.hear(&api).await;
            }
            Mailing::Email | Mailing::Undo => {
                let reply = api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
                request = Some(reply.request_token());
            }
        }
        if mailing == Mailing::Undo {
            let link = link_of(&post.deliver_one(&api).await).unwrap();
            assert_eq!(api.confirm_address(&[("token", &link)]).await.status, 200);
        }
        let unsent = row_of(&api.stored().await, mailing)[UNSENT].clone();
        let mail = post.deliver_one(&api).await;
        // The mail waits again.
        let mut row = row_of(&api.stored().await, mailing).clone();
        row.insert(UNSENT.to_owned(), unsent);
        row.remove(SENT_AT);
        api.put("MailsTable", row).await;
        let stored = api.stored().await;
        Self { api, mailing, stored, request, link: link_of(&mail) }
    }

    async fn strike(&self) {
        let item = row_of(&self.stored, self.mailing).clone();
        let rows = self.mailing.rows();
        let own: BTreeSet<_> = rows.iter().map(|row| row.0).collect();
        let shared = super::mails::shared_attributes();
        let names = item.keys().map(String::as_str).filter(|name| *name != MAILBOX);
        let names: BTreeSet<_> = names.filter(|name| !shared.contains(name)).collect();
        assert_eq!(names, own, "the attributes of {:?}, and those that have rows", self.mailing);
        let mut seen = 0..;
        for name in names {
            for damage in SCALE.cells(seen.next().unwrap(), damages(&item[name])) {
                let found: Vec<_> =
                    rows.iter().filter(|row| row.0 == name && row.1.contains(&damage.kind)).collect();
                assert_eq!(found.len(), 1, "one row for {name}, {:?}", damage.kind);
                assert!(!found[0].3.is_empty());
                let asked = self.mailing.operations().iter().copied().zip(found[0].2.iter().copied());
                for (operation, expected) in SCALE.cells(seen.next().unwrap(), asked.collect()) {
                    self.ask(&item, (name, &damage), (operation, expected)).await;
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
        let what = format!("{:?} {name} {damage:?}: {operation:?}, {expected:?}", self.mailing);
        let mut damaged = self.stored.clone();
        let row = damaged.get_mut("MailsTable").unwrap().iter_mut().find(|row| *row == item).unwrap();
        match &damage.value {
            Some(value) => row.insert(name.to_owned(), value.clone()),
            None => row.remove(name),
        };
        self.api.restore(&damaged).await;
        let (log, guard) = Log::listen();
        let is_met = match operation {
            Operation::Use => is_answered(&self.use_link().await, 200, expected),
            Operation::Resend => {
                is_answered(&self.api.try_resend(self.request.as_ref().unwrap()).await, 202, expected)
            }
            Operation::Deliver => self.is_delivered(item, expected).await,
        };
        drop(guard);
        assert!(is_met, "{what}: {}", log.text());
        assert!(!log.text().contains(GRACE) && !log.text().contains("lgm1_"), "{what}");
        if operation != Operation::Use || expected != Works {
            let after = self.api.stored().await;
            for table in ["UsersTable", "CredentialsTable", "SessionsTable"] {
                assert_eq!(after[table], self.stored[table], "{what}");
            }
        }
    }

    async fn use_link(&self) -> Reply {
        let link = self.link.as_ref().unwrap();
        match self.mailing {
            Mailing::Email => self.api.confirm_address(&[("token", link)]).await,
            Mailing::Undo => self.api.undo_address(link, CHOSEN).await,
            Mailing::Invitation => self.api.confirm(&[("token", link)], CHOSEN).await,
            Mailing::FirstPassword => self.api.reset(&[("token", link)], CHOSEN).await,
            Mailing::NewDevice => unreachable!("it has no link"),
        }
    }

    async fn is_delivered(&self, item: &Item, expected: Expected) -> bool {
        let post = Post::of(&self.api);
        let mailbox = item[MAILBOX].as_s().unwrap();
        let answer = post.handle(stream_event([(Change::Modify, mailbox.as_str())])).await;
        let outcome = (post.bag.take().len(), answer == nothing_failed());
        match expected {
            Works => outcome == (1, true),
            Aside => true,
            _ => outcome == (0, true),
        }
    }
}

/// The row of this kind of mail.
fn row_of(stored: &Stored, mailing: Mailing) -> &Item {
    let rows = &stored["MailsTable"];
    rows.iter().find(|row| row.get(PURPOSE) == Some(&text(mailing.purpose()))).unwrap()
}

#[tokio::test]
async fn an_unreadable_mail_of_a_user_changes_no_account() {
    for mailing in Mailing::ALL {
        Stage::set(mailing).await.strike().await;
    }
}
