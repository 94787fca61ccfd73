//! Names that earlier releases stored, and names in many scripts.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use passwords::NEVER;
use serde_json::{Value, json};

use crate::harness::{Deployed, Login, PASSWORD, claims};

/// Stores a user under exactly this name, as another release may have done.
async fn put_stored(deployed: &Deployed, name: &str, user_id: &str) {
    deployed.user("template").await;
    let template = deployed.items("CredentialsTable").await;
    let template = template.iter().find(|item| item["username"] == S("template".to_owned())).unwrap();
    let credentials = deployed.store.put_item().table_name(deployed.table("CredentialsTable"));
    let credentials = credentials.item("username", S(name.to_owned())).item("user_id", S(user_id.to_owned()));
    let credentials = credentials.item("password_hash", template["password_hash"].clone());
    credentials.item("expires_at", N(NEVER.to_string())).send().await.unwrap();
    let users = deployed.store.put_item().table_name(deployed.table("UsersTable"));
    let users = users.item("user_id", S(user_id.to_owned())).item("username", S(name.to_owned()));
    users.send().await.unwrap();
    deployed.run(&["users", "delete", "template", "--yes", "--no-wait"]).await.assert(0);
}

#[tokio::test]
async fn a_listed_name_is_a_name_for_every_command() {
    for (listed, other) in
        [("γιώργος", "ΓΙΏΡΓΟΣ"), ("γιώργοσ", "γιώργος"), ("\u{ab70}\u{ab71}", "\u{13a0}\u{13a1}")]
    {
        let deployed = Deployed::start().await;
        deployed.client("shop").await;
        put_stored(&deployed, listed, "u-1").await;
        assert_eq!(deployed.run(&["users", "list"]).await.json()["users"][0]["username"], listed);
        for name in [listed, other, &format!(" {other} ")] {
            let shown = deployed.run(&["users", "show", name]).await.json();
            assert_eq!((&shown["user_id"], &shown["username"]), (&json!("u-1"), &json!(listed)), "{name}");
        }
        assert_eq!(deployed.run(&["users", "show", "--id", "u-1"]).await.json()["must_change"], false);
        deployed.run(&["users", "must-change", other]).await.assert(0);
        assert_eq!(deployed.run(&["users", "show", listed]).await.json()["must_change"], true);
        let set = ["users", "set-password", other, "--password-stdin", "--no-wait"];
        deployed.run_with(&set, "another horse, another staple".as_bytes()).await.assert(0);
        let api = deployed.api().await;
        let login = Login { password: "another horse, another staple", ..Login::on("shop", other) };
        assert_eq!(claims(&api.tokens(login).await)["sub"], "u-1");
        let sessions = deployed.run(&["sessions", "list", "--user", other]).await.json();
        assert_eq!(sessions.as_array().unwrap().len(), 1);
        deployed.run(&["users", "set-claims", other, "{}"]).await.assert(0);
        deployed.run(&["users", "disable", other, "--yes", "--no-wait"]).await.assert(0);
        deployed.run(&["users", "enable", other]).await.assert(0);
        deployed.run(&["users", "delete", other, "--yes", "--no-wait"]).await.assert(0);
        assert!(deployed.items("CredentialsTable").await.is_empty(), "{listed}");
    }
}

#[tokio::test]
async fn a_name_stored_by_an_earlier_release_is_taken_in_all_its_forms() {
    for stored in ["γιώργος", "γιώργοσ"] {
        let deployed = Deployed::start().await;
        put_stored(&deployed, stored, "u-1").await;
        for name in ["γιώργος", "γιώργοσ", "ΓΙΏΡΓΟΣ"] {
            let create = ["users", "create", name, "--id", "u-2", "--password-stdin"];
            deployed.run_with(&create, PASSWORD.as_bytes()).await.assert(4);
            let line = json!({"username": name, "password": PASSWORD}).to_string();
            let imported = deployed.run_with(&["users", "import", "-"], line.as_bytes()).await.json();
            assert_eq!(imported["there_already"], 1, "{name}, where there is {stored}");
        }
        assert_eq!(deployed.items("UsersTable").await.len(), 1);
    }
}

const COPY: [&str; 7] = ["users", "import", "-", "--update", "--disable-missing", "--no-wait", "--yes"];

