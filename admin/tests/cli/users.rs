//! `latchgate users …`

use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, N, S};
use serde_json::json;

use crate::harness::{Deployed, Login, PASSWORD, claims};

const OTHER: &str = "another horse, another staple";

#[tokio::test]
async fn a_created_user_signs_in_with_claims_and_identifier() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let create = ["users", "create", "Ada@Example.com", "--id", "u-1", "--claims", r#"{"roles":["admin"]}"#];
    let created =
        deployed.run_with(&[&create[..], &["--password-stdin"]].concat(), PASSWORD.as_bytes()).await;
    let expected = json!({
        "user_id": "u-1", "username": "ada@example.com", "claims": {"roles": ["admin"]}, "disabled": false,
    });
    assert_eq!(created.json(), expected);
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada@example.com")).await;
    let said = claims(&tokens);
    assert_eq!((&said["sub"], &said["roles"]), (&json!("u-1"), &json!(["admin"])));
    let shown = deployed.run(&["users", "show", "ada@example.com"]).await.json();
    assert_eq!((&shown["sessions"], &shown["must_change"]), (&json!(1), &json!(false)));
    assert_eq!(deployed.run(&["users", "show", "--id", "u-1"]).await.json(), shown);
    assert_eq!(deployed.run(&["users", "list"]).await.json(), json!({"users": [expected]}));
}

#[tokio::test]
async fn a_name_and_an_identifier_are_taken_once_and_nothing_is_half_made() {
    let deployed = Deployed::start().await;
    let create = async |name: &str, id: &str| {
        let arguments = ["users", "create", name, "--id", id, "--password-stdin"];
        deployed.run_with(&arguments, PASSWORD.as_bytes()).await
    };
    create("ada", "u-1").await.assert(0);
    assert!(create("ADA", "u-2").await.assert(4).stderr.contains("there is a user ada already"));
    create("bob", "u-1").await.assert(4);
    assert_eq!(deployed.items("UsersTable").await.len(), 1);
    assert_eq!(deployed.items("CredentialsTable").await.len(), 1);
    assert_eq!(deployed.events(), ["user_created"]);
}

#[tokio::test]
async fn guesses_at_an_unused_name_do_not_block_its_creation() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    assert_eq!(deployed.api().await.login(Login::on("shop", "ada")).await.0, 400);
    deployed.user("ada").await;
    deployed.api().await.tokens(Login::on("shop", "ada")).await;
}

#[tokio::test]
async fn a_rejected_password_creates_no_user() {
    let deployed = Deployed::start().await;
    for (password, said) in [
        ("short", "at least 8"),
        ("password1\n", "most common"),
        ("ada.lovelace\n", "user name"),
        ("", "at most 1024 bytes"),
    ] {
        let arguments = ["users", "create", "ada.lovelace", "--password-stdin"];
        let refused = deployed.run_with(&arguments, password.as_bytes()).await;
        assert!(refused.assert(4).stderr.contains(said), "{refused:?}");
        assert!(password.is_empty() || !refused.stderr.contains(password.trim()), "{refused:?}");
    }
    // There is no terminal to ask at.
    deployed.run(&["users", "create", "ada"]).await.assert(2);
    assert!(deployed.items("CredentialsTable").await.is_empty());
}

#[tokio::test]
async fn a_generated_password_is_shown_once_and_may_require_a_change() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let created = deployed.run(&["users", "create", "ada", "--generate", "--must-change"]).await.json();
    let password = created["password"].as_str().unwrap();
    let login = Login { password, ..Login::on("shop", "ada") };
    let (status, body) = deployed.api().await.login(login).await;
    assert_eq!((status, body.get("refresh_token")), (403, None), "{body}");
    assert_eq!(deployed.run(&["users", "show", "ada"]).await.json()["must_change"], true);
    deployed.run(&["users", "must-change", "ada", "--not"]).await.assert(0);
    deployed.api().await.tokens(login).await;
    deployed.run(&["users", "must-change", "ada"]).await.assert(0);
    assert_eq!(deployed.api().await.login(login).await.0, 403);
    assert!(!format!("{:?}", deployed.audit()).contains(password));
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    api.login(Login { password: "a wrong guess", ..Login::on("shop", "ada") }).await;
    let set = ["users", "set-password", "ada", "--password-stdin", "--no-wait"];
    let done = deployed.run_with(&set, OTHER.as_bytes()).await.json();
    assert_eq!(done["sessions_ended"], 1);
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (401, 400));
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 400);
    let again = api.tokens(Login { password: OTHER, ..Login::on("shop", "ada") }).await;
    assert_eq!((api.call(&again).await, api.refresh("shop", &again).await.0), (200, 200));
}

