//! `latchgate users rename`, and the guess budget in `users show`.

use std::collections::BTreeMap;

use admin::tables::users::UserTables;
use aws_sdk_dynamodb::types::{
    AttributeValue::{self, Bool, N, S},
    TransactWriteItem,
};
use passwords::{Credentials, NEVER, Username};
use serde_json::{Value, json};
use shared::{
    ids::UserId,
    store::{Table, Users},
};

use crate::harness::{Deployed, Login, PASSWORD, claims, run};

fn tables(deployed: &Deployed) -> UserTables {
    let table = |id: &str| Table { client: deployed.store.clone(), name: deployed.table(id).to_owned() };
    UserTables {
        users: Users { table: table("UsersTable") },
        credentials: Credentials { table: table("CredentialsTable") },
    }
}

async fn guess(api: &crate::harness::Api, name: &str, times: usize) {
    for _ in 0..times {
        api.login(Login { password: "a wrong guess", ..Login::on("shop", name) }).await;
    }
}

#[tokio::test]
async fn a_renamed_user_stays_signed_in_and_signs_in_by_the_new_name() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let create =
        ["users", "create", "ada", "--claims", r#"{"email":"Ada","city":"London"}"#, "--password-stdin"];
    let user_id = deployed.run_with(&create, PASSWORD.as_bytes()).await.json()["user_id"].clone();
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;

    let renamed = deployed.run(&["users", "rename", "ADA", "Ada.Lovelace@Example.com"]).await;
    assert!(renamed.stderr.contains("The claim email still has the old name"), "{renamed:?}");
    let renamed = renamed.json();
    assert_eq!((&renamed["user_id"], &renamed["username"]), (&user_id, &json!("ada.lovelace@example.com")));
    assert_eq!((&renamed["sessions"], &renamed["claims"]["city"]), (&json!(1), &json!("London")));
    let credentials = deployed.items("CredentialsTable").await;
    assert_eq!(credentials.len(), 1);
    let names: Vec<_> = credentials[0].keys().map(String::as_str).collect();
    assert_eq!(names, ["expires_at", "password_hash", "user_id", "username"]);

    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (200, 200));
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 400);
    let again = api.tokens(Login::on("shop", "ada.lovelace@example.com")).await;
    assert_eq!(claims(&again)["sub"], user_id);
    let line = deployed.audit().pop().unwrap();
    assert_eq!((&line["event"], &line["former_username"]), (&json!("user_renamed"), &json!("ada")));
    assert_eq!((&line["username"], &line["user_id"]), (&json!("ada.lovelace@example.com"), &user_id));
    // The old name is free.
    deployed.user("ada").await;
}

#[tokio::test]
async fn renaming_to_a_taken_name_changes_nothing() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    deployed.user("bob").await;
    let before = deployed.items("CredentialsTable").await;
    let rename = async |old: &str, new: &str| deployed.run(&["users", "rename", old, new]).await;
    assert!(rename("ada", "BOB").await.assert(4).stderr.contains("there is a user bob already"));
    assert!(rename("ada", "Ada").await.assert(4).stderr.contains("that is the user's name already"));
    assert!(rename("nobody", "cy").await.assert(3).stderr.contains("there is no user nobody"));
    rename("ada", "two words").await.assert(2);
    let mut after = deployed.items("CredentialsTable").await;
    after.sort_by_key(|item| format!("{:?}", item["username"]));
    let mut before = before;
    before.sort_by_key(|item| format!("{:?}", item["username"]));
    assert_eq!(after, before);
    assert_eq!(deployed.events(), ["user_created", "user_created"]);
}

#[tokio::test]
async fn a_rename_adds_up_the_spent_guesses_of_both_names() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let shown = deployed.run(&["users", "show", "ada"]).await.json();
    assert_eq!(shown["locked"], false);
    let whole = json!([{"budget": "strangers", "spent": 0, "spent_of": 20, "failures_in_a_row": 0}]);
    assert_eq!(shown["guesses"], whole);
    guess(&api, "ada", 3).await;
    guess(&api, "grace", 2).await;
    deployed.run(&["users", "rename", "ada", "grace"]).await.assert(0);
    let spent = |shown: &Value| {
        (shown["guesses"][0]["spent"].clone(), shown["guesses"][0]["failures_in_a_row"].clone())
    };
    let shown = deployed.run(&["users", "show", "grace"]).await.json();
    assert_eq!(spent(&shown), (json!(5), json!(5)));
    api.tokens(Login::on("shop", "grace")).await;

    guess(&api, "grace", 20).await;
    let locked = deployed.run(&["users", "show", "grace"]).await.json();
    assert_eq!((&locked["locked"], &locked["guesses"][0]["spent"]), (&json!(true), &json!(20)));
    let until = locked["guesses"][0]["locked_until"].as_u64().unwrap();
    let table = deployed.run(&["users", "show", "grace", "--output", "table"]).await;
    assert!(table.stdout.lines().any(|line| line.split_whitespace().eq(["locked", "yes"])), "{table:?}");
    assert!(table.stdout.contains("budget strangers, failures_in_a_row "), "{table:?}");
    deployed.run(&["users", "rename", "grace", "hopper"]).await.assert(0);
    assert_eq!(api.login(Login::on("shop", "hopper")).await.0, 400);
    let shown = deployed.run(&["users", "show", "hopper"]).await.json();
    assert_eq!(shown["guesses"][0]["locked_until"].as_u64(), Some(until));
}

