//! What an operator does about mails: sends one again, stops those to an address, and looks at the outbox. `admin` has the
//! tests of the commands.

use admin::tables::{
    outbox::Outbox,
    users::{Renaming, UserTables},
};
use mails::{EmailAddress, MailId, MailRow, MailState, Mailbox, Mails, Purpose, Resent, Suppression};
use passwords::{NO_PASSWORD, Username};
use serde_json::json;
use shared::{clock::Timestamp, random::SystemRandom, route};

use super::{Stage, look::look};
use crate::harness::{
    Api, CHOSEN, Change, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, IMPORTED, NEWCOMER, PASSWORD, bounce,
    code_of, link_of, nothing_failed, stream_event, text, waiting,
};

fn outbox(api: &Api) -> Mails {
    Mails::new(&api.context("accounts").environment, &api.store).unwrap()
}

fn mailbox(email: &str, purpose: Purpose) -> Mailbox {
    EmailAddress::parse(email).unwrap().mailbox(purpose)
}

async fn resend(api: &Api, email: &str, purpose: Purpose) -> Resent {
    outbox(api).resend(&mailbox(email, purpose), Timestamp::from_unix(api.clock.unix())).await.unwrap()
}

#[tokio::test]
async fn a_mail_that_is_sent_again_has_the_same_link_and_code() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.clock.advance(60);
    assert_eq!(resend(&stage.api, GRACE, Purpose::Reset).await, Resent::Queued);
    let again = stage.post.deliver_one(&stage.api).await;
    assert_eq!(link_of(&again), Some(asked.link.clone()));
    assert_eq!(code_of(&again), Some(asked.code.clone()));
    assert_eq!(stage.api.reset(&asked.by_code(), CHOSEN).await.status, 200);
    assert_eq!(resend(&stage.api, GRACE, Purpose::Reset).await, Resent::Over, "it is used");
    assert_eq!(resend(&stage.api, NEWCOMER, Purpose::Reset).await, Resent::Absent);
    assert!(stage.post.deliver(&stage.api).await.is_empty());
}

/// This holds for a mail that the mailer gave up, too, and for one that the stream lost.
#[tokio::test]
async fn a_mail_that_was_given_up_can_be_sent_again_until_its_link_expires() {
    let stage = Stage::set().await;
    stage.post.bag.set(crate::harness::Provider::Refuses);
    stage.api.ask(route::FORGOT, GRACE).await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    stage.post.bag.set(crate::harness::Provider::Accepts);
    assert_eq!(resend(&stage.api, GRACE, Purpose::Reset).await, Resent::Queued);
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    assert_eq!(stage.api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.clock.advance(3600);
    assert_eq!(resend(&stage.api, NEWCOMER, Purpose::SignUp).await, Resent::Over);
    assert!(waiting(&stage.api).await.is_empty());
}

/// A delivery that is under way must not send it twice.
#[tokio::test]
async fn a_mail_that_is_being_sent_is_left_alone() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    stage.post.bag.set(crate::harness::Provider::AcceptsUnheard);
    let waiting = waiting(&stage.api).await.remove(0);
    stage.post.handle(stream_event([(Change::Modify, waiting.as_str())])).await;
    assert_eq!(resend(&stage.api, GRACE, Purpose::Reset).await, Resent::Waiting);
    assert_eq!(stage.post.bag.attempts(), 1);
}

/// An operator may send the link of every purpose again.
#[tokio::test]
async fn an_invitation_an_undo_and_a_notice_can_be_sent_again() {
    let stage = Stage::set().await;
    stage.api.invite(NEWCOMER, &json!({})).await;
    let invitation = link_of(&stage.post.deliver_one(&stage.api).await);
    assert_eq!(resend(&stage.api, NEWCOMER, Purpose::Invitation).await, Resent::Queued);
    assert_eq!(link_of(&stage.post.deliver_one(&stage.api).await), invitation);
    let tokens = stage.api.graces().await;
    let undo = link_of(&stage.changed(&tokens, HOPPER).await);
    assert_eq!(resend(&stage.api, GRACE, Purpose::Undo).await, Resent::Queued);
    assert_eq!(link_of(&stage.post.deliver_one(&stage.api).await), undo);
    assert_eq!(stage.api.undo_address(&undo.unwrap(), CHOSEN).await.status, 200);
}

