//! `latchgate users invite`.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use aws_sdk_dynamodb::types::{
    AttributeValue::{self, S},
    TransactWriteItem,
};
use mails::{EmailAddress, MailId, Mails, Purpose, Ticket};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, SystemClock},
    environment::{Environment, variable},
};
use tokio::io::AsyncWriteExt;

use crate::harness::{Deployed, Ran, run};

fn counts(invited: u64, pending: u64, there_already: u64, rejected: u64) -> Value {
    json!({"invited": invited, "pending": pending, "there_already": there_already, "rejected": rejected})
}

/// Runs the command on a deployment of which the operator knows that it sends mails, and who may sign up.
async fn invite_at(deployed: &Deployed, sign_up: &str, arguments: &[&str], input: &str) -> Ran {
    let mut command = deployed.command(&[&["users", "invite"], arguments].concat());
    command.env("SIGN_UP", sign_up).env("MAIL_FROM", "login@example.com");
    run(command, input.as_bytes()).await
}

async fn invite(deployed: &Deployed, arguments: &[&str]) -> Ran {
    invite_at(deployed, "invited", arguments, "").await
}

/// The rows of the addresses that were invited, by address.
async fn invitations(deployed: &Deployed) -> BTreeMap<String, BTreeMap<String, AttributeValue>> {
    let rows = deployed.items("MailsTable").await.into_iter();
    let rows = rows.filter(|row| row.get("purpose") == Some(&S("invitation".to_owned())));
    rows.map(|row| (row["address"].as_s().unwrap().clone(), row)).collect()
}

fn text<'a>(row: &'a BTreeMap<String, AttributeValue>, name: &str) -> &'a str {
    row[name].as_s().unwrap()
}

fn withdrawals(withdrawn: u64, accepted: u64, not_invited: u64, rejected: u64) -> Value {
    json!({"withdrawn": withdrawn, "accepted": accepted, "not_invited": not_invited, "rejected": rejected})
}

async fn withdraw(deployed: &Deployed, arguments: &[&str]) -> Ran {
    deployed.run(&[&["users", "invite", "--withdraw"], arguments].concat()).await
}

/// Uses the invitation of an address up, as its confirmation does.
async fn accept(deployed: &Deployed, email: &str) {
    let address = EmailAddress::parse(email).unwrap();
    let id = MailId::parse(text(&invitations(deployed).await[email], "mail_id")).unwrap();
    let table = [(variable::MAILS_TABLE.to_owned(), deployed.table("MailsTable").to_owned())];
    let mails = Mails::new(&Environment::from_variables(table), &deployed.store).unwrap();
    let update = mails.use_up(&Ticket::new(Purpose::Invitation, &address, id, SystemClock.now())).unwrap();
    let write = TransactWriteItem::builder().update(update).build();
    deployed.store.transact_write_items().transact_items(write).send().await.unwrap();
}

#[tokio::test]
async fn invited_addresses_wait_for_a_mail_with_what_the_operator_chose() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let ran = invite(&deployed, &["Ada@Example.com", "grace@example.com"]).await;
    assert_eq!((ran.json(), ran.stderr.as_str()), (counts(2, 0, 0, 0), ""));
    let claims = r#"{"roles":["admin"]}"#;
    let options = ["--client", "shop", "--language", "vi", "--claims", claims];
    let ran = invite(&deployed, &[&["lin@example.com"], &options[..]].concat()).await;
    assert_eq!(ran.json(), counts(1, 0, 0, 0));

    let rows = invitations(&deployed).await;
    assert_eq!(rows.len(), 3);
    let (ada, lin) = (&rows["Ada@Example.com"], &rows["lin@example.com"]);
    assert_eq!(ada["unsent"], ada["mail_id"]);
    assert_eq!((text(ada, "client_id"), text(ada, "language")), ("(browser)", "en"));
    assert!(!ada.contains_key("claims") && !ada.contains_key("user_id"));
    assert_eq!((text(lin, "client_id"), text(lin, "language")), ("shop", "vi"));
    assert_eq!(text(lin, "claims"), claims);
    let number = |name: &str| ada[name].as_n().unwrap().parse::<u64>().unwrap();
    assert_eq!(number("mail_expires_at") - number("asked_at"), 7 * 24 * 3600);

    let lines = deployed.audit();
    assert_eq!(deployed.events()[1..], ["user_invited", "user_invited", "user_invited"]);
    assert_eq!((&lines[3]["email"], &lines[3]["client_id"]), (&json!("lin@example.com"), &json!("shop")));
}