#[tokio::test]
async fn a_copy_renames_users_that_were_renamed_at_home() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.client("shop").await;
    for name in ["ada", "bob", "cy"] {
        home.user(name).await;
    }
    let copy = async |more: &[&str]| {
        let clients = home.run(&["clients", "export"]).await.assert(0).stdout.clone();
        standby.run_with(&["clients", "import", "-", "--update"], clients.as_bytes()).await.assert(0);
        let users = home.run(&["users", "export", "--with-hashes"]).await.assert(0).stdout.clone();
        let import = ["users", "import", "-", "--update", "--disable-missing", "--no-wait", "--yes"];
        standby.run_with(&[&import[..], more].concat(), users.as_bytes()).await
    };
    copy(&[]).await.assert(0);
    let api = standby.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    home.run(&["users", "rename", "ada", "lovelace"]).await.assert(0);
    let dry = copy(&["--dry-run"]).await.json();
    let counts = json!({"imported": 0, "updated": 1, "there_already": 2, "rejected": 0, "disabled": 0});
    assert_eq!(dry, counts);
    assert_eq!(copy(&[]).await.json(), counts);
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (200, 200));
    api.tokens(Login::on("shop", "lovelace")).await;
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 400);
    let renamed: Vec<_> =
        standby.audit().into_iter().filter(|line| line["event"] == "user_renamed").collect();
    assert!(renamed.len() == 1 && renamed[0]["former_username"] == "ada", "{renamed:?}");

    // In the same copy, a name that became free in the home deployment goes to another user there.
    home.run(&["users", "rename", "bob", "robert"]).await.assert(0);
    home.run(&["users", "rename", "cy", "bob"]).await.assert(0);
    assert_eq!(copy(&[]).await.json()["rejected"], 0);
    let id = async |deployed: &Deployed, name: &str| {
        deployed.run(&["users", "show", name]).await.json()["user_id"].clone()
    };
    for name in ["lovelace", "robert", "bob"] {
        assert_eq!(id(&standby, name).await, id(&home, name).await, "{name}");
    }
    // There is also a row that counts the attempt on the old name.
    let stored = standby.items("CredentialsTable").await;
    assert_eq!(stored.iter().filter(|item| item.contains_key("password_hash")).count(), 3);
}

/// A credential's attributes besides its name, its user and its hash.
async fn stored(deployed: &Deployed, name: &str) -> BTreeMap<String, AttributeValue> {
    let items = deployed.items("CredentialsTable").await;
    items.into_iter().find(|item| item["username"] == S(name.to_owned())).unwrap()
}

#[tokio::test]
async fn an_attribute_written_during_a_rename_is_not_lost() {
    let name = |text: &str| Username::parse(text).unwrap();
    for (attribute, value) in [
        ("must_change", Bool(true)),
        ("changed_in", S("AAAAAAAAAAAAAAAAAAAAAA".to_owned())),
        ("valid_from", N("1790000000".to_owned())),
        ("password_hash", S("$argon2id$another".to_owned())),
    ] {
        let deployed = Deployed::start().await;
        deployed.user("ada").await;
        let credentials = tables(&deployed).credentials;
        let moving = credentials.moving(&name("ada"), &name("grace")).await.unwrap().unwrap();
        let update = credentials.table.update_item().key("username", S("ada".to_owned()));
        let update = update.update_expression("SET #a = :a").expression_attribute_names("#a", attribute);
        update.expression_attribute_values(":a", value.clone()).send().await.unwrap();
        let transact = deployed.store.transact_write_items();
        let transact = transact.transact_items(TransactWriteItem::builder().update(moving.creation).build());
        let transact = transact.transact_items(TransactWriteItem::builder().delete(moving.deletion).build());
        assert!(transact.send().await.is_err(), "{attribute}");
        deployed.run(&["users", "rename", "ada", "grace"]).await.assert(0);
        assert_eq!(stored(&deployed, "grace").await[attribute], value);
    }
}