#[tokio::test]
async fn an_operators_stop_is_a_bounces_until_the_operator_ends_it() {
    let stage = Stage::set().await;
    let address = EmailAddress::parse(GRACE).unwrap();
    outbox(&stage.api).suppress(&address, Suppression::Operator).await.unwrap();
    for path in [route::FORGOT, route::SIGNUP] {
        stage.api.ask(path, "GRACE@example.com").await;
    }
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    assert!(outbox(&stage.api).unsuppress(&address).await.unwrap());
    assert!(!outbox(&stage.api).unsuppress(&address).await.unwrap(), "once");
    stage.asked(route::FORGOT, GRACE).await;
}

#[tokio::test]
async fn an_operator_sees_every_mail_and_every_stop_and_no_link() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.invite(NEWCOMER, &json!({ "roles": ["editor"] })).await;
    stage.post.handle(bounce("Permanent", "gone@example.com")).await;
    let tokens = stage.api.graces().await;
    stage.api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await.request_token();
    let mut seen = Vec::new();
    let mut page = outbox(&stage.api).page(None).await.unwrap();
    loop {
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        page = outbox(&stage.api).page(Some(next)).await.unwrap();
    }
    let mut lines = Vec::new();
    for row in &seen {
        match row {
            MailRow::Mail(mail) => {
                let word = match mail.state {
                    MailState::Waiting => "waiting",
                    MailState::Sent(_) => "sent",
                    MailState::Dropped => "dropped",
                    MailState::Used => "used",
                };
                lines.push(format!("{} {} {word}", mail.address.as_str(), mail.purpose.name()));
            }
            MailRow::Suppressed(suppressed) => lines.push(format!("{} stopped", suppressed.address.as_str())),
            MailRow::Malformed { key, .. } => panic!("{key}"),
        }
    }
    lines.sort();
    // Counters of networks and users aren't shown.
    let expected = [
        format!("{HOPPER} email waiting"),
        format!("{NEWCOMER} invitation waiting"),
        "gone@example.com stopped".to_owned(),
        format!("{GRACE} reset sent"),
    ];
    assert_eq!(lines, expected);
    let shown = format!("{seen:?}");
    for secret in [&asked.link, &asked.code, &asked.request] {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
}

#[tokio::test]
async fn a_user_without_a_password_gets_the_first_by_mail() {
    let stage = Stage::set().await;
    stage.api.import_without_password().await;
    for password in [NO_PASSWORD, "$none", "", PASSWORD] {
        let reply = stage.api.try_login_as(IMPORTED, password).await;
        assert_eq!(reply.status, 400, "{reply:?}");
    }
    let asked = stage.asked(route::FORGOT, IMPORTED).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    let tokens = stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
    assert_eq!(stage.api.call(&tokens.access).await.status, 200);
}

/// Else a login would tell which accounts were imported and never used.
#[tokio::test]
async fn a_login_without_a_password_is_answered_as_a_wrong_one() {
    let stage = Stage::set().await;
    stage.api.import_without_password().await;
    stage.api.put_account("assigned@example.com", PASSWORD, "assigned-user").await;
    let before = stage.api.stored().await;
    // The client's record is in the cache then.
    stage.api.graces().await;
    let mut seen = Vec::new();
    for email in ["assigned@example.com", IMPORTED, "unknowns@example.com"] {
        let login = async || stage.api.try_login_as(email, "a wrong password").await;
        let mut look = look(&stage.api, &before, login).await;
        assert_eq!(look.status, 400);
        // A stranger sees neither which name the attempt counts for, nor the log, nor the write about the missing
        // password, which runs beside the hash.
        look.others.clear();
        look.events.clear();
        let told = |name: &String| name == "UpdateItem Users";
        let index = look.calls.concat().iter().position(told);
        for wave in &mut look.calls {
            wave.retain(|name| !told(name));
        }
        assert_eq!(index.map(|index| look.units.remove(index)).is_some(), email == IMPORTED);
        seen.push(look);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((&seen[0].body, &seen[0].headers), (&seen[2].body, &seen[2].headers));
    for _ in 0..=passwords::BUDGET {
        stage.api.try_login_as(IMPORTED, "a wrong password").await.assert_error(400, "invalid_grant");
    }
}

/// The stream brings a mail that is sent again like any other.
#[tokio::test]
async fn a_resend_is_brought_by_the_stream_as_any_mail() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(resend(&stage.api, GRACE, Purpose::Reset).await, Resent::Queued);
    let key = mailbox(GRACE, Purpose::Reset);
    for _ in 0..2 {
        let event = stream_event([(Change::Modify, key.as_str())]);
        assert_eq!(stage.post.handle(event).await, nothing_failed());
    }
    let mails = stage.post.bag.take();
    assert_eq!(mails.len(), 1, "once");
    assert_eq!(link_of(&mails[0]), Some(asked.link));
}

