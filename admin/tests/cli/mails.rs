//! `latchgate mails …`

use std::{fs, path::PathBuf};

use mails::{EmailAddress, MailId, Mails, NewRequest, Purpose, Slot, Suppression, Ticket};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, SystemClock},
    environment::{Environment, variable},
    http::Language,
    ids::ClientId,
    network::Network,
    random::SystemRandom,
};
use tokio::process::Command;

use crate::harness::{Deployed, Ran, account::Account, run};

const KINDS: [&str; 16] = [
    "confirm",
    "already-registered",
    "reset",
    "no-account",
    "disabled",
    "change-address",
    "address-taken",
    "address-changed",
    "invitation",
    "account-deleted",
    "renamed",
    "password-changed",
    "sessions-ended",
    "theft",
    "new-device",
    "choose-password",
];

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mails-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the command where no deployment is named.
async fn preview(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
    command.env_clear().envs(variables.iter().copied()).env("LATCHGATE_OUTPUT", "json");
    command.args(["mails", "preview"]).args(arguments);
    run(command, b"").await
}

#[tokio::test]
async fn a_preview_has_every_mail_in_each_language() {
    let folder = folder("all").join("new");
    let path = folder.to_str().unwrap();
    let written = preview(&[("PAGES_NAME", "Acme & Co")], &[path]).await.json();
    assert_eq!(written.as_array().unwrap().len(), 2 * KINDS.len());
    for kind in KINDS {
        for language in ["en", "vi"] {
            let read = |ending: &str| {
                fs::read_to_string(folder.join(format!("{kind}.{language}.{ending}"))).unwrap()
            };
            let (html, text) = (read("html"), read("txt"));
            assert!(html.contains("Acme &amp; Co") && text.contains("Acme & Co"), "{kind} {language}");
            let is_it = |row: &&Value| row["kind"] == kind && row["language"] == language;
            let row = written.as_array().unwrap().iter().find(is_it).unwrap();
            let subject = row["subject"].as_str().unwrap();
            assert!(text.starts_with(&format!("Subject: {subject}\n\n")), "{text}");
            assert!(row["html"].as_str().unwrap().ends_with(&format!("{kind}.{language}.html")));
        }
    }
}

