//! A standby: a second deployment, kept equal to the first by exports and imports.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{ACCESS_KEY_ID, Deployed, Login, PASSWORD, Ran, claims, run};

/// A hash of `correct horse`.
const HASH: &str = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";

/// Copies like a scheduled job.
async fn copy(home: &Deployed, standby: &Deployed) -> (Value, Value) {
    let clients = home.run(&["clients", "export"]).await;
    let import = ["clients", "import", "-", "--update", "--disable-missing", "--yes"];
    let clients = standby.run_with(&import, clients.assert(0).stdout.as_bytes()).await.json();
    let users = home.run(&["users", "export", "--with-hashes"]).await;
    let import = ["users", "import", "-", "--update", "--disable-missing", "--no-wait", "--yes"];
    let users = standby.run_with(&import, users.assert(0).stdout.as_bytes()).await.json();
    (clients, users)
}

fn counts(imported: u64, updated: u64, there_already: u64, disabled: u64) -> Value {
    json!({
        "imported": imported, "updated": updated, "there_already": there_already, "rejected": 0,
        "disabled": disabled,
    })
}

/// All users in the form of an export.
async fn users(deployed: &Deployed) -> Vec<String> {
    let exported = deployed.run(&["users", "export", "--with-hashes"]).await;
    let mut lines: Vec<_> = exported.assert(0).stdout.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_copy_repeats_the_changes_of_users_in_the_standby() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.client("shop").await;
    for name in ["ada", "bob", "cy", "dan", "eve"] {
        home.user(name).await;
    }
    assert_eq!(copy(&home, &standby).await, (counts(1, 0, 0, 0), counts(5, 0, 0, 0)));
    assert_eq!(copy(&home, &standby).await, (counts(0, 0, 1, 0), counts(0, 0, 5, 0)));
    assert_eq!(users(&standby).await, users(&home).await);
    let api = standby.api().await;
    let mut tokens = Vec::new();
    for name in ["ada", "bob", "cy", "dan", "eve"] {
        tokens.push(api.tokens(Login::on("shop", name)).await);
    }

    home.run(&["users", "disable", "ada", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "set-claims", "bob", r#"{"roles":["admin"]}"#]).await.assert(0);
    let set = ["users", "set-password", "cy", "--password-stdin", "--no-wait"];
    home.run_with(&set, b"another horse, another staple").await.assert(0);
    home.run(&["users", "delete", "dan", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["sessions", "revoke", "--user", "eve", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "must-change", "eve"]).await.assert(0);
    let dry = home.run(&["users", "export", "--with-hashes"]).await.assert(0).stdout.clone();
    let import = ["users", "import", "-", "--update", "--disable-missing", "--dry-run"];
    let dry = standby.run_with(&import, dry.as_bytes()).await.json();
    assert_eq!(dry, counts(0, 4, 0, 1));
    assert_eq!(copy(&home, &standby).await.1, dry, "a dry run is the run without writes");
    let mut left = users(&standby).await;
    left.retain(|line| !line.contains(r#""dan""#));
    assert_eq!(left, users(&home).await);

    let is_served = async |i: usize| (api.call(&tokens[i]).await, api.refresh("shop", &tokens[i]).await.0);
    for (i, what) in [(0, "disabled"), (2, "another password"), (3, "deleted"), (4, "revoked")] {
        // A cut-off in the same second as the login leaves the session alone.
        let served = is_served(i).await;
        assert!(served == (401, 400) || i == 4 && served == (200, 200), "{what}: {served:?}");
    }
    let (status, refreshed) = api.refresh("shop", &tokens[1]).await;
    assert_eq!((status, &claims(&refreshed)["roles"]), (200, &json!(["admin"])));
    for (name, status) in [("ada", 400), ("cy", 400), ("dan", 400), ("eve", 403)] {
        assert_eq!(api.login(Login::on("shop", name)).await.0, status, "{name}");
    }
    let changed = Login { password: "another horse, another staple", ..Login::on("shop", "cy") };
    api.tokens(changed).await;
    let events = standby.events();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("user_updated"), count("user_disabled")), (4, 2), "{events:?}");

    home.run(&["users", "enable", "ada"]).await.assert(0);
    assert_eq!(copy(&home, &standby).await.1, counts(0, 1, 3, 0));
    api.tokens(Login::on("shop", "ada")).await;
}

#[tokio::test]
async fn a_copy_leaves_out_the_trial_data_of_a_doctor() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.client("shop").await;
    home.user("ada").await;
    // A doctor is running in the home deployment, or was killed there.
    home.client("latchgate-doctor-AAAAAAAAAAAAAAAAAAAAAA").await;
    home.user("latchgate-doctor-aaaaaaaaaaaaaaaaaaaaaa").await;
    assert_eq!(copy(&home, &standby).await, (counts(1, 0, 0, 0), counts(1, 0, 0, 0)));
    // A user that a doctor left in the standby is disabled.
    standby.user("latchgate-doctor-aaaaaaaaaaaaaaaaaaaaaa").await;
    assert_eq!(copy(&home, &standby).await, (counts(0, 0, 1, 0), counts(0, 0, 1, 1)));
}

#[tokio::test]
async fn a_user_recreated_at_home_is_another_user_in_the_standby() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.client("shop").await;
    let old = home.user("ada").await;
    home.user("bob").await;
    home.user("cy").await;
    copy(&home, &standby).await;
    let api = standby.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;

    home.run(&["users", "delete", "ada", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "delete", "bob", "--yes", "--no-wait"]).await.assert(0);
    let password = "another horse, another staple";
    let create = ["users", "create", "ada", "--claims", r#"{"roles":["new"]}"#, "--password-stdin"];
    let new = home.run_with(&create, password.as_bytes()).await.json()["user_id"].clone();
    let lines = home.run(&["users", "export", "--with-hashes"]).await.assert(0).stdout.clone();

    // A malformed line may belong to the user with the name, and without `--disable-missing` the rest of the
    // users may be missing.
    let before = users(&standby).await;
    let update = ["users", "import", "-", "--update", "--no-wait"];
    let import = [&update[..], &["--disable-missing", "--yes"]].concat();
    standby.run_with(&import, format!("bad\n{lines}").as_bytes()).await.assert(4);
    let ran = standby.run_with(&update, lines.as_bytes()).await;
    assert!(ran.assert(4).stderr.contains("its username belongs to a user with another user_id"), "{ran:?}");
    assert_eq!(users(&standby).await, before);

    let dry = [&import[..], &["--dry-run"]].concat();
    let dry = standby.run_with(&dry, lines.as_bytes()).await.json();
    assert_eq!(users(&standby).await, before);
    assert_eq!(dry, counts(1, 0, 1, 2));
    assert_eq!(copy(&home, &standby).await.1, dry, "a dry run is the run without writes");
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (401, 400));
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 400);
    let made_again = claims(&api.tokens(Login { password, ..Login::on("shop", "ada") }).await);
    assert_eq!((&made_again["sub"], &made_again["roles"]), (&new, &json!(["new"])));
    standby.run(&["users", "show", "--id", &old]).await.assert(3);
    let events = standby.audit();
    let ours: Vec<_> = events.iter().filter(|event| event["user_id"] == json!(old)).collect();
    let names: Vec<_> = ours.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["user_imported", "user_disabled", "session_revoked", "user_deleted"], "{events:?}");
    assert_eq!(copy(&home, &standby).await.1, counts(0, 0, 2, 0));

    // The next run completes an interrupted copy, and copying back works the same.
    standby.run(&["users", "disable", "ada", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "delete", "ada", "--yes", "--no-wait"]).await.assert(0);
    let create = ["users", "create", "ada", "--id", &old, "--password-stdin"];
    home.run_with(&create, PASSWORD.as_bytes()).await.assert(0);
    assert_eq!(copy(&home, &standby).await.1, counts(1, 0, 1, 0));
    assert_eq!(claims(&api.tokens(Login::on("shop", "ada")).await)["sub"], json!(old));
}