#[tokio::test]
async fn an_unused_invitation_stays_unless_it_is_to_be_replaced() {
    let deployed = Deployed::start().await;
    invite(&deployed, &["ada@example.com"]).await.assert(0);
    let before = invitations(&deployed).await;
    let ran = invite(&deployed, &["ADA@example.com"]).await;
    assert_eq!(ran.json(), counts(0, 1, 0, 0));
    assert!(ran.stderr.contains("has an invitation that is good until 2"), "{ran:?}");
    for options in [&["--dry-run"][..], &["--dry-run", "--again"]] {
        let ran = invite(&deployed, &[&["ada@example.com"], options].concat()).await.json();
        assert_eq!(ran, if options.len() == 1 { counts(0, 1, 0, 0) } else { counts(1, 0, 0, 0) });
    }
    assert_eq!(invitations(&deployed).await, before);
    let ran = invite(&deployed, &["ada@example.com", "--again"]).await;
    assert_eq!(ran.json(), counts(1, 0, 0, 0));
    let after = invitations(&deployed).await;
    assert_ne!(text(&after["ada@example.com"], "mail_id"), text(&before["ada@example.com"], "mail_id"));
    assert_eq!(deployed.events(), ["user_invited", "user_invited"]);
}

#[tokio::test]
async fn users_and_suppressed_addresses_are_not_invited() {
    let deployed = Deployed::start().await;
    deployed.user("ada@example.com").await;
    let ran = invite(&deployed, &["Ada@Example.com"]).await;
    assert_eq!(ran.json(), counts(0, 0, 1, 0));
    assert!(ran.stderr.contains("Ada@Example.com has an account already"), "{ran:?}");
    deployed.run(&["mails", "suppress", "grace@example.com"]).await.assert(0);
    let ran = invite(&deployed, &["lin@example.com", "Grace@example.com"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(1, 0, 0, 1));
    let said = "Grace@example.com: mails to its address are suppressed\nlatchgate: 1 address was not invited";
    assert!(ran.stderr.starts_with(said), "{ran:?}");
    assert_eq!(invitations(&deployed).await.into_keys().collect::<Vec<_>>(), ["lin@example.com"]);
}

#[tokio::test]
async fn no_address_is_invited_where_no_invitation_could_be_used() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let at = async |sign_up: &str, options: &[&str]| {
        invite_at(&deployed, sign_up, &[&["ada@example.com"], options].concat(), "").await
    };
    let ran = at("closed", &[]).await;
    assert!(ran.assert(4).stderr.contains("sign-up is closed, so no invitation could be used"), "{ran:?}");
    let ran = at("closed", &["--client", "shop"]).await;
    assert!(ran.assert(4).stderr.contains("sign-up is closed at this client"), "{ran:?}");
    let ran = invite_at(&deployed, "closed", &["--file", "-"], "ada@example.com\n").await;
    assert!(ran.assert(4).stderr.contains("latchgate: sign-up is closed"), "{ran:?}");
    let ran = at("invited", &["--client", "blog"]).await;
    assert!(ran.assert(3).stderr.contains("there is no client blog"), "{ran:?}");
    for (own, default, code) in [("closed", "open", 4), ("invited", "closed", 0), ("open", "closed", 0)] {
        deployed.run(&["clients", "update", "shop", "--sign-up", own]).await.assert(0);
        at(default, &["--client", "shop", "--dry-run"]).await.assert(code);
    }
    deployed.run(&["clients", "disable", "shop"]).await.assert(0);
    let ran = at("open", &["--client", "shop"]).await;
    assert!(ran.assert(4).stderr.contains("the client is disabled"), "{ran:?}");
    for (claims, reason) in [
        (r#"{"email":"eve@example.com"}"#, "have email or email_verified"),
        (r#"{"sub":"x"}"#, "only Latchgate sets"),
        ("[]", "claims"),
    ] {
        let ran = at("open", &["--claims", claims]).await;
        assert!(ran.assert(4).stderr.contains(reason), "{ran:?}");
    }
    assert!(invitations(&deployed).await.is_empty());
    assert!(!deployed.events().contains(&"user_invited".to_owned()));
}

#[tokio::test]
async fn a_store_alone_does_not_tell_whether_mails_are_sent() {
    let deployed = Deployed::start().await;
    let ran = deployed.run(&["users", "invite", "ada@example.com"]).await;
    assert_eq!(ran.json(), counts(1, 0, 0, 0));
    assert!(ran.stderr.contains("It isn't known here whether this deployment sends mail"), "{ran:?}");
}

#[tokio::test]
async fn a_file_has_addresses_and_objects_and_its_bad_lines_are_kept() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.client("closed").await;
    deployed.run(&["clients", "update", "closed", "--sign-up", "closed"]).await.assert(0);
    deployed.user("there@example.com").await;
    let file = [
        "\u{feff}ada@example.com",
        "",
        r#"{"email":"lin@example.com","language":"vi","claims":{"roles":["a"]},"client_id":"shop"}"#,
        "not an address",
        "ADA@example.com",
        r#"{"email":"bob@example.com","client_id":"blog"}"#,
        r#"{"email":"carl@example.com","client_id":"closed"}"#,
        r#"{"email":"eve@example.com","claims":{"email":"x@example.com"}}"#,
        "there@example.com",
        "grace@example.com",
    ];
    let path = deployed.folder.join("addresses.txt");
    std::fs::write(&path, file.join("\r\n")).unwrap();
    let arguments = ["--file", "addresses.txt", "--claims", r#"{"tier":1}"#, "--per-second", "100"];
    for dry_run in [true, false] {
        let options: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let ran = invite(&deployed, &[&arguments, options].concat()).await;
        assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(3, 0, 1, 5));
        for said in [
            "line 4: it is no mail address",
            "line 5: it has the address of line 1",
            "line 6: its client_id is no client's",
            "line 7: its client takes no sign-ups",
            "line 8: the claims have email or email_verified",
        ] {
            assert!(ran.stderr.contains(said), "{said}: {ran:?}");
        }
        let rejected = deployed.folder.join("addresses.txt.rejected");
        assert_eq!(rejected.exists(), !dry_run);
        assert_eq!(invitations(&deployed).await.len(), if dry_run { 0 } else { 3 });
    }
    let rejected = std::fs::read_to_string(deployed.folder.join("addresses.txt.rejected")).unwrap();
    assert_eq!(rejected, format!("{}\r\n", file[3..8].join("\r\n")));
    let rows = invitations(&deployed).await;
    assert_eq!(text(&rows["ada@example.com"], "claims"), r#"{"tier":1}"#);
    assert_eq!(text(&rows["lin@example.com"], "claims"), r#"{"roles":["a"]}"#);
    // The same file again invites no address twice.
    let ran = invite(&deployed, &arguments).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(0, 3, 1, 5));
    assert_eq!(invitations(&deployed).await, rows);

    let ran = invite_at(&deployed, "invited", &["--file", "-"], "\n").await;
    assert_eq!((ran.json(), ran.stderr.as_str()), (counts(0, 0, 0, 0), "There was no line.\n"));
    for bad in [&["--file", "x", "a@example.com"][..], &[], &["--from-line", "2", "a@example.com"], &["ada"]]
    {
        invite(&deployed, bad).await.assert(2);
    }
}

#[tokio::test]
async fn an_interrupted_command_says_where_to_resume() {
    let deployed = Deployed::start().await;
    let addresses = |numbers: std::ops::RangeInclusive<u32>| {
        numbers.map(|i| format!("user{i}@example.com\n")).collect::<Vec<_>>().concat()
    };
    let mut command = deployed.command(&["users", "invite", "--file", "-", "--per-second", "100"]);
    command.env("SIGN_UP", "open").env("MAIL_FROM", "login@example.com");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(addresses(1..=20).as_bytes()).await.unwrap();
    stdin.flush().await.unwrap();
    while deployed.events().len() < 20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("go on with --from-line 21"), "{said}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), counts(20, 0, 0, 0));
    drop(stdin);

    let resume = ["--file", "-", "--from-line", "21", "--per-second", "100"];
    let ran = invite_at(&deployed, "open", &resume, &addresses(1..=25)).await;
    assert_eq!(ran.json(), counts(5, 0, 0, 0));
    assert_eq!(invitations(&deployed).await.len(), 25);
}

#[tokio::test]
async fn a_withdrawn_invitation_leaves_nothing_behind() {
    let deployed = Deployed::start().await;
    invite(&deployed, &["Ada@example.com", "grace@example.com"]).await.assert(0);
    let before = invitations(&deployed).await;
    let ran = withdraw(&deployed, &["ada@example.com", "lin@example.com", "--dry-run"]).await;
    assert_eq!(ran.json(), withdrawals(1, 0, 1, 0));
    assert_eq!(invitations(&deployed).await, before);
    assert_eq!(deployed.events(), ["user_invited", "user_invited"]);

    // Nothing else has to be known of the deployment: it needs no sender for this.
    let ran = withdraw(&deployed, &["ADA@example.com", "lin@example.com"]).await;
    assert_eq!(
        (ran.json(), ran.stderr.as_str()),
        (withdrawals(1, 0, 1, 0), "lin@example.com has no invitation\n")
    );
    assert_eq!(invitations(&deployed).await.into_keys().collect::<Vec<_>>(), ["grace@example.com"]);
    assert_eq!(deployed.items("MailsTable").await.len(), 1);
    assert_eq!(deployed.events()[2..], ["invitation_withdrawn"]);
    assert_eq!(deployed.audit()[2]["email"], "ADA@example.com");
    assert_eq!(withdraw(&deployed, &["ada@example.com"]).await.json(), withdrawals(0, 0, 1, 0));
    assert_eq!(invite(&deployed, &["ada@example.com"]).await.json(), counts(1, 0, 0, 0));
}

#[tokio::test]
async fn an_accepted_invitation_is_not_withdrawn_and_the_operator_hears_of_it() {
    let deployed = Deployed::start().await;
    invite(&deployed, &["ada@example.com", "grace@example.com", "lin@example.com"]).await.assert(0);
    accept(&deployed, "ada@example.com").await;
    let before = deployed.items("MailsTable").await.len();
    let ran = withdraw(&deployed, &["ada@example.com"]).await;
    assert_eq!(ran.json(), withdrawals(0, 1, 0, 0));
    assert!(ran.stderr.starts_with("ada@example.com has accepted the invitation: "), "{ran:?}");
    assert_eq!(deployed.items("MailsTable").await.len(), before);
    assert!(!deployed.events().contains(&"invitation_withdrawn".to_owned()));

    // The file that invited them withdraws what is left, and the options of its lines don't matter.
    let file = [
        "ada@example.com",
        "",
        r#"{"email":"grace@example.com","language":"vi","client_id":"gone"}"#,
        "not an address",
        "emmy@example.com",
        "GRACE@example.com",
        "lin@example.com",
    ];
    std::fs::write(deployed.folder.join("invited.txt"), file.join("\n")).unwrap();
    let ran = withdraw(&deployed, &["--file", "invited.txt"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), withdrawals(2, 1, 1, 2));
    for said in [
        "line 1: its invitation was accepted",
        "line 4: it is no mail address",
        "line 6: it has the address of line 3",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    assert!(invitations(&deployed).await.is_empty());
}

#[tokio::test]
async fn a_command_either_invites_or_withdraws() {
    let deployed = Deployed::start().await;
    for options in [
        &["--again"][..],
        &["--client", "shop"],
        &["--language", "vi"],
        &["--claims", "{}"],
        &["--per-second", "9"],
    ] {
        withdraw(&deployed, &[&["ada@example.com"], options].concat()).await.assert(2);
    }
    withdraw(&deployed, &[]).await.assert(2);
    assert!(deployed.audit().is_empty());
}