#[tokio::test]
async fn only_the_credential_of_the_user_is_deleted() {
    let deployed = Deployed::start().await;
    let user_id = UserId::parse(&deployed.user("ada").await).unwrap();
    let name = |text: &str| Username::parse(text).unwrap();
    let mut credentials = tables(&deployed).credentials;
    assert!(!credentials.delete(&name("nobody"), &user_id).await.unwrap());
    assert!(!credentials.delete(&name("ada"), &UserId::nobody()).await.unwrap());
    assert_eq!(deployed.items("CredentialsTable").await.len(), 1);
    assert!(credentials.delete(&name("ada"), &user_id).await.unwrap());
    assert!(deployed.items("CredentialsTable").await.is_empty());
    credentials.table.name = "missing".to_owned();
    credentials.delete(&name("ada"), &user_id).await.unwrap_err();
}

#[tokio::test]
async fn a_password_does_not_expire_with_the_guesses_at_its_new_name() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    guess(&api, "grace", 1).await;
    assert_ne!(stored(&deployed, "grace").await["expires_at"], N(NEVER.to_string()));
    let update = tables(&deployed).credentials.table.update_item().key("username", S("ada".to_owned()));
    let update = update.update_expression("REMOVE #e").expression_attribute_names("#e", "expires_at");
    update.send().await.unwrap();
    deployed.run(&["users", "rename", "ada", "grace"]).await.assert(0);
    assert_eq!(stored(&deployed, "grace").await["expires_at"], N(NEVER.to_string()));
    api.tokens(Login::on("shop", "grace")).await;
}

#[tokio::test]
async fn a_user_renamed_during_its_deletion_is_deleted() {
    let deployed = Deployed::start().await;
    let user_id = UserId::parse(&deployed.user("ada").await).unwrap();
    let (ada, tables) = (Username::parse("ada").unwrap(), tables(&deployed));
    deployed.run(&["users", "rename", "ada", "grace"]).await.assert(0);
    // Meanwhile, another user has the name ada.
    deployed.user("ada").await;
    assert_eq!(tables.delete(&ada, &user_id).await.unwrap().as_str(), "grace");
    assert_eq!(tables.delete(&ada, &user_id).await.unwrap().as_str(), "ada", "nothing is left to do");
    assert_eq!(deployed.items("CredentialsTable").await.len(), 1);
    assert_eq!(deployed.items("UsersTable").await.len(), 1);
    deployed.run(&["users", "show", "ada"]).await.assert(0);
}

#[tokio::test]
async fn a_claim_in_a_note_does_nothing_to_the_terminal() {
    let deployed = Deployed::start().await;
    let claims = r#"{"e\u001b[2J\u202email\n":"ada"}"#;
    let create = ["users", "create", "ada", "--claims", claims, "--password-stdin"];
    deployed.run_with(&create, PASSWORD.as_bytes()).await.assert(0);
    let renamed = deployed.run(&["users", "rename", "ada", "grace"]).await;
    let said = &renamed.assert(0).stderr;
    assert!(said.contains(r"The claim e\u{1b}[2J\u{202e}mail\n still has the old name"), "{said:?}");
    let shown = deployed.run(&["users", "show", "grace", "--output", "table"]).await;
    let shown = &shown.assert(0).stdout;
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
    let exact = deployed.run(&["users", "show", "grace"]).await.json();
    assert_eq!(exact["claims"]["e\u{1b}[2J\u{202e}mail\n"], "ada");
}

/// Lines of users with these names and identifiers.
fn text_of(pairs: &[(&str, &str)]) -> String {
    let hash = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";
    let line = |(user_id, name): &(&str, &str)| {
        json!({"username": name, "user_id": user_id, "password_hash": hash}).to_string()
    };
    pairs.iter().map(line).collect::<Vec<_>>().join("\n")
}

const COPY: [&str; 7] = ["users", "import", "-", "--update", "--disable-missing", "--no-wait", "--yes"];