/// An operator's word is the last: the user has proved their identity to the operator.
#[tokio::test]
async fn another_name_by_an_operator_voids_undos_and_pending_changes() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let undo = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
    let pending = stage.changing(&tokens, "third@example.com").await;
    let tables = UserTables::of(&stage.api.operator(None)).unwrap();
    let [from, to] = [HOPPER, "fourth@example.com"].map(|name| Username::parse(name).unwrap());
    let now = Timestamp::from_unix(stage.api.clock.unix());
    let renamed = tables.rename(&from, &to, None, now).await.unwrap();
    assert_eq!(renamed, Renaming::Done);
    stage.api.clock.advance(60);
    stage.api.undo_address(&undo, CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&pending.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&pending.by_code()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.names_of(GRACE_ID).await, ["fourth@example.com"]);
    // The user may change the address again, and undo that.
    let undo = link_of(&stage.changed(&tokens, "fifth@example.com").await).unwrap();
    assert_eq!(stage.api.undo_address(&undo, CHOSEN).await.status, 200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, ["fourth@example.com"]);
}

impl Stage {
    /// Renames Grace as the operator's command does, and tells her.
    async fn rename(&self, to: &str) -> Renaming {
        let tables = UserTables::of(&self.api.operator(None)).unwrap();
        let [from, to] = [GRACE, to].map(|name| Username::parse(name).unwrap());
        let (mails, id) = (outbox(&self.api), MailId::new(&SystemRandom::new()));
        let now = Timestamp::from_unix(self.api.clock.unix());
        tables.rename(&from, &to, Some(Outbox { mails: &mails, id }), now).await.unwrap()
    }
}

/// The mailbox of before may be a thief's, so the mail has no new name.
#[tokio::test]
async fn another_name_by_an_operator_is_told_to_the_address_of_before() {
    for is_free in [true, false] {
        let stage = Stage::set().await;
        assert_eq!(stage.rename(HOPPER).await, Renaming::Done);
        if !is_free {
            // Another user has the address before the mail is sent.
            stage.api.put_account(GRACE, PASSWORD, "another-user").await;
        }
        let mail = stage.post.deliver_one(&stage.api).await;
        assert_eq!(mail.to.as_str(), GRACE);
        assert_eq!(mail.subject, "Your user name at Latchgate was changed");
        assert!(!mail.text.contains(HOPPER) && !mail.html.contains(HOPPER), "{}", mail.text);
        assert_eq!((link_of(&mail), code_of(&mail)), (None, None));
        assert!(stage.post.notices(&stage.api).await.is_empty());
        stage.api.try_login_as(HOPPER, GRACES_PASSWORD).await.tokens();
    }
}

#[tokio::test]
async fn another_name_is_told_in_the_users_language_and_where_a_claim_has_the_address() {
    let stage = Stage::set().await;
    let claims = json!({ "email": NEWCOMER, "email_verified": true, "locale": "vi" }).to_string();
    stage.api.set_user(GRACE_ID, vec![("claims", text(&claims)), ("username", text("grace"))]).await;
    assert_eq!(stage.rename("grace-hopper").await, Renaming::Done);
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!(mail.to.as_str(), NEWCOMER);
    assert!(mail.subject.starts_with("Tên đăng nhập của bạn"), "{}", mail.subject);
}

#[tokio::test]
async fn a_name_that_is_taken_and_a_user_without_an_address_cause_no_mail() {
    let stage = Stage::set().await;
    stage.api.put_account(HOPPER, PASSWORD, "another-user").await;
    let before = stage.api.stored().await;
    assert_eq!(stage.rename(HOPPER).await, Renaming::NameTaken);
    assert_eq!(stage.api.stored().await, before);
    stage.api.set_user(GRACE_ID, vec![("claims", text("{}")), ("username", text("grace"))]).await;
    assert_eq!(stage.rename("grace-hopper").await, Renaming::Done);
    assert!(waiting(&stage.api).await.is_empty());
}