#[tokio::test]
async fn setting_a_password_clears_the_guesses_and_the_required_change() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.run(&["users", "create", "ada", "--generate", "--must-change"]).await.assert(0);
    let api = deployed.api().await;
    for _ in 0..21 {
        api.login(Login { password: "a wrong guess", ..Login::on("shop", "ada") }).await;
    }
    let set = ["users", "set-password", "ada", "--password-stdin", "--no-wait"];
    deployed.run_with(&set, OTHER.as_bytes()).await.assert(0);
    let stored = &deployed.items("CredentialsTable").await[0];
    let names: Vec<_> = stored.keys().map(String::as_str).collect();
    assert_eq!(names, ["expires_at", "password_hash", "user_id", "username", "valid_from"]);
    api.tokens(Login { password: OTHER, ..Login::on("shop", "ada") }).await;
}

#[tokio::test]
async fn the_option_keep_sessions_keeps_the_sessions() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    let set = ["users", "set-password", "ada", "--password-stdin", "--keep-sessions"];
    let done = deployed.run_with(&set, OTHER.as_bytes()).await.json();
    assert_eq!(done.get("sessions_ended"), None);
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (200, 200));
}

#[tokio::test]
async fn claims_that_are_set_are_in_the_next_refresh() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    assert_eq!(claims(&tokens).get("roles"), None);
    let set = ["users", "set-claims", "ada", "-"];
    deployed.run_with(&set, br#"{"roles": ["editor"]}"#).await.assert(0);
    let (_, tokens) = api.refresh("shop", &tokens).await;
    assert_eq!(claims(&tokens)["roles"], json!(["editor"]));
    let set = |claims: &'static str| ["users", "set-claims", "ada", claims];
    for refused in [
        "[]",
        "roles",
        r#"{"sub":"eve"}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":18446744073709551616}"#,
        r#"{"a":[-9223372036854775809]}"#,
        r#"{"a":0.1234567890123456789}"#,
        r#"{"a":1e999}"#,
    ] {
        deployed.run(&set(refused)).await.assert(4);
    }
    let shown = deployed.run(&["users", "show", "ada"]).await.json();
    assert_eq!(shown["claims"], json!({"roles": ["editor"]}));
    assert_eq!(deployed.run(&set("{}")).await.json()["claims"], json!({}));
    let number = r#"{"a":18446744073709551616}"#;
    let create = ["users", "create", "bob", "--password-stdin", "--claims", number];
    let refused = deployed.run_with(&create, PASSWORD.as_bytes()).await;
    assert!(refused.assert(4).stderr.contains("kept exactly"), "{refused:?}");
    deployed.run(&["users", "show", "bob"]).await.assert(3);
    // Kept values are shown and exported exactly.
    let kept = r#"{"a":18446744073709551615,"b":[0.30000000000000004,-9223372036854775808]}"#;
    assert!(deployed.run(&set(kept)).await.assert(0).stdout.contains("18446744073709551615"));
    assert!(deployed.run(&["users", "export"]).await.assert(0).stdout.contains(kept));
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_in_again_once_enabled() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    let disable = ["users", "disable", "ada", "--no-wait"];
    deployed.run(&disable).await.assert(4);
    assert_eq!(api.call(&tokens).await, 200, "it was not confirmed");
    assert_eq!(deployed.run(&[&disable[..], &["--yes"]].concat()).await.json()["disabled"], true);
    assert_eq!((api.call(&tokens).await, api.refresh("shop", &tokens).await.0), (401, 400));
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 400);
    assert_eq!(deployed.items("RevocationsTable").await.len(), 1);
    assert_eq!(deployed.run(&["users", "enable", "ada"]).await.json()["disabled"], false);
    api.tokens(Login::on("shop", "ada")).await;

    let last = deployed.audit();
    let revoked = last.iter().find(|line| line["event"] == "session_revoked").unwrap();
    assert_eq!((&revoked["cause"], &revoked["user_id"]), (&json!("operator"), &json!(user_id)));
    assert_eq!((&revoked["client_id"], &revoked["operator"]), (&json!("shop"), &json!("ada")));
}

