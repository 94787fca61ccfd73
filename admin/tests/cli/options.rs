//! Options, output, exit codes and the audit log.

use std::os::unix::fs::MetadataExt;

use serde_json::json;

use crate::harness::{ACCESS_KEY_ID, Deployed, PASSWORD, run};

#[tokio::test]
async fn an_invalid_command_line_exits_with_2() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    for arguments in [
        &["nonsense"][..],
        &["clients", "create", "x"],
        &["clients", "create", "x", "--public", "--confidential"],
        &["clients", "create", "a#b", "--public"],
        &["clients", "create", "x", "--public", "--access-ttl", "0"],
        &["clients", "create", "x", "--public", "--leeway", "61"],
        &["clients", "create", "x", "--public", "--scope", "a\"b"],
        &["clients", "update", "shop"],
        &["clients", "update", "shop", "--leeway", "1", "--reset", "leeway"],
        &["clients", "rotate-secret", "shop", "--drop-old", "--at-once"],
        &["users", "create", "two words"],
        &["users", "create", "x", "--password-stdin", "--generate"],
        &["users", "show"],
        &["users", "consents", "ada", "--revoke", "shop", "--revoke-all"],
        &["users", "consents", "ada", "--end-sessions"],
        &["users", "consents", "ada", "--revoke-all", "--end-sessions"],
        &["sessions", "revoke"],
        &["sessions", "revoke", "--session", "47DEQpj8HBSa-_TImW-5JA"],
        &["sessions", "revoke", "--all", "--user", "ada"],
        &["--output", "yaml", "clients", "list"],
        &["--stack", "x", "clients", "list"],
    ] {
        let ran = deployed.run(arguments).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.is_empty());
    }
    assert_eq!(deployed.events(), ["client_created"]);
}

/// One random identifier in 64 begins with a hyphen.
#[tokio::test]
async fn a_name_or_an_identifier_may_begin_with_a_hyphen() {
    let deployed = Deployed::start().await;
    deployed.run(&["clients", "create", "--public", "-shop", "--scope", "read"]).await.assert(0);
    assert_eq!(deployed.run(&["clients", "show", "-shop"]).await.json()["client_id"], "-shop");
    let create = ["users", "create", "--must-change", "-ada", "--id", "-WJ5_user", "--password-stdin"];
    assert_eq!(deployed.run_with(&create, PASSWORD.as_bytes()).await.json()["user_id"], "-WJ5_user");
    assert_eq!(deployed.run(&["users", "show", "-ada"]).await.json()["user_id"], "-WJ5_user");
    assert_eq!(deployed.run(&["users", "show", "--id", "-WJ5_user"]).await.json()["username"], "-ada");
    let list = ["sessions", "list", "--user", "-ada", "--client", "-shop"];
    assert_eq!(deployed.run(&list).await.json(), json!([]));
    let session = ["--session", "-7DEQpj8HBSa-_TImW-5JA"];
    let revoke = ["sessions", "revoke", "--user", "-ada", "--no-wait", "--yes"];
    deployed.run(&[&revoke[..], &session].concat()).await.assert(3);
    deployed.run(&["users", "delete", "--yes", "-ada", "--no-wait"]).await.assert(0);
    // An unknown option is still refused.
    deployed.run(&["users", "delete", "--no-wiat", "ada"]).await.assert(2);
}

