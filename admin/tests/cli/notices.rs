//! What users are told of operators' commands: the commands name it in the user's record, and the mailer mails it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use shared::store::attribute;

use crate::harness::{Deployed, Login, PASSWORD, account::Account, run};

const ANOTHER: &[u8] = b"another long and private sentence";

/// The record of the only user.
async fn user(deployed: &Deployed) -> BTreeMap<String, AttributeValue> {
    deployed.items("UsersTable").await.remove(0)
}

fn notice(user: &BTreeMap<String, AttributeValue>) -> Option<&str> {
    user.get(attribute::NOTICE).map(|notice| notice.as_s().unwrap().as_str())
}

#[tokio::test]
async fn a_password_that_an_operator_sets_is_told() {
    for options in [&["--no-wait"][..], &["--keep-sessions"], &["--no-wait", "--must-change"]] {
        let deployed = Deployed::start().await;
        deployed.user("ada@example.com").await;
        let set = ["users", "set-password", "ada@example.com", "--password-stdin"];
        deployed.run_with(&[&set[..], options].concat(), ANOTHER).await.assert(0);
        let user = user(&deployed).await;
        assert_eq!(notice(&user), Some("password_changed"), "{options:?}");
        // The mailer tells another password from a repeated record by this instant.
        let valid_from = &deployed.items("CredentialsTable").await[0][attribute::VALID_FROM];
        assert_eq!(&user[attribute::NOTICED_AT], valid_from, "{options:?}");
        let cut_off = user.get(attribute::NOT_BEFORE);
        assert_eq!(cut_off, (options != ["--keep-sessions"]).then_some(valid_from), "{options:?}");
    }
}

#[tokio::test]
async fn the_end_of_all_sessions_of_one_user_is_told() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada@example.com").await;
    deployed.api().await.tokens(Login::on("shop", "ada@example.com")).await;
    let revoke = ["sessions", "revoke", "--user", "ada@example.com", "--yes", "--no-wait"];
    assert_eq!(deployed.run(&revoke).await.json()["sessions_ended"], 1);
    let user = user(&deployed).await;
    assert_eq!(notice(&user), Some("sessions_ended"));
    assert_eq!(user[attribute::NOTICED_AT], user[attribute::NOT_BEFORE]);
    // One mail, from the user's record: the denylist's row names none.
    let rows = deployed.items("RevocationsTable").await;
    assert!(rows.iter().all(|row| !row.contains_key(attribute::NOTICE)), "{rows:?}");
}

/// These affect many users or one device, or the mail would be wrong for the account.
#[tokio::test]
async fn operators_other_commands_are_not_told() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada@example.com").await;
    let revoke = ["sessions", "revoke", "--yes", "--no-wait"];
    let imported = format!(r#"{{"username":"ada@example.com","password":"{PASSWORD} and more"}}"#);
    for (command, input) in [
        (&[&revoke[..], &["--user", "ada@example.com", "--client", "shop"]].concat()[..], ""),
        (&[&revoke[..], &["--client", "shop"]].concat(), ""),
        (&[&revoke[..], &["--all"]].concat(), ""),
        (&["users", "must-change", "ada@example.com"], ""),
        (&["users", "set-claims", "ada@example.com", r#"{"email":"ada@example.org"}"#], ""),
        (&["users", "disable", "ada@example.com", "--yes", "--no-wait"], ""),
        (&["users", "enable", "ada@example.com"], ""),
        (&["users", "import", "-", "--update"], imported.as_str()),
    ] {
        deployed.run_with(command, input.as_bytes()).await.assert(0);
        let user = user(&deployed).await;
        assert_eq!(notice(&user), None, "{command:?}: {user:?}");
    }
    assert!(deployed.items("MailsTable").await.is_empty());
}

/// The mail goes to the address of before, so it is no notice in the record: the record has the new one.
#[tokio::test]
async fn another_user_name_is_told_by_the_outbox_unless_the_stack_sends_no_mail() {
    let deployed = Deployed::embedded().await;
    let account = Account::with(&deployed).await;
    deployed.user("ada@example.com").await;
    let rename = async |old: &str, new: &str| {
        let arguments = ["--stack", "latchgate-prod", "users", "rename", old, new];
        run(account.command(&deployed, &arguments), b"").await.assert(0);
        let user = user(&deployed).await;
        assert_eq!((&user[attribute::USERNAME], notice(&user)), (&S(new.to_owned()), None));
        deployed.items("MailsTable").await
    };
    assert!(rename("ada@example.com", "ada@example.org").await.is_empty());
    let sender = ("MailFrom".to_owned(), "login@example.com".to_owned());
    account.world().stack("latchgate-prod").parameters.insert(sender.0, sender.1);
    let rows = rename("ada@example.org", "ada@example.net").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][attribute::PURPOSE], S("renamed".to_owned()));
    assert_eq!(rows[0]["address"], S("ada@example.org".to_owned()));
}