#[tokio::test]
async fn a_preview_uses_an_operators_templates_and_one_language() {
    let folder = folder("own");
    let templates = folder.join("templates");
    fs::create_dir_all(templates.join("vi")).unwrap();
    fs::write(templates.join("vi/disabled.subject"), "Xin chào").unwrap();
    let (out, templates_path) = (folder.join("out"), templates.to_str().unwrap());
    let arguments = ["--language", "vi", "--templates", templates_path, out.to_str().unwrap()];
    let written = preview(&[], &arguments).await.json();
    assert_eq!(written.as_array().unwrap().len(), KINDS.len());
    let disabled = fs::read_to_string(out.join("disabled.vi.txt")).unwrap();
    assert!(disabled.starts_with("Subject: Xin chào\n"), "{disabled}");
    assert!(!out.join("disabled.en.txt").exists());

    fs::write(templates.join("vi/disabling.subject"), "").unwrap();
    let refused = preview(&[], &arguments).await;
    assert!(refused.assert(4).stderr.contains("disabling.subject"), "{refused:?}");
    assert!(!refused.stderr.contains("MAIL_TEMPLATES"), "{refused:?}");
    preview(&[], &["--language", "fr", "x"]).await.assert(2);
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// The table, as the functions open it.
fn table(deployed: &Deployed) -> Mails {
    let variables = [(variable::MAILS_TABLE.to_owned(), deployed.table("MailsTable").to_owned())];
    Mails::new(&Environment::from_variables(variables), &deployed.store).unwrap()
}

/// Asks for a mail, as a stranger may.
async fn ask(deployed: &Deployed, to: &str, purpose: Purpose) -> Ticket {
    let (address, now) = (address(to), SystemClock.now());
    let ticket = Ticket::new(purpose, &address, MailId::new(&SystemRandom::new()), now);
    let client_id = ClientId::parse("shop").unwrap();
    let request = NewRequest {
        address: &address,
        ticket: &ticket,
        client_id: &client_id,
        language: Language::English,
        user_id: None,
        now,
    };
    assert_eq!(table(deployed).request(&request).await.unwrap(), Slot::Taken);
    ticket
}

/// Takes the mail that waits, and marks it as sent.
async fn deliver(deployed: &Deployed, ticket: &Ticket) {
    let (table, now) = (table(deployed), SystemClock.now());
    match table.lease(&ticket.mailbox, "mark", now).await.unwrap() {
        mails::Lease::Taken(mail) => table.mark_sent(&mail, now).await.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The addresses and states in a list.
fn states(listed: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = listed["mails"].as_array().unwrap().iter();
    let mut states: Vec<_> = rows.map(|row| (text(row, "email"), text(row, "state"))).collect();
    states.sort();
    states
}

#[tokio::test]
async fn mails_are_listed_with_what_became_of_them() {
    let deployed = Deployed::start().await;
    let none = json!({"mails": []});
    assert_eq!(deployed.run(&["mails", "list"]).await.json(), none);
    ask(&deployed, "Ada@example.com", Purpose::SignUp).await;
    let sent = ask(&deployed, "Ada@example.com", Purpose::Reset).await;
    deliver(&deployed, &sent).await;
    ask(&deployed, "grace@example.com", Purpose::SignUp).await;
    table(&deployed).suppress(&address("bounced@example.com"), Suppression::Bounce).await.unwrap();
    let network = Network::of(Some("203.0.113.9")).unwrap();
    table(&deployed).count_network(&network, SystemClock.now()).await.unwrap();

    let list = async |options: &[&str]| deployed.run(&[&["mails", "list"], options].concat()).await.json();
    let row = |email: &str, state: &str| (email.to_owned(), state.to_owned());
    let (ada_sent, ada) = (row("Ada@example.com", "sent"), row("Ada@example.com", "waiting"));
    let (grace, bounced) = (row("grace@example.com", "waiting"), row("bounced@example.com", "suppressed"));
    let all = vec![ada_sent.clone(), ada.clone(), bounced.clone(), grace.clone()];
    assert_eq!(states(&list(&[]).await), all);
    assert_eq!(states(&list(&["--waiting"]).await), [ada.clone(), grace]);
    assert_eq!(states(&list(&["--suppressed"]).await), std::slice::from_ref(&bounced));
    assert_eq!(states(&list(&["ADA@example.com"]).await), [ada_sent, ada]);
    assert_eq!(list(&["nobody@example.com"]).await, none);

    let listed = list(&["bounced@example.com"]).await;
    let expected = json!({
        "mailbox": address("bounced@example.com").suppression_key(), "email": "bounced@example.com",
        "state": "suppressed", "reason": "bounce",
    });
    assert_eq!(listed["mails"][0], expected);
    let listed = list(&["grace@example.com", "--waiting"]).await;
    let mail = &listed["mails"][0];
    assert_eq!((&mail["purpose"], &mail["client_id"]), (&json!("sign_up"), &json!("shop")));
    assert!(mail["expires_at"].is_u64() && mail["sent_at"].is_null() && mail["taken"].is_null(), "{mail}");

    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..4 {
        let from = cursor.iter().flat_map(|cursor| ["--cursor", cursor.as_str()]);
        let page = list(&["--limit", "1"].into_iter().chain(from).collect::<Vec<_>>()).await;
        assert_eq!(page["mails"].as_array().unwrap().len(), 1);
        rows.extend(states(&page));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    rows.sort();
    assert_eq!((rows, cursor), (all, None));
    assert!(deployed.audit().is_empty());
}

#[tokio::test]
async fn a_malformed_row_hides_no_other() {
    let deployed = Deployed::start().await;
    let ticket = ask(&deployed, "ada@example.com", Purpose::SignUp).await;
    ask(&deployed, "grace@example.com", Purpose::SignUp).await;
    let update = deployed.store.update_item().table_name(deployed.table("MailsTable"));
    let key = aws_sdk_dynamodb::types::AttributeValue::S(ticket.mailbox.as_str().to_owned());
    let update = update.key("mailbox", key).update_expression("REMOVE address");
    update.send().await.unwrap();
    let ran = deployed.run(&["mails", "list"]).await;
    assert_eq!(states(&ran.json()), [("grace@example.com".to_owned(), "waiting".to_owned())]);
    assert!(ran.stderr.contains(&format!("Left out {}", ticket.mailbox.as_str())), "{ran:?}");
    let ran = deployed.run(&["mails", "resend", "ada@example.com"]).await;
    assert!(ran.assert(1).stderr.contains("address"), "{ran:?}");
}

#[tokio::test]
async fn a_mail_is_sent_again_with_the_same_link() {
    let deployed = Deployed::start().await;
    let resend = async |options: &[&str]| deployed.run(&[&["mails", "resend"], options].concat()).await;
    let ran = resend(&["ada@example.com"]).await;
    assert!(ran.assert(3).stderr.contains("there is no mail to ada@example.com"), "{ran:?}");
    let sign_up = ask(&deployed, "ada@example.com", Purpose::SignUp).await;
    deliver(&deployed, &sign_up).await;
    let sent_again = resend(&["ADA@example.com"]).await.json();
    assert_eq!((&sent_again["purpose"], &sent_again["result"]), (&json!("sign_up"), &json!("queued")));
    let row = deployed.items("MailsTable").await.remove(0);
    assert_eq!(row["unsent"], row["mail_id"]);
    assert_eq!(row["mail_id"].as_s().unwrap(), &sign_up.id.to_text());
    assert!(!row.contains_key("sent_at"), "{row:?}");
    deliver(&deployed, &sign_up).await;

    let reset = ask(&deployed, "ada@example.com", Purpose::Reset).await;
    let ran = resend(&["ada@example.com"]).await;
    assert!(ran.assert(2).stderr.contains("name one of sign_up, reset with --purpose"), "{ran:?}");
    let sent_again = resend(&["ada@example.com", "--purpose", "reset"]).await.json();
    assert_eq!((&sent_again["purpose"], &sent_again["result"]), (&json!("reset"), &json!("queued")));
    table(&deployed).lease(&reset.mailbox, "mark", SystemClock.now()).await.unwrap();
    let ran = resend(&["ada@example.com", "--purpose", "reset"]).await;
    assert_eq!(ran.json()["result"], "waiting");
    resend(&["ada@example.com", "--purpose", "theft"]).await.assert(3);
    resend(&["ada@example.com", "--purpose", "thefts"]).await.assert(2);

    let lines = deployed.audit();
    assert_eq!(deployed.events(), ["mail_resent", "mail_resent"]);
    assert_eq!((&lines[1]["email"], &lines[1]["purpose"]), (&json!("ada@example.com"), &json!("reset")));
}

#[tokio::test]
async fn a_used_or_expired_link_and_a_suppressed_address_get_no_mail_again() {
    let deployed = Deployed::start().await;
    let ticket = ask(&deployed, "ada@example.com", Purpose::SignUp).await;
    table(&deployed).suppress(&address("ada@example.com"), Suppression::Complaint).await.unwrap();
    let ran = deployed.run(&["mails", "resend", "ada@example.com"]).await;
    assert!(ran.assert(4).stderr.contains("mails to this address are suppressed"), "{ran:?}");
    table(&deployed).unsuppress(&address("ada@example.com")).await.unwrap();

    let update = table(&deployed).use_up(&ticket).unwrap();
    let write = aws_sdk_dynamodb::types::TransactWriteItem::builder().update(update).build();
    deployed.store.transact_write_items().transact_items(write).send().await.unwrap();
    let ran = deployed.run(&["mails", "resend", "ada@example.com"]).await;
    assert!(ran.assert(4).stderr.contains("the link was used or has expired"), "{ran:?}");
    assert!(deployed.events().is_empty());
}

#[tokio::test]
async fn mails_to_an_address_are_stopped_and_allowed_again() {
    let deployed = Deployed::start().await;
    let suppress = async |options: &[&str]| deployed.run(&[&["mails", "suppress"], options].concat()).await;
    let ran = suppress(&["Ada@example.com", "--end"]).await;
    assert!(ran.assert(3).stderr.contains("there is no suppressed address Ada@example.com"), "{ran:?}");
    let key = address("ada@example.com").suppression_key();
    let view = |reason: &str| json!({"mailbox": key, "email": "Ada@example.com", "state": "suppressed", "reason": reason});
    assert_eq!(suppress(&["Ada@example.com"]).await.json(), view("operator"));
    assert!(table(&deployed).is_suppressed(&address("ada@EXAMPLE.com")).await.unwrap());
    let again = suppress(&["ada@example.com"]).await;
    assert_eq!(again.json(), view("operator"));
    assert!(again.stderr.contains("suppressed already"), "{again:?}");
    let allowed = suppress(&["ADA@example.com", "--end"]).await.json();
    assert_eq!(allowed, json!({"email": "ADA@example.com", "state": "allowed"}));
    assert!(deployed.items("MailsTable").await.is_empty());
    assert_eq!(deployed.events(), ["address_suppressed", "address_unsuppressed"]);

    // What a reader said stays.
    table(&deployed).suppress(&address("Ada@example.com"), Suppression::Complaint).await.unwrap();
    assert_eq!(suppress(&["ada@example.com"]).await.json(), view("complaint"));
    for bad in ["ada", "Ada <ada@example.com>"] {
        suppress(&[bad]).await.assert(2);
    }
}

#[tokio::test]
async fn an_operator_of_a_stack_learns_of_its_sender_and_of_the_list_that_ses_keeps() {
    let deployed = Deployed::embedded().await;
    let account = Account::with(&deployed).await;
    let stack = async |arguments: &[&str]| {
        run(account.command(&deployed, &[&["--stack", "latchgate-prod"], arguments].concat()), b"").await
    };
    for command in [&["mails", "resend"][..], &["users", "invite"]] {
        let ran = stack(&[command, &["ada@example.com"]].concat()).await;
        assert!(
            ran.assert(4).stderr.contains("this stack sends no mail: deploy it with a sender"),
            "{ran:?}"
        );
    }
    stack(&["mails", "suppress", "ada'`id`@example.com"]).await.assert(0);
    let ran = stack(&["mails", "suppress", "ada'`id`@example.com", "--end"]).await;
    assert!(ran.assert(0).stderr.contains("aws sesv2 delete-suppressed-destination"), "{ran:?}");
    assert!(!ran.stderr.contains("`id`"), "nothing to paste has what a stranger chose");
    let parameters = [("MailFrom", "login@example.com"), ("SignUp", "closed")];
    for (name, value) in parameters {
        account.world().stack("latchgate-prod").parameters.insert(name.to_owned(), value.to_owned());
    }
    let ran = stack(&["users", "invite", "ada@example.com"]).await;
    assert!(ran.assert(4).stderr.contains("deploy with `SignUp=invited`"), "{ran:?}");
    account.world().stack("latchgate-prod").parameters.insert("SignUp".to_owned(), "invited".to_owned());
    let ran = stack(&["users", "invite", "ada@example.com"]).await;
    assert_eq!((ran.json()["invited"].as_u64(), ran.stderr.as_str()), (Some(1), ""));
}

#[tokio::test]
async fn a_deployment_without_the_table_of_mails_says_so() {
    let deployed = Deployed::start().await;
    for command in [
        &["mails", "list"][..],
        &["mails", "suppress", "a@example.com"],
        &["users", "invite", "a@example.com"],
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_latchgate"));
        program.env_clear().env("XDG_STATE_HOME", &deployed.folder).args(command);
        program.env("CLIENTS_TABLE", "x").env("AWS_REGION", "eu-west-1");
        program.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
        let ran = run(program, b"").await;
        assert!(ran.assert(4).stderr.contains("this deployment has no table of mails"), "{ran:?}");
    }
}