#[tokio::test]
async fn an_update_keeps_cut_offs_and_newer_passwords() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.client("shop").await;
    home.user("ada").await;
    copy(&home, &standby).await;
    let old = home.run(&["users", "export", "--with-hashes"]).await.stdout;
    let set = ["users", "set-password", "ada", "--password-stdin", "--no-wait"];
    standby.run_with(&set, b"another horse, another staple").await.assert(0);
    let before = users(&standby).await;
    let ran = standby.run_with(&["users", "import", "-", "--update"], old.as_bytes()).await;
    assert_eq!(ran.json()["there_already"], 1);
    assert!(ran.stderr.contains("line 1: the stored password is newer, and stays"), "{ran:?}");
    assert_eq!(users(&standby).await, before);
}

#[tokio::test]
async fn an_update_changes_only_the_fields_in_the_line() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let id = deployed.user("ada").await;
    deployed.run(&["users", "set-claims", "ada", r#"{"roles":["admin"]}"#]).await.assert(0);
    deployed.run(&["users", "disable", "ada", "--yes", "--no-wait"]).await.assert(0);
    let import = async |line: Value| {
        let import = ["users", "import", "-", "--update", "--no-wait"];
        deployed.run_with(&import, line.to_string().as_bytes()).await
    };
    let shown = async || deployed.run(&["users", "show", "ada"]).await.json();
    let ran = import(json!({"username": "ADA", "must_change": true})).await;
    assert_eq!(ran.json(), json!({"imported": 0, "updated": 1, "there_already": 0, "rejected": 0}));
    let user = shown().await;
    assert_eq!(
        (&user["disabled"], &user["must_change"], &user["claims"]),
        (&json!(true), &json!(true), &json!({"roles": ["admin"]}))
    );
    import(json!({"username": "ada", "user_id": id, "disabled": false, "must_change": false, "claims": {}}))
        .await
        .assert(0);
    let user = shown().await;
    assert_eq!(
        (&user["disabled"], &user["must_change"], &user["claims"]),
        (&json!(false), &json!(false), &json!({}))
    );

    // The user's current password changes nothing, and another one ends earlier sessions.
    assert_eq!(import(json!({"username": "ada", "password": PASSWORD})).await.json()["there_already"], 1);
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    import(json!({"username": "ada", "password": "another horse, another staple"})).await.assert(0);
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (401, 400));
    import(json!({"username": "ada", "password_hash": HASH})).await.assert(0);
    api.tokens(Login { password: "correct horse", ..Login::on("shop", "ada") }).await;

    for (line, reason) in [
        (json!({"username": "bob", "claims": {}}), "nobody has its username yet"),
        (json!({"username": "ada", "user_id": "u-2"}), "its username belongs to"),
        (json!({"username": "bob", "user_id": id, "password_hash": HASH}), "its user_id belongs to"),
    ] {
        let ran = import(line).await;
        assert!(ran.assert(4).stderr.contains(reason), "{ran:?}");
    }
}

