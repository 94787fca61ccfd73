//! A user who was imported without a password tries to sign in: the answer is that of a wrong password, and a mail with a
//! link to the first password goes out.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool};
use mailer::Mail;
use mails::Mailbox;
use passwords::{BUDGET, NO_PASSWORD, Username};
use shared::{clock::Timestamp, network::Network, route, store::attribute};
use tokio::task::JoinSet;

use super::{Stage, look::look, quotas::assert_spent};
use crate::harness::{
    Api, Browser, CHOSEN, Change, Fault, Flow, GRACE, GRACES_PASSWORD, HOPPER, IMPORTED, IMPORTED_ID, Log,
    NEWCOMER, PASSWORD, Page, SECRET, SERVER, Source, WEB, claims, code_of, form, form_post, link_of,
    network, nothing_failed, number, text, url_of, waiting, waves,
};

type Item = BTreeMap<String, AttributeValue>;

const DAY: u64 = 24 * 60 * 60;
const WRITE: &str = "UpdateItem Users";

impl Stage {
    /// A deployment with clients, and a user without a password.
    async fn imported() -> Self {
        let api = Api::with_mail().await.with_clients().await;
        api.import_without_password().await;
        Self::of(api)
    }

    /// Tries to log in as the user without a password. Latchgate refuses.
    async fn knock(&self) {
        self.api.try_login_as(IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
    }

    /// Brings the mailer these records of the user.
    async fn hear(&self, rows: &[&Item]) {
        let event = self.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, *row)));
        assert_eq!(self.post.handle(event).await, nothing_failed());
    }

    /// The mail after such an attempt, with its link.
    async fn invited(&self) -> String {
        self.knock().await;
        let mut mails = self.post.notices(&self.api).await;
        assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>());
        assert_invites(&mails[0]);
        link_of(&mails.remove(0)).unwrap()
    }
}

/// Asserts that this mail lets its reader choose a first password, by its link alone.
#[track_caller]
fn assert_invites(mail: &Mail) {
    assert_eq!(mail.to.as_str(), IMPORTED);
    assert_eq!(mail.subject, "Choose your password for Latchgate");
    assert!(url_of(mail).starts_with("https://issuer.example.com/account/reset?token="), "{}", mail.text);
    assert_eq!(code_of(mail), None, "no client could take it");
    assert!(mail.text.contains("has no password yet") && mail.text.contains("someone tried to sign in"));
}

/// Opens a link of a mail.
async fn open(browser: &mut Browser<'_>, link: &str) -> Page {
    browser.get(&format!("{}?token={link}&ui_locales=en", route::ACCOUNT_RESET)).await
}

/// Chooses a password at the page of a link.
async fn choose(browser: &mut Browser<'_>, page: &Page, password: &str) -> Page {
    let form = page.form_with("action", Some("choose-password"));
    browser.submit(&form, &[("new_password", password)], Some(("action", "choose-password"))).await
}