#[tokio::test]
async fn help_explains_the_exit_codes_and_every_command_has_an_example() {
    let deployed = Deployed::start().await;
    let help = async |arguments: &[&str]| {
        let ran = deployed.run(&[arguments, &["--help"]].concat()).await;
        assert_eq!(ran.code, 0);
        ran.stdout
    };
    let text = help(&[]).await;
    for code in 0..=5 {
        assert!(text.contains(&format!("\n  {code}  ")), "{text}");
    }
    for (kind, commands) in [
        (
            "clients",
            &["create", "list", "show", "update", "rotate-secret", "disable", "enable", "delete"][..],
        ),
        (
            "users",
            &[
                "create",
                "list",
                "show",
                "set-password",
                "must-change",
                "set-claims",
                "rename",
                "consents",
                "disable",
                "enable",
                "delete",
                "import",
                "export",
            ],
        ),
        ("sessions", &["list", "revoke"]),
        ("mails", &["preview"]),
    ] {
        for command in commands {
            let text = help(&[kind, command]).await;
            assert!(text.contains(&format!("latchgate {kind} {command}")), "{text}");
            assert!(text.contains("Example"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_shell_gets_its_completions() {
    let deployed = Deployed::start().await;
    for shell in ["bash", "zsh", "fish"] {
        let ran = deployed.run(&["completions", shell]).await;
        assert!(ran.assert(0).stdout.contains("rotate-secret"), "{shell}");
    }
}

#[tokio::test]
async fn a_table_is_for_people() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.run(&["clients", "create", "blog", "--public", "--access-ttl", "60"]).await.assert(0);
    let printed = deployed.run(&["clients", "list", "--output", "table"]).await;
    assert!(printed.stdout.lines().all(|line| !line.starts_with(' ') && !line.ends_with(' ')), "{printed:?}");
    let lines: Vec<Vec<&str>> = printed.stdout.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(
        lines[0],
        ["CLIENT_ID", "NAME", "KIND", "SCOPE", "DPOP", "FIRST_PARTY", "SIGN_UP", "REDIRECT_URIS", "DISABLED"]
    );
    assert_eq!(lines[1], ["blog", "public", "none", "no"]);
    assert_eq!(lines[2], ["shop", "public", "read", "write", "no"]);
    let shown = deployed.run(&["--output", "table", "clients", "show", "blog"]).await;
    assert!(shown.stdout.lines().any(|line| line.starts_with("access_ttl") && line.ends_with(" 1m")));
}

#[tokio::test]
async fn a_change_that_can_not_be_audited_is_not_made() {
    let deployed = Deployed::start().await;
    let blocked = deployed.folder.join("file");
    std::fs::write(&blocked, "").unwrap();
    let path = blocked.join("audit.jsonl");
    let create = ["clients", "create", "shop", "--public", "--audit-log", path.to_str().unwrap()];
    let refused = deployed.run(&create).await;
    assert!(refused.assert(1).stderr.contains("nothing was changed"), "{refused:?}");
    let mut homeless = deployed.command(&["clients", "create", "shop", "--public"]);
    homeless.env_remove("XDG_STATE_HOME");
    run(homeless, b"").await.assert(1);
    assert!(deployed.items("ClientsTable").await.is_empty());
}

#[tokio::test]
async fn the_audit_log_has_operator_target_and_time_and_no_secret() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let user_id = deployed.user("ada").await;
    let audit = deployed.audit();
    let line = &audit[1];
    let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_key_id", "event", "operator", "target", "timestamp", "user_id", "username"]);
    assert_eq!((&line["event"], &line["operator"]), (&json!("user_created"), &json!("ada")));
    assert_eq!((&line["user_id"], &line["username"]), (&json!(user_id), &json!("ada")));
    assert_eq!((&line["target"], &line["access_key_id"]), (&json!(deployed.endpoint), &json!("local")));
    assert!(line["timestamp"].is_u64());
    let text = format!("{audit:?}");
    assert!(!text.contains(ACCESS_KEY_ID), "it opens the store: {text}");
    assert!(!text.contains(PASSWORD) && !text.contains("argon2") && !text.contains("password"), "{text}");

    let folder = deployed.folder.join("latchgate");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("audit.jsonl"))), (0o700, 0o600));
    let ran = deployed.run(&["clients", "disable", "shop", "--audit-log", "-"]).await;
    assert!(ran.assert(0).stderr.contains(r#""event":"client_disabled""#), "{ran:?}");
    assert_eq!(deployed.audit(), audit, "it went to standard error");
}

#[tokio::test]
async fn the_embedded_store_opens_only_by_its_access_key_id() {
    let deployed = Deployed::embedded().await;
    let endpoint = ["--endpoint", &deployed.endpoint, "clients", "list"];
    for (arguments, code, said) in [
        (vec!["--access-key-id", ACCESS_KEY_ID], 0, ""),
        (vec!["--access-key-id", "AKIAOTHER"], 1, "UnrecognizedClientException"),
        (vec![], 1, "UnrecognizedClientException"),
    ] {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_latchgate"));
        command.env_clear().args(endpoint).args(&arguments);
        let ran = run(command, b"").await;
        assert!(ran.assert(code).stderr.contains(said), "{arguments:?}: {ran:?}");
    }
    let mut nowhere = tokio::process::Command::new(env!("CARGO_BIN_EXE_latchgate"));
    nowhere.env_clear().args(["--local", "clients", "list", "--access-key-id", ACCESS_KEY_ID]);
    let ran = run(nowhere, b"").await;
    assert!(ran.code == 2 && ran.stderr.contains("--access-key-id needs --endpoint"), "{ran:?}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_failure() {
    let deployed = Deployed::start().await;
    let mut away = tokio::process::Command::new(env!("CARGO_BIN_EXE_latchgate"));
    away.env_clear().args(["--endpoint", "http://127.0.0.1:1", "clients", "list"]);
    let ran = run(away, b"").await;
    assert!(ran.assert(1).stderr.contains("no store answers at http://127.0.0.1:1"), "{ran:?}");
    drop(deployed);
}