#[tokio::test]
async fn the_sessions_of_logins_that_were_under_way_are_ended_too() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let tokens = api.tokens(Login::on("shop", "ada")).await;
    // Stands for the session of a login that read the user before the user was disabled. The login stores it
    // after the first search.
    let session: Vec<_> = deployed.items("SessionsTable").await;
    let disabling = deployed.command(&["users", "disable", "ada", "--yes"]).output();
    let putting = async {
        while !deployed.items("SessionsTable").await.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let put = deployed.store.put_item().table_name(deployed.table("SessionsTable"));
        put.set_item(Some(session[0].clone().into_iter().collect())).send().await.unwrap();
        assert_eq!(api.call(&tokens).await, 200);
    };
    let (disabled, ()) = tokio::join!(disabling, putting);
    assert!(disabled.unwrap().status.success());
    assert_eq!(api.call(&tokens).await, 401);
    assert_eq!(deployed.events().iter().filter(|event| *event == "session_revoked").count(), 2);
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_and_the_name_is_free() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    let delete = ["users", "delete", "ada", "--no-wait", "--yes"];
    assert_eq!(deployed.run(&delete).await.json(), json!({"sessions_ended": 1}));
    for table in ["UsersTable", "CredentialsTable", "SessionsTable"] {
        assert!(deployed.items(table).await.is_empty(), "{table}");
    }
    assert_eq!(deployed.api().await.call(&tokens).await, 401);
    deployed.run(&delete).await.assert(3);
    deployed.user("ada").await;
}

#[tokio::test]
async fn an_unknown_user_is_not_found() {
    let deployed = Deployed::start().await;
    for arguments in [
        &["users", "show", "eve"][..],
        &["users", "show", "--id", "u-9"],
        &["users", "set-password", "eve", "--generate"],
        &["users", "must-change", "eve"],
        &["users", "set-claims", "eve", "{}"],
        &["users", "consents", "eve"],
        &["users", "consents", "eve", "--revoke-all"],
        &["users", "disable", "eve", "--yes"],
        &["users", "enable", "eve"],
        &["users", "delete", "eve", "--yes"],
        &["sessions", "list", "--user", "eve"],
        &["sessions", "revoke", "--user", "eve", "--yes"],
    ] {
        assert_eq!(deployed.run(arguments).await.assert(3).stdout, "", "{arguments:?}");
    }
    assert_eq!(deployed.run(&["users", "list"]).await.json(), json!({"users": []}));
    assert!(deployed.items("UsersTable").await.is_empty() && deployed.audit().is_empty());
}

#[tokio::test]
async fn a_user_is_shown_by_the_identifier_that_the_list_has_first() {
    let deployed = Deployed::start().await;
    let user_id = deployed.user("Ada@Example.com").await;
    for arguments in [&["users", "show", &user_id][..], &["users", "show", "--id", &user_id]] {
        assert_eq!(deployed.run(arguments).await.json()["username"], "ada@example.com");
    }
    // A name takes precedence over an identifier with the same spelling.
    let arguments = ["users", "create", &user_id, "--password-stdin"];
    let named = deployed.run_with(&arguments, PASSWORD.as_bytes()).await.json();
    assert_eq!(deployed.run(&["users", "show", &user_id]).await.json()["user_id"], named["user_id"]);
    let ran = deployed.run(&["users", "disable", "nobody", "--yes"]).await;
    assert!(ran.assert(3).stderr.contains("`latchgate users show ID` finds the user"), "{ran:?}");
}

/// Makes the user's row that of a deletion which the user began, and which failed half-way.
async fn begin_deletion(deployed: &Deployed, user_id: &str) {
    let update = deployed.store.update_item().table_name(deployed.table("UsersTable"));
    let update = update.key("user_id", S(user_id.to_owned()));
    let update = update.update_expression("SET disabled = :yes, deleting = :yes");
    update.expression_attribute_values(":yes", Bool(true)).send().await.unwrap();
}

#[tokio::test]
async fn a_deletion_that_the_user_began_is_shown_and_completed() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    deployed.api().await.tokens(Login::on("shop", "ada")).await;
    begin_deletion(&deployed, &user_id).await;
    let shown = deployed.run(&["users", "show", "ada"]).await;
    assert_eq!((&shown.json()["disabled"], &shown.json()["deleting"]), (&json!(true), &json!(true)));
    assert!(shown.stderr.contains("being deleted, at the user's own request"), "{shown:?}");
    assert_eq!(deployed.run(&["users", "list"]).await.json()["users"][0]["deleting"], true);

    deployed.run(&["users", "delete", "ada", "--yes", "--no-wait"]).await.assert(0);
    for table in ["UsersTable", "CredentialsTable", "SessionsTable"] {
        assert!(deployed.items(table).await.is_empty(), "{table}");
    }
    deployed.run(&["users", "show", "ada"]).await.assert(3);
}