#[tokio::test]
async fn a_login_sends_the_link_to_the_first_password_which_then_logs_in() {
    let stage = Stage::imported().await;
    let link = stage.invited().await;
    assert_eq!(stage.api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    let tokens = stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
    assert_eq!(stage.api.call(&tokens.access).await.status, 200);
    stage.api.reset(&[("token", &link)], PASSWORD).await.assert_error(400, "invalid_grant");
    stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
}

#[tokio::test]
async fn a_sign_in_at_the_page_sends_the_link_which_works_at_its_page() {
    let stage = Stage::imported().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&stage.api));
    assert!(flow.sign_in_as(&mut browser, IMPORTED, PASSWORD).await.asks_for_password());
    let mails = stage.post.notices(&stage.api).await;
    assert_eq!(mails.len(), 1);
    assert_invites(&mails[0]);
    let link = link_of(&mails[0]).unwrap();
    let page = open(&mut browser, &link).await;
    page.assert_page(200);
    assert!(page.html.contains(IMPORTED), "for the password manager");
    choose(&mut browser, &page, "password1").await.assert_page(400);
    choose(&mut browser, &page, CHOSEN).await.assert_page(200);
    flow.code_of(&flow.sign_in_as(&mut browser, IMPORTED, CHOSEN).await);
    choose(&mut browser, &page, PASSWORD).await.assert_page(400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_logins_at_once_send_one_mail() {
    let stage = Arc::new(Stage::imported().await);
    let mut running = JoinSet::new();
    for _ in 0..20 {
        let stage = stage.clone();
        running.spawn(async move { stage.knock().await });
    }
    running.join_all().await;
    assert_eq!(stage.post.notices(&stage.api).await.len(), 1);
    assert!(stage.post.notices(&stage.api).await.is_empty());
}

/// Each attempt has a record, and the records of a user come in order, some of them twice.
#[tokio::test]
async fn the_records_of_twenty_logins_send_one_mail_and_count_once() {
    let stage = Stage::imported().await;
    let mut records = Vec::new();
    for _ in 0..20 {
        stage.knock().await;
        let [row] = stage.api.noticed(Source::Users).await.try_into().unwrap();
        records.push(row);
        stage.api.clock.advance(1);
    }
    assert!(records.windows(2).all(|pair| pair[0] != pair[1]), "each has its instant");
    stage.hear(&[&records[0]]).await;
    let counted = attempts(&stage.api).await;
    for (earlier, row) in records.iter().zip(&records[1..]) {
        stage.hear(&[row]).await;
        stage.hear(&[earlier]).await;
    }
    stage.hear(&records.iter().collect::<Vec<_>>()).await;
    assert_eq!(stage.post.deliver(&stage.api).await.len(), 1);
    assert_eq!(attempts(&stage.api).await, counted);
}

/// Else a stranger could fill the mailbox.
#[tokio::test]
async fn a_user_without_a_password_gets_one_mail_a_day() {
    let stage = Stage::imported().await;
    let first = stage.invited().await;
    stage.api.clock.advance(DAY - 1);
    stage.knock().await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
    stage.api.clock.advance(1);
    stage.api.reset(&[("token", &first)], CHOSEN).await.assert_error(400, "invalid_grant");
    let second = stage.invited().await;
    assert_ne!(first, second);
    assert_eq!(stage.api.reset(&[("token", &second)], CHOSEN).await.status, 200);
}

/// Has the mails of this network's attempts counted, as if it had tried to sign in as so many other users.
async fn spend(api: &Api, source: IpAddr) {
    let network = Network::of(Some(&source.to_string())).unwrap();
    // The last instant at which one of the sixty comes back.
    let quota = vec![(attribute::QUOTA, number(api.clock.unix() + 60 * 60))];
    let key = format!("attempts#{}", network.hash());
    api.seeder().set("MailsTable", (attribute::MAILBOX, &key), quota).await.unwrap();
}

/// Strangers can't have a mail sent to each user of an import. A mail that was left out isn't the one of the day.
#[tokio::test]
async fn a_network_that_had_its_mails_causes_none_until_it_may_again() {
    let stage = Stage::imported().await;
    spend(&stage.api, network(7)).await;
    let knock = async |source: IpAddr| {
        let refused = stage.api.try_login_from(source, IMPORTED, PASSWORD).await;
        refused.assert_error(400, "invalid_grant");
        let (log, guard) = Log::listen();
        let mails = stage.post.notices(&stage.api).await.len();
        drop(guard);
        let lines = log.take();
        let is_dropped = lines.iter().any(|line| line["event"] == "mail_notice_dropped");
        assert_eq!(is_dropped, mails == 0, "{lines:?}");
        mails
    };
    assert_eq!(knock(network(7)).await, 0);
    let before = stage.api.stored().await;
    assert_eq!(knock(network(8)).await, 1, "the owner, at home");
    stage.api.restore(&before).await;
    stage.api.clock.advance(60);
    assert_eq!(knock(network(7)).await, 1);
}

#[tokio::test]
async fn a_network_has_sixty_such_mails() {
    let stage = Stage::imported().await;
    stage.knock().await;
    let [row] = stage.api.noticed(Source::Users).await.try_into().unwrap();
    for number in 0..=60 {
        stage.hear(&[&row]).await;
        assert_eq!(stage.post.deliver(&stage.api).await.len(), usize::from(number < 60), "{number}");
        // The next is of another user, as far as the mailer knows.
        forget_mails(&stage.api).await;
    }
}

/// The instant that counts the mails of the only network.
async fn attempts(api: &Api) -> u64 {
    let rows = api.items("MailsTable").await;
    let row = rows.iter().find(|row| key_of(row).starts_with("attempts#")).unwrap();
    row[attribute::QUOTA].as_n().unwrap().parse().unwrap()
}

/// Deletes the rows of addresses.
async fn forget_mails(api: &Api) {
    for row in api.items("MailsTable").await {
        if Mailbox::parse(key_of(&row)).is_some() {
            api.delete("MailsTable", &row).await;
        }
    }
}

/// The key of a row of Mails.
fn key_of(row: &Item) -> &str {
    row[attribute::MAILBOX].as_s().unwrap()
}

/// Else a stranger could spend all but one of the requests, try to sign in as someone, and ask once more: a refusal
/// would tell that the user exists, and has no password.
#[tokio::test]
async fn the_mail_is_no_request_of_the_network() {
    let stage = Stage::imported().await;
    for number in 1..60 {
        stage.api.ask(route::SIGNUP, &format!("{number}@example.com")).await;
    }
    stage.post.deliver(&stage.api).await;
    stage.invited().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    assert_spent(&stage.api.try_ask(route::SIGNUP, GRACE).await);
}

/// All of a server's users have the server's address, and no request from outside has one of this machine.
#[tokio::test]
async fn an_attempt_through_a_server_or_this_machine_counts_for_no_network() {
    let stage = Stage::imported().await;
    let server = [("client_id", SERVER), ("client_secret", SECRET)];
    let login = [&server[..], &[("username", IMPORTED), ("password", PASSWORD)]].concat();
    let before = stage.api.stored().await;
    for is_local in [false, true] {
        stage.api.restore(&before).await;
        let source: IpAddr = if is_local { Ipv4Addr::LOCALHOST.into() } else { network(7) };
        // An attempt of before, from a network that is counted.
        stage.api.try_login_from(network(9), IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
        let refused = if is_local {
            stage.api.try_login_from(source, IMPORTED, PASSWORD).await
        } else {
            stage.api.send_from(source, form_post(route::LOGIN), form(&login)).await
        };
        refused.assert_error(400, "invalid_grant");
        assert_eq!(stage.post.notices(&stage.api).await.len(), 1);
        let rows = stage.api.items("MailsTable").await;
        let keys: Vec<_> = rows.iter().map(key_of).collect();
        assert!(keys.iter().all(|key| Mailbox::parse(key).is_some()), "local: {is_local}: {keys:?}");
    }
}

#[tokio::test]
async fn only_attempts_that_count_at_a_user_without_a_password_send_mail() {
    let stage = Stage::imported().await;
    for _ in 0..2 {
        stage.api.try_login_as(GRACE, PASSWORD).await.assert_error(400, "invalid_grant");
        stage.api.try_login_as("unknown@example.com", PASSWORD).await.assert_error(400, "invalid_grant");
    }
    assert!(stage.post.notices(&stage.api).await.is_empty());
    stage.invited().await;
    for _ in 0..BUDGET {
        stage.knock().await;
    }
    stage.api.calls.take();
    stage.knock().await;
    assert_eq!(waves(&stage.api.calls.take()), [vec!["UpdateItem Credentials"]], "the budget is spent");
}

/// A login at every other user makes the calls that it made before there were such mails.
#[tokio::test]
async fn an_attempt_without_a_password_makes_one_write_beside_the_hash() {
    let stage = Stage::imported().await;
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    stage.api.calls.take();
    stage.api.try_login_as(GRACE, PASSWORD).await.assert_error(400, "invalid_grant");
    let usual = stage.api.calls.take();
    assert_eq!(waves(&usual), [vec!["UpdateItem Credentials"], vec!["GetItem Users"]]);
    for _ in 0..2 {
        stage.knock().await;
        let calls = stage.api.calls.take();
        assert_eq!(waves(&calls), [vec!["UpdateItem Credentials"], vec!["GetItem Users", WRITE]]);
        assert_eq!(calls.iter().find(|call| call.name == WRITE).unwrap().units, Some(1.0));
    }
}

#[tokio::test]
async fn the_mail_takes_one_write_for_its_network_and_a_later_attempt_one_read() {
    let stage = Stage::imported().await;
    let heard = async || {
        stage.knock().await;
        stage.api.calls.take();
        stage.post.hear(&stage.api).await;
        let calls = stage.api.calls.take();
        assert!(calls.iter().all(|call| call.units == Some(1.0)), "{calls:?}");
        calls.into_iter().map(|call| call.name).collect::<Vec<_>>()
    };
    assert_eq!(heard().await, ["GetItem Mails", "UpdateItem Mails", "UpdateItem Mails"]);
    assert_eq!(heard().await, ["GetItem Mails"]);
}

/// Else a login would tell which accounts were imported and never used.
#[tokio::test]
async fn the_answer_is_that_of_a_wrong_password_before_and_after_the_mail() {
    let stage = Stage::imported().await;
    let mut seen = Vec::new();
    for (email, is_told) in [(GRACE, false), (IMPORTED, false), (IMPORTED, true)] {
        if is_told {
            stage.invited().await;
        }
        let before = stage.api.stored().await;
        let login = async || stage.api.try_login_as(email, "a wrong password").await;
        let look = look(&stage.api, &before, login).await;
        seen.push((look.status, look.headers, look.body, look.body_len));
    }
    assert_eq!(seen[0].0, 400);
    assert_eq!((&seen[1], &seen[2]), (&seen[0], &seen[0]));
}

#[tokio::test]
async fn a_fault_of_the_write_leaves_the_answer_and_the_next_attempt_sends_the_mail() {
    let stage = Stage::imported().await;
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    let before = stage.api.stored().await;
    let usual = stage.api.try_login_as(GRACE, PASSWORD).await;
    for fault in [Fault::Before(WRITE), Fault::After(WRITE)] {
        stage.api.restore(&before).await;
        stage.api.calls.fail(fault);
        let (log, guard) = Log::listen();
        let reply = stage.api.try_login_as(IMPORTED, PASSWORD).await;
        drop(guard);
        assert_eq!((reply.status, &reply.body), (usual.status, &usual.body));
        let lines = log.take();
        let refused: Vec<_> = lines.iter().filter(|line| line["event"] == "login_refused").collect();
        assert_eq!(refused.len(), 1, "{lines:?}");
        assert_eq!(refused[0]["reason"], "wrong_password");
        stage.api.calls.heal();
        stage.invited().await;
    }
}

#[tokio::test]
async fn a_repeated_record_and_a_later_write_send_no_second_mail() {
    let stage = Stage::imported().await;
    stage.knock().await;
    let rows = stage.api.noticed(Source::Users).await;
    for _ in 0..3 {
        let event = stage.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, row)));
        assert_eq!(stage.post.handle(event).await, nothing_failed());
    }
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    assert_eq!(stage.api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    let event = stage.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, row)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert!(waiting(&stage.api).await.is_empty());
    stage.api.clock.advance(DAY);
    stage.api.delete_all("MailsTable").await;
    let event = stage.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, row)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert!(waiting(&stage.api).await.is_empty(), "it is a day late");
}