#[tokio::test]
async fn a_file_that_was_not_read_whole_disables_no_missing_rows() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    deployed.client("shop").await;
    for kind in ["users", "clients"] {
        let import = [kind, "import", "-", "--update", "--disable-missing"];
        deployed.run_with(&import, b"").await.assert(4);
        let ran = deployed.run_with(&[&import[..], &["--yes"]].concat(), b"bad\n").await;
        assert!(ran.assert(4).stderr.contains("disabled for not being in the file"), "{ran:?}");
        let skipping = [&import[..], &["--from-line", "2"]].concat();
        deployed.run_with(&skipping, b"").await.assert(2);
        deployed.run_with(&[kind, "import", "-", "--disable-missing"], b"").await.assert(2);
    }
    assert_eq!(deployed.run(&["users", "show", "ada"]).await.json()["disabled"], false);
    assert_eq!(deployed.run(&["clients", "show", "shop"]).await.json()["disabled"], false);
}

#[tokio::test]
async fn clients_and_their_secrets_are_the_same_in_the_standby() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    home.user("ada").await;
    home.client("shop").await;
    home.run(&["clients", "update", "shop", "--dpop", "required"]).await.assert(0);
    let create =
        ["clients", "create", "billing", "--confidential", "--claims", "email", "--access-ttl", "60"];
    let secret = home.run(&create).await.json()["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(copy(&home, &standby).await.0, counts(2, 0, 0, 0));
    assert_eq!(home.run(&["clients", "list"]).await.json(), standby.run(&["clients", "list"]).await.json());
    let with_secret = |secret| Login { client_secret: Some(secret), ..Login::on("billing", "ada") };
    standby.api().await.tokens(with_secret(&secret)).await;

    assert_eq!(home.run(&["clients", "show", "shop"]).await.json()["dpop"], "required");
    let rotated = home.run(&["clients", "rotate-secret", "billing", "--at-once", "--yes"]).await.json();
    home.run(&["clients", "update", "billing", "--scope", "read", "--reset", "claims,access-ttl"])
        .await
        .assert(0);
    let before = home.run(&["clients", "show", "billing"]).await.json()["not_before"].as_u64();
    home.run(&["sessions", "revoke", "--client", "billing", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["clients", "delete", "shop", "--yes", "--no-wait"]).await.assert(0);
    assert_eq!(copy(&home, &standby).await.0, counts(0, 1, 0, 1));
    let shown = async |deployed: &Deployed| deployed.run(&["clients", "show", "billing"]).await.json();
    assert_eq!(shown(&home).await, shown(&standby).await);
    assert!(shown(&standby).await["not_before"].as_u64() > before);
    let api = standby.api().await;
    assert_eq!(api.login(with_secret(&secret)).await.0, 401);
    api.tokens(with_secret(rotated["client_secret"].as_str().unwrap())).await;
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 401, "it was deleted at home");

    let twice = "{\"client_id\":\"new\",\"kind\":\"public\"}\n{\"client_id\":\"new\",\"kind\":\"public\",\"name\":\"x\"}\n";
    for arguments in [&["clients", "import", "-", "--dry-run"][..], &["clients", "import", "-"]] {
        let ran = standby.run_with(arguments, twice.as_bytes()).await;
        let counts: Value = serde_json::from_str(&ran.assert(4).stdout).unwrap();
        assert_eq!(counts, json!({"imported": 1, "there_already": 0, "rejected": 1}));
        assert!(ran.stderr.contains("line 2: it has the client_id of line 1"), "{ran:?}");
    }
    assert_eq!(
        standby
            .run_with(&["clients", "import", "-"], b"{\"client_id\":\"new\",\"kind\":\"public\"}")
            .await
            .json()["there_already"],
        1
    );
}