#[tokio::test]
async fn an_operator_who_enables_a_user_stops_the_users_deletion() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    let line = br#"{"username":"ada","disabled":false}"#;
    for enable in [&["users", "enable", "ada"][..], &["users", "import", "-", "--update"]] {
        begin_deletion(&deployed, &user_id).await;
        deployed.run_with(enable, line).await.assert(0);
        let user = deployed.items("UsersTable").await.remove(0);
        assert!(!user.contains_key("deleting") && !user.contains_key("disabled"), "{user:?}");
        deployed.api().await.tokens(Login::on("shop", "ada")).await;
    }
    // A line that says nothing of it leaves it.
    begin_deletion(&deployed, &user_id).await;
    let line = br#"{"username":"ada","claims":{"tier":1}}"#;
    deployed.run_with(&["users", "import", "-", "--update"], line).await.assert(0);
    assert_eq!(deployed.items("UsersTable").await.remove(0)["deleting"], Bool(true));
}

#[tokio::test]
async fn an_address_that_an_operator_changes_brings_back_no_link_and_no_notice() {
    let deployed = Deployed::start().await;
    let user_id = deployed.user("ada@example.com").await;
    let undos = L(vec![S("1#a".to_owned())]);
    let put = async || {
        let update = deployed.store.update_item().table_name(deployed.table("UsersTable"));
        let update = update.key("user_id", S(user_id.clone()));
        let update = update.update_expression("SET undos = :undos, notice = :notice, noticed_at = :at");
        let update = update.expression_attribute_values(":undos", undos.clone());
        let update = update.expression_attribute_values(":notice", S("theft".to_owned()));
        update.expression_attribute_values(":at", N("1800000000".to_owned())).send().await.unwrap();
    };
    let line = br#"{"username":"ada@example.org","claims":{"email":"grace@example.com"}}"#;
    for (command, is_undoable) in [
        (&["users", "rename", "ada@example.com", "ada@example.org"][..], false),
        (&["users", "set-claims", "ada@example.org", r#"{"email":"ada@example.org"}"#], true),
        (&["users", "import", "-", "--update"], true),
    ] {
        put().await;
        deployed.run_with(command, line).await.assert(0);
        let user = deployed.items("UsersTable").await.remove(0);
        assert!(!user.contains_key("notice"), "{command:?}: {user:?}");
        let is_as_before = user["undos"] == undos;
        assert_eq!(is_as_before, is_undoable, "{command:?}: {user:?}");
    }
}

/// Also in a copy, which an import makes.
#[tokio::test]
async fn a_wish_for_mails_about_new_devices_is_set_and_stays_with_the_user() {
    let (deployed, copy) = (Deployed::start().await, Deployed::start().await);
    deployed.user("ada").await;
    let wish = async |deployed: &Deployed, name: &str| {
        deployed.run(&["users", "show", name]).await.json().get("new_device_mails").cloned()
    };
    let set = deployed.run(&["users", "new-device-mails", "ada"]).await;
    assert_eq!(set.json()["new_device_mails"], true);
    assert!(set.stderr.contains("No mail reaches this user"), "{set:?}");
    let audited = deployed.audit().pop().unwrap();
    assert_eq!((&audited["event"], &audited["username"]), (&json!("user_updated"), &json!("ada")));
    assert_eq!(audited["changed"], json!(["new_device_mails"]));
    let verified = r#"{"email":"ada@example.com","email_verified":true}"#;
    for command in [
        &["set-claims", "ada", verified][..],
        &["must-change", "ada"],
        &["disable", "ada", "--no-wait", "--yes"],
        &["enable", "ada"],
        &["rename", "ada", "lovelace"],
        &["rename", "lovelace", "ada"],
        &["new-device-mails", "ada"],
    ] {
        let ran = deployed.run(&[&["users"], command].concat()).await;
        assert!(!ran.assert(0).stderr.contains("No mail reaches"), "{ran:?}");
    }
    assert_eq!(wish(&deployed, "ada").await, Some(json!(true)));
    let exported = deployed.run(&["users", "export", "--with-hashes"]).await;
    copy.run_with(&["users", "import", "-"], exported.stdout.as_bytes()).await.assert(0);
    assert_eq!(wish(&copy, "ada").await, Some(json!(true)));
    for (line, stays) in [
        (json!({ "username": "ada", "claims": {} }), true),
        (json!({ "username": "ada", "new_device_mails": false }), false),
    ] {
        let update = ["users", "import", "-", "--update"];
        copy.run_with(&update, line.to_string().as_bytes()).await.assert(0);
        assert_eq!(wish(&copy, "ada").await.is_some(), stays, "{line}");
    }
    let unset = deployed.run(&["users", "new-device-mails", "ada", "--not"]).await;
    assert_eq!(unset.json().get("new_device_mails"), None);
    assert_eq!(deployed.items("UsersTable").await[0].get("new_device_mails"), None);
    deployed.run(&["users", "new-device-mails", "bob"]).await.assert(3);
}