/// The password that its owner chose last counts, whichever mail is opened later.
#[tokio::test]
async fn a_link_to_the_first_password_never_replaces_a_password() {
    let stage = Stage::imported().await;
    let link = stage.invited().await;
    let asked = stage.asked(route::FORGOT, IMPORTED).await;
    let mut browser = Browser::new(&stage.api);
    let page = open(&mut browser, &link).await;
    page.assert_page(200);
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    stage.api.reset(&[("token", &link)], PASSWORD).await.assert_error(400, "invalid_grant");
    choose(&mut browser, &page, PASSWORD).await.assert_page(400);
    let tokens = stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
    assert_eq!(stage.api.call(&tokens.access).await.status, 200, "nothing ended");
    open(&mut browser, &link).await.assert_page(400);
}

/// The reset reads that the user has no password, and writes only if that is still so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_links_at_once_the_one_for_every_password_has_the_last_word() {
    for round in 0..5 {
        let stage = Stage::imported().await;
        let (link, asked) = (stage.invited().await, stage.asked(route::FORGOT, IMPORTED).await);
        let [first, forgotten] = [[("token", link.as_str())], asked.by_link()];
        let (first, forgotten) =
            tokio::join!(stage.api.reset(&first, PASSWORD), stage.api.reset(&forgotten, CHOSEN));
        assert_eq!(forgotten.status, 200, "{round}: {forgotten:?}");
        assert!([200, 400].contains(&first.status), "{round}: {first:?}");
        // The other link is for every password, and so has the last word if it came later.
        stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
    }
}