#[tokio::test]
async fn a_copy_passes_names_from_user_to_user_in_any_order_of_lines() {
    let before = [("a", "x"), ("b", "y"), ("c", "z"), ("d", "v")];
    let after = [("a", "y"), ("b", "z"), ("c", "w"), ("d", "v"), ("e", "x")];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 4, 2, 3]] {
        let deployed = Deployed::start().await;
        deployed.run_with(&COPY, text_of(&before).as_bytes()).await.assert(0);
        let text = text_of(&order.map(|i| after[i]));
        let counts = json!({"imported": 1, "updated": 3, "there_already": 1, "rejected": 0, "disabled": 0});
        let dry = deployed.run_with(&[&COPY[..], &["--dry-run"]].concat(), text.as_bytes()).await;
        assert_eq!(dry.json(), counts, "{order:?}");
        assert_eq!(deployed.run_with(&COPY, text.as_bytes()).await.json(), counts, "{order:?}");
        for (user_id, name) in after {
            assert_eq!(deployed.run(&["users", "show", name]).await.json()["user_id"], user_id, "{order:?}");
        }
    }
}

#[tokio::test]
async fn a_copy_passes_names_around_a_circle() {
    let before = [("a", "x"), ("b", "y"), ("c", "z"), ("d", "v"), ("e", "u")];
    // A circle of three users, and a circle of two.
    let after = [("a", "y"), ("b", "z"), ("c", "x"), ("d", "u"), ("e", "v")];
    for order in [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1]] {
        let deployed = Deployed::start().await;
        deployed.run_with(&COPY, text_of(&before).as_bytes()).await.assert(0);
        let stored = deployed.items("UsersTable").await;
        let text = text_of(&order.map(|i| after[i]));
        let counts = json!({"imported": 0, "updated": 5, "there_already": 0, "rejected": 0, "disabled": 0});
        let dry = deployed.run_with(&[&COPY[..], &["--dry-run"]].concat(), text.as_bytes()).await;
        assert_eq!(dry.json(), counts, "{order:?}");
        assert_eq!(deployed.items("UsersTable").await, stored, "a dry run changes nothing");
        assert_eq!(deployed.run_with(&COPY, text.as_bytes()).await.json(), counts, "{order:?}");
        for (user_id, name) in after {
            assert_eq!(deployed.run(&["users", "show", name]).await.json()["user_id"], user_id, "{order:?}");
        }
        assert_eq!(deployed.items("CredentialsTable").await.len(), 5);
        let again = deployed.run_with(&COPY, text.as_bytes()).await.json();
        assert_eq!(again["there_already"], 5, "{again}");
    }
}

#[tokio::test]
async fn a_circle_with_a_rival_claim_leaves_every_user_a_name() {
    // Two lines claim a name with two forms. Only the end of the file shows which one belongs to the stored
    // user.
    let before = [("a", "γιώργοσ"), ("b", "y"), ("c", "v"), ("d", "w")];
    let after = [("a", "y"), ("b", "ΓΙΏΡΓΟΣ"), ("e", "ΓΙΏΡΓΟΣ"), ("c", "w"), ("d", "v")];
    for order in [[0, 1, 2, 3, 4], [4, 2, 1, 0, 3]] {
        let deployed = Deployed::start().await;
        deployed.run_with(&COPY, text_of(&before).as_bytes()).await.assert(0);
        let text = text_of(&order.map(|i| after[i]));
        let dry = deployed.run_with(&[&COPY[..], &["--dry-run"]].concat(), text.as_bytes()).await;
        let ran = deployed.run_with(&COPY, text.as_bytes()).await;
        for ran in [&dry, &ran] {
            let said: Value = serde_json::from_str(&ran.assert(4).stdout).unwrap();
            assert_eq!((&said["updated"], &said["rejected"]), (&json!(2), &json!(3)), "{order:?}: {ran:?}");
        }
        for (user_id, name) in [("a", "γιώργοσ"), ("b", "y"), ("c", "w"), ("d", "v")] {
            assert_eq!(deployed.run(&["users", "show", name]).await.json()["user_id"], user_id, "{order:?}");
        }
    }
}

#[tokio::test]
async fn a_copy_gives_the_name_of_a_deleted_user_to_its_new_owner() {
    let before = [("a", "x"), ("b", "y"), ("c", "z")];
    // x's name went to b, and b's to c. a is gone, and d is new with the name that became free last.
    let after = [("b", "x"), ("c", "y"), ("d", "z")];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let deployed = Deployed::start().await;
        deployed.run_with(&COPY, text_of(&before).as_bytes()).await.assert(0);
        let text = text_of(&order.map(|i| after[i]));
        let counts = json!({"imported": 1, "updated": 2, "there_already": 0, "rejected": 0, "disabled": 1});
        let dry = deployed.run_with(&[&COPY[..], &["--dry-run"]].concat(), text.as_bytes()).await;
        assert_eq!(dry.json(), counts, "{order:?}");
        assert_eq!(deployed.run_with(&COPY, text.as_bytes()).await.json(), counts, "{order:?}");
        for (user_id, name) in after {
            assert_eq!(deployed.run(&["users", "show", name]).await.json()["user_id"], user_id, "{order:?}");
        }
        deployed.run(&["users", "show", "--id", "a"]).await.assert(3);
        let deleted: Vec<_> =
            deployed.audit().into_iter().filter(|line| line["event"] == "user_deleted").collect();
        assert!(deleted.len() == 1 && deleted[0]["user_id"] == "a", "{deleted:?}");
    }
    // A malformed line may belong to the user who seems to be gone.
    let deployed = Deployed::start().await;
    deployed.run_with(&COPY, text_of(&before).as_bytes()).await.assert(0);
    let stored = deployed.items("UsersTable").await;
    let ran = deployed.run_with(&COPY, format!("bad\n{}", text_of(&after)).as_bytes()).await;
    assert!(ran.assert(4).stderr.contains("its username belongs to a user with another user_id"), "{ran:?}");
    assert_eq!(deployed.items("UsersTable").await, stored);
}