/// Runs `examples/standby.sh` as a schedule does.
async fn script(home: &Deployed, standby: &Deployed) -> Ran {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/standby.sh");
    let options =
        |deployed: &Deployed| format!("--endpoint {} --access-key-id {ACCESS_KEY_ID}", deployed.endpoint);
    let programs = Path::new(env!("CARGO_BIN_EXE_latchgate")).parent().unwrap().to_str().unwrap();
    let temporary = standby.folder.join("temporary");
    fs::create_dir_all(&temporary).unwrap();
    let mut command = Command::new("sh");
    command.arg(script).arg(options(home)).arg(options(standby));
    command.env_clear().env("USER", "ada").env("XDG_STATE_HOME", &standby.folder);
    command.env("PATH", format!("{programs}:/usr/bin:/bin")).env("TMPDIR", &temporary);
    let ran = run(command, b"").await;
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "hashes are left: {left:?}");
    ran
}

/// The script's changes: the counts of clients and users.
#[track_caller]
fn changed(ran: &Ran) -> Vec<Value> {
    let documents = serde_json::Deserializer::from_str(&ran.assert(0).stdout).into_iter::<Value>();
    documents.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn the_script_keeps_a_standby_current() {
    let (home, standby) = (Deployed::embedded().await, Deployed::embedded().await);
    home.client("shop").await;
    let create = ["clients", "create", "billing", "--confidential", "--scope", "read write"];
    home.run(&create).await.assert(0);
    for name in ["ada", "bob", "cy", "dan", "eve", "fay", "gus"] {
        home.user(name).await;
    }
    assert_eq!(changed(&script(&home, &standby).await), [counts(2, 0, 0, 0), counts(7, 0, 0, 0)]);
    let unchanged = [counts(0, 0, 2, 0), counts(0, 0, 7, 0)];
    assert_eq!(changed(&script(&home, &standby).await), unchanged, "the second time there is nothing to do");

    home.run(&["users", "disable", "ada", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "set-claims", "cy", r#"{"roles":["admin"]}"#]).await.assert(0);
    // One user takes a deleted user's name, and two users swap names.
    home.run(&["users", "delete", "bob", "--yes", "--no-wait"]).await.assert(0);
    home.run(&["users", "rename", "dan", "bob"]).await.assert(0);
    home.run(&["users", "rename", "eve", "aside"]).await.assert(0);
    home.run(&["users", "rename", "fay", "eve"]).await.assert(0);
    home.run(&["users", "rename", "aside", "fay"]).await.assert(0);
    home.run(&["users", "delete", "gus", "--yes", "--no-wait"]).await.assert(0);
    let rotated = home.run(&["clients", "rotate-secret", "billing", "--at-once", "--yes"]).await.json();
    home.run(&["clients", "update", "billing", "--scope", "read"]).await.assert(0);
    home.run(&["clients", "delete", "shop", "--yes", "--no-wait"]).await.assert(0);
    assert_eq!(changed(&script(&home, &standby).await), [counts(0, 1, 0, 1), counts(0, 5, 0, 2)]);
    assert_eq!(changed(&script(&home, &standby).await), [counts(0, 0, 1, 0), counts(0, 0, 5, 0)]);
    let mut left = users(&standby).await;
    left.retain(|line| !line.contains(r#""gus""#));
    assert_eq!(left, users(&home).await);
    let client = async |deployed: &Deployed| deployed.run(&["clients", "show", "billing"]).await.json();
    assert_eq!(client(&standby).await, client(&home).await);

    // The region is lost. Users of the home deployment can sign in here, with the same password and the new
    // secret.
    let api = standby.api().await;
    let secret = rotated["client_secret"].as_str();
    let on = |name| Login { client_secret: secret, ..Login::on("billing", name) };
    assert_eq!(claims(&api.tokens(on("cy")).await)["roles"], json!(["admin"]));
    let ids = async |deployed: &Deployed, name: &str| {
        deployed.run(&["users", "show", name]).await.json()["user_id"].clone()
    };
    for name in ["bob", "eve", "fay"] {
        assert_eq!(claims(&api.tokens(on(name)).await)["sub"], ids(&home, name).await, "{name}");
    }
    for name in ["ada", "dan", "gus"] {
        assert_eq!(api.login(on(name)).await.0, 400, "{name}");
    }

    // From here on the standby is authoritative, so the schedule must revert nothing.
    standby.run(&["users", "disable", "cy", "--yes", "--no-wait"]).await.assert(0);
    let refused = script(&home, &standby).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("users are signed in at the standby"), "{refused:?}");
    assert_eq!(standby.run(&["users", "show", "cy"]).await.json()["disabled"], true);

    // On the way back, the copies go in the other direction.
    home.run(&["sessions", "revoke", "--all", "--yes", "--no-wait"]).await.assert(0);
    let back = changed(&script(&standby, &home).await);
    assert_eq!(back[1]["disabled"], 0, "{back:?}");
    assert_eq!(home.run(&["users", "show", "cy"]).await.json()["disabled"], true);
}

#[tokio::test]
async fn the_script_changes_nothing_if_home_can_not_be_read_whole() {
    let (home, standby) = (Deployed::embedded().await, Deployed::embedded().await);
    home.client("shop").await;
    home.user("ada").await;
    changed(&script(&home, &standby).await);
    let spoilt = home.store.update_item().table_name(home.table("UsersTable"));
    let id = home.run(&["users", "show", "ada"]).await.json()["user_id"].as_str().unwrap().to_owned();
    let spoilt = spoilt.key("user_id", aws_sdk_dynamodb::types::AttributeValue::S(id));
    let spoilt = spoilt.update_expression("SET disabled = :no");
    let no = aws_sdk_dynamodb::types::AttributeValue::S("no".to_owned());
    spoilt.expression_attribute_values(":no", no).send().await.unwrap();
    let before = users(&standby).await;
    assert_eq!(script(&home, &standby).await.code, 1);
    assert_eq!(users(&standby).await, before);
    assert_eq!(standby.run(&["users", "show", "ada"]).await.json()["disabled"], false);

    let usage = ["one"];
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/standby.sh");
    let mut command = Command::new("sh");
    command.arg(script).args(usage);
    assert_eq!(run(command, b"").await.code, 2);
}

#[tokio::test]
async fn an_empty_file_disables_no_missing_rows() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    deployed.client("shop").await;
    for kind in ["users", "clients"] {
        let import = [kind, "import", "-", "--update", "--disable-missing", "--yes"];
        let ran = deployed.run_with(&import, b"").await;
        assert!(ran.assert(4).stderr.contains("the file is empty, so nobody was disabled"), "{ran:?}");
    }
    assert_eq!(deployed.run(&["users", "show", "ada"]).await.json()["disabled"], false);
    assert_eq!(deployed.run(&["clients", "show", "shop"]).await.json()["disabled"], false);
}