#[tokio::test]
async fn a_disabled_user_and_one_without_an_address_as_the_name_get_no_mail() {
    let stage = Stage::imported().await;
    stage.api.disable(IMPORTED_ID).await;
    stage.knock().await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
    // The claim is verified. But a password is chosen for a user name that is an address.
    let renamed = vec![(attribute::DISABLED, Bool(false)), (attribute::USERNAME, text("imported"))];
    stage.api.set_user(IMPORTED_ID, renamed).await;
    stage.knock().await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
}

/// Between the attempt and its mail, or between the mail and its use.
#[tokio::test]
async fn a_user_who_is_disabled_meanwhile_gets_no_mail_and_has_no_use_for_a_link() {
    let stage = Stage::imported().await;
    stage.knock().await;
    stage.post.hear(&stage.api).await;
    let before = stage.api.stored().await;
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    stage.api.disable(IMPORTED_ID).await;
    stage.api.reset(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.restore(&before).await;
    stage.api.disable(IMPORTED_ID).await;
    let (log, guard) = Log::listen();
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    drop(guard);
    assert!(waiting(&stage.api).await.is_empty(), "it is not tried again");
    let events: Vec<_> = log.take().iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["mail_notice_dropped"]);
}

/// Gives the user another name, and the old one to a new user without a password.
async fn hand_over(api: &Api) {
    let tables = admin::tables::users::UserTables::of(&api.operator(None)).unwrap();
    let [from, to] = [IMPORTED, HOPPER].map(|name| Username::parse(name).unwrap());
    let renamed = tables.rename(&from, &to, None, Timestamp::from_unix(api.clock.unix())).await.unwrap();
    assert!(matches!(renamed, admin::tables::users::Renaming::Done));
    api.put_account(IMPORTED, PASSWORD, "another-user").await;
    let missing = vec![(attribute::PASSWORD_HASH, text(NO_PASSWORD))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, IMPORTED), missing).await.unwrap();
}

/// The mail is for the user who had the address, and for no other.
#[tokio::test]
async fn a_link_never_sets_the_password_of_a_later_user_of_the_address() {
    let stage = Stage::imported().await;
    let link = stage.invited().await;
    hand_over(&stage.api).await;
    stage.api.reset(&[("token", &link)], CHOSEN).await.assert_error(400, "invalid_grant");
    let own = stage.invited().await;
    assert_eq!(stage.api.reset(&[("token", &own)], CHOSEN).await.status, 200);
    let tokens = stage.api.try_login_as(IMPORTED, CHOSEN).await.tokens();
    assert_eq!(claims(&tokens.access)["sub"], "another-user");
}

#[tokio::test]
async fn a_mail_that_waits_is_dropped_if_another_user_has_the_address() {
    let stage = Stage::imported().await;
    stage.knock().await;
    stage.post.hear(&stage.api).await;
    hand_over(&stage.api).await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    assert!(waiting(&stage.api).await.is_empty(), "it is not tried again");
}

/// Without a sender no mail goes out, and nothing else changes.
#[tokio::test]
async fn a_deployment_without_mail_refuses_as_before() {
    let api = Api::start().await;
    api.import_without_password().await;
    api.try_login_as(IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
    api.try_login_as(IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
}