#[tokio::test]
async fn a_list_has_search_order_and_pages() {
    let deployed = Deployed::start().await;
    for name in ["dan", "ada", "cy", "bob", "eve"] {
        let claims = format!(r#"{{"email":"{name}@{}.example"}}"#, if name < "c" { "early" } else { "late" });
        let create = ["users", "create", name, "--claims", &claims, "--password-stdin"];
        deployed.run_with(&create, PASSWORD.as_bytes()).await.assert(0);
    }
    let names = |page: &Value| -> Vec<String> {
        let users = page["users"].as_array().unwrap().iter();
        users.map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    };
    let list = async |more: &[&str]| deployed.run(&[&["users", "list"], more].concat()).await.json();
    assert_eq!(names(&list(&[]).await), ["ada", "bob", "cy", "dan", "eve"]);
    assert_eq!(names(&list(&["--search", "LATE.example"]).await), ["cy", "dan", "eve"]);
    assert_eq!(names(&list(&["--search", "b"]).await), ["bob"]);
    assert_eq!(names(&list(&["--prefix", "E"]).await), ["eve"]);
    assert_eq!(list(&["--search", "nobody"]).await, json!({"users": []}));

    for order in ["name", "stored"] {
        let (mut all, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let mut more = vec!["--limit", "2"];
            match &cursor {
                None => more.extend(["--sort", order]),
                Some(cursor) => more.extend(["--cursor", cursor]),
            }
            let page = list(&more).await;
            all.extend(names(&page));
            pages += 1;
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, 3, "{order}");
        if order == "stored" {
            all.sort();
        }
        assert_eq!(all, ["ada", "bob", "cy", "dan", "eve"], "{order}");
    }
    let cursor = list(&["--limit", "2"]).await["next_cursor"].as_str().unwrap().to_owned();
    deployed.run(&["users", "list", "--cursor", &cursor, "--sort", "stored"]).await.assert(2);
    deployed.run(&["users", "list", "--cursor", "nonsense"]).await.assert(2);
    deployed.run(&["users", "list", "--limit", "0"]).await.assert(2);
    let table = deployed.run(&["users", "list", "--limit", "2", "--output", "table"]).await;
    assert!(table.stderr.contains(&format!("--cursor {cursor} for the next page")), "{table:?}");
}

/// `script` provides a terminal.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let deployed = Deployed::start().await;
    let claims = r#"{"email":"ada@example.com","roles":["admin","editor","author"],"city":"London"}"#;
    let create = ["users", "create", "ada", "--id", "u-1", "--claims", claims, "--password-stdin"];
    deployed.run_with(&create, PASSWORD.as_bytes()).await.assert(0);
    let list = ["users", "list", "--output", "table"];
    let piped = deployed.run(&list).await.assert(0).stdout.clone();
    assert!(piped.contains("\"London\""), "{piped}");
    for (columns, is_list) in [(60, true), (24, false)] {
        let mut script = tokio::process::Command::new("script");
        let program = format!(
            "stty rows 24 cols {columns}; {} {} --endpoint {} --access-key-id {}",
            env!("CARGO_BIN_EXE_latchgate"),
            list.join(" "),
            deployed.endpoint,
            crate::harness::ACCESS_KEY_ID,
        );
        script.args(["-qec", &program, "/dev/null"]).env("USERS_TABLE", deployed.table("UsersTable"));
        let shown = run(script, b"").await;
        let lines: Vec<_> = shown.stdout.lines().map(|line| line.trim_end_matches('\r')).collect();
        assert_eq!(lines[0].starts_with("USER_ID"), is_list, "{shown:?}");
        assert!(!is_list || lines.iter().all(|line| line.chars().count() <= columns), "{shown:?}");
    }
}