fn text_of(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// The counts of a copy, which a dry run predicts.
async fn copy(deployed: &Deployed, lines: &[Value]) -> Value {
    let text = text_of(lines);
    let dry = deployed.run_with(&[&COPY[..], &["--dry-run"]].concat(), text.as_bytes()).await.json();
    let counts = deployed.run_with(&COPY, text.as_bytes()).await.json();
    assert_eq!(counts, dry, "a dry run is the run without writes");
    counts
}

fn counts(imported: u64, updated: u64, there_already: u64, disabled: u64) -> Value {
    json!({
        "imported": imported, "updated": updated, "there_already": there_already, "rejected": 0,
        "disabled": disabled,
    })
}

#[tokio::test]
async fn a_user_stored_under_another_form_of_the_name_is_matched() {
    for stored in ["γιώργος", "γιώργοσ"] {
        let deployed = Deployed::start().await;
        deployed.client("shop").await;
        put_stored(&deployed, stored, "u-1").await;
        let tokens = deployed.api().await.tokens(Login::on("shop", stored)).await;
        for name in ["γιώργος", "γιώργοσ", "ΓΙΏΡΓΟΣ"] {
            for line in [json!({"username": name}), json!({"username": name, "user_id": "u-1"})] {
                assert_eq!(
                    copy(&deployed, &[line]).await,
                    counts(0, 0, 1, 0),
                    "{name}, where there is {stored}"
                );
            }
        }
        assert_eq!(deployed.api().await.call(&tokens).await, 200);
        put_stored(&deployed, "maria", "u-2").await;
        assert_eq!(copy(&deployed, &[json!({"username": "maria"})]).await, counts(0, 0, 1, 1));
        assert_eq!(deployed.api().await.call(&tokens).await, 401);
    }
}

#[tokio::test]
async fn two_earlier_users_that_differ_by_a_sigma_stay_two_in_a_copy() {
    let home = Deployed::start().await;
    put_stored(&home, "νους", "final").await;
    put_stored(&home, "νουσ", "other").await;
    let exported = home.run(&["users", "export", "--with-hashes"]).await;
    let mut lines: Vec<Value> =
        exported.assert(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for is_there in [false, true] {
        for _ in 0..2 {
            lines.reverse();
            let standby = Deployed::start().await;
            standby.client("shop").await;
            if is_there {
                put_stored(&standby, "νους", "final").await;
                put_stored(&standby, "νουσ", "other").await;
                assert_eq!(copy(&standby, &lines).await, counts(0, 2, 0, 0));
            } else {
                assert_eq!(copy(&standby, &lines).await, counts(2, 0, 0, 0));
            }
            assert_eq!(copy(&standby, &lines).await, counts(0, 0, 2, 0));
            let api = standby.api().await;
            for (typed, user_id) in [("νους", "final"), ("νουσ", "other"), ("ΝΟΥΣ", "other")] {
                assert_eq!(claims(&api.tokens(Login::on("shop", typed)).await)["sub"], user_id, "{typed}");
            }
            // Without the other line its user is missing, in either form of the name.
            assert_eq!(copy(&standby, &lines[..1]).await, counts(0, 0, 1, 1));
            let gone = lines[1]["username"].as_str().unwrap();
            assert_eq!(api.login(Login::on("shop", gone)).await.0, 400);
        }
    }
    // One of them existed before.
    for stored in 0..2 {
        let standby = Deployed::start().await;
        let name = |line: &Value, field| line[field].as_str().unwrap().to_owned();
        put_stored(&standby, &name(&lines[stored], "username"), &name(&lines[stored], "user_id")).await;
        assert_eq!(copy(&standby, &lines).await, counts(1, 1, 0, 0));
        assert_eq!(copy(&standby, &lines).await, counts(0, 0, 2, 0));
    }
    // This is no copy, so one name means one user, as for a new user.
    let other = Deployed::start().await;
    let text = text_of(&lines);
    for arguments in [&["users", "import", "-", "--dry-run"][..], &["users", "import", "-"]] {
        let ran = other.run_with(arguments, text.as_bytes()).await;
        assert!(ran.assert(4).stderr.contains("line 2: it has the username of line 1"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_greek_user_made_again_at_home_has_the_name_in_the_standby() {
    let standby = Deployed::start().await;
    standby.client("shop").await;
    put_stored(&standby, "γιώργος", "u-1").await;
    let hash = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";
    let line = json!({"username": "γιώργοσ", "user_id": "u-2", "password_hash": hash});
    assert_eq!(copy(&standby, std::slice::from_ref(&line)).await, counts(1, 0, 0, 1));
    assert_eq!(copy(&standby, &[line]).await, counts(0, 0, 1, 0));
    let api = standby.api().await;
    for typed in ["γιώργος", "γιώργοσ", "ΓΙΏΡΓΟΣ"] {
        let login = Login { password: "correct horse", ..Login::on("shop", typed) };
        assert_eq!(claims(&api.tokens(login).await)["sub"], "u-2");
        assert_eq!(api.login(Login::on("shop", typed)).await.0, 400);
    }
}

#[tokio::test]
async fn a_hash_that_is_refused_is_reported_with_the_reason() {
    let deployed = Deployed::start().await;
    let tail = "$bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (hash, reason) in [
        ("5f4dcc3b5aa765d61d8327deb882cf99".to_owned(), "is of an unknown kind"),
        (
            format!("$argon2id$v=19$m=1048576,t=4,p=1{tail}"),
            "costs more than the limit of 256 MiB of memory for argon2",
        ),
        ("pbkdf2_sha256$600000$salt".to_owned(), "looks like Django's PBKDF2, but is malformed"),
    ] {
        let line = json!({"username": "ada", "password_hash": hash}).to_string();
        let ran = deployed.run_with(&["users", "import", "-", "--dry-run"], line.as_bytes()).await;
        let said = &ran.assert(4).stderr;
        assert!(said.contains(&format!("line 1: its password_hash {reason}")), "{said}");
        assert!(!said.contains(&hash), "{said}");
    }
}
