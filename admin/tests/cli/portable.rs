//! Imports users with other systems' hashes, and exports them again.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Deployed, Login};

/// Hashes of `correct horse` in other systems' forms.
const HASHES: &[(&str, &str)] = &[
    ("bcrypt", "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6"),
    ("scrypt", "$scrypt$ln=10,r=8,p=1$1zrHeI9xjpEypnRujfGeMw$ch3xM0ksDvM1b+ob98AMzqoPW6ni/zcOps4j6HFGFHM"),
    ("django", "pbkdf2_sha256$1000$seasalt2seasalt2$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0="),
    (
        "werkzeug",
        "pbkdf2:sha256:1000$vJyTpWJBvvw9Qfqq$3638138debc514ae4429937e5901330e9adaa38ccbc6983f08d09270f5416b70",
    ),
    ("passlib", "$pbkdf2-sha256$1000$8X7PeS9FaO3d.1/LmTMmZA$KPIPSSjtlaehy1Xu0PSlC3VELn7724g8XcJ52/oUgws"),
    (
        "argon2i",
        "$argon2i$v=19$m=4096,t=3,p=4$kbCECY7QWO9TMzVri/b18A$V9GqsxnPjoZLoskqdSbgUy6IluiTqLshcvGXh3iqitM",
    ),
    ("wordpress", "$P$5om4ltu7muTTS5EXFf3HJaUaK/pTv01"),
    (
        "unix",
        "$6$rounds=1000$sn3g/VVaWj.dL7gl$X/de.y3x67QuDE4x55kPp5XzZ.nBpB4941C.xAajyiZTH3.cRAGqf1cmBFkiBMPpEV5l8LL.5PlT8LzNOvb2y.",
    ),
    ("django-bcrypt", "bcrypt_sha256$$2b$04$BSD1FXtBER/kdViwLlukL.jAD7bBKKELmaV9B..HTXajrwrXXNwg6"),
    ("passlib-bcrypt", "$bcrypt-sha256$v=2,t=2b,r=4$muzfbGKMnwpuZGcZdqCUuO$lw7xSMQq.8ArupWN.OJpRDRGIVLQKtG"),
    (
        "keycloak",
        r#"{"type":"password","secretData":"{\"value\":\"PX+rV0/COhCcOvTqJUGlFLLAQcPgVMJcyLCl3/vn13YWYANBwCpkyU/Ms1k8r35G+NPkModevrAfBP5Lt3p+ag==\",\"salt\":\"c2Vhc2FsdHNlYXNhbHQyMg==\"}","credentialData":"{\"hashIterations\":1000,\"algorithm\":\"pbkdf2-sha256\"}"}"#,
    ),
    ("aspnet", "AHNlYXNhbHRzZWFzYWx0MjKuyWkVnK2iFvYIqxjPPexym1w8oYHlvNMmtRcAdsoI8w=="),
];

fn file() -> String {
    let line = |(name, hash): &(&str, &str)| json!({"username": name, "password_hash": hash}).to_string();
    HASHES.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn hash_of(deployed: &Deployed, username: &str) -> String {
    let items = deployed.items("CredentialsTable").await;
    let item = items.iter().find(|item| item["username"] == AttributeValue::S(username.to_owned())).unwrap();
    item["password_hash"].as_s().unwrap().clone()
}

#[tokio::test]
async fn an_imported_hash_signs_its_user_in_and_becomes_argon2id() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.run_with(&["users", "import", "-"], file().as_bytes()).await.assert(0);
    let api = deployed.api().await;
    for (username, _) in HASHES {
        assert!(!hash_of(&deployed, username).await.starts_with("$argon2id$"), "{username}");
        let wrong = Login { password: "correct house", ..Login::on("shop", username) };
        assert_eq!(api.login(wrong).await.0, 400, "{username}");
        let right = Login { password: "correct horse", ..Login::on("shop", username) };
        api.tokens(right).await;
        assert!(hash_of(&deployed, username).await.starts_with("$argon2id$v=19$m=19456,"), "{username}");
        api.tokens(right).await;
    }
}

#[tokio::test]
async fn an_export_is_imported_elsewhere_unchanged() {
    let from = Deployed::start().await;
    from.client("shop").await;
    from.run_with(&["users", "import", "-"], file().as_bytes()).await.assert(0);
    from.user("ada").await;
    from.run(&["users", "set-claims", "ada", r#"{"roles":["admin"]}"#]).await.assert(0);
    from.run(&["users", "must-change", "bcrypt"]).await.assert(0);
    from.run(&["users", "disable", "scrypt", "--yes", "--no-wait"]).await.assert(0);
    // A row that only counts attempts belongs to no user.
    from.api().await.login(Login::on("shop", "nobody")).await;
    let exported = from.run(&["users", "export", "--with-hashes"]).await;
    assert_eq!(exported.assert(0).stdout.lines().count(), HASHES.len() + 1);

    let to = Deployed::start().await;
    to.client("shop").await;
    let imported = to.run_with(&["users", "import", "-"], exported.stdout.as_bytes()).await.json();
    assert_eq!(imported["imported"], HASHES.len() + 1);
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let again = to.run(&["users", "export", "--with-hashes"]).await;
    assert_eq!(sorted(&again.stdout), sorted(&exported.stdout));
    to.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(to.run(&["users", "show", "ada"]).await.json()["claims"], json!({"roles": ["admin"]}));
    let login = |username| Login { password: "correct horse", ..Login::on("shop", username) };
    assert_eq!(to.api().await.login(login("bcrypt")).await.0, 403, "has to change the password");
    assert_eq!(to.api().await.login(login("scrypt")).await.0, 400, "is disabled");
}

#[tokio::test]
async fn an_export_has_hashes_only_on_request_and_is_audited() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    let exported = deployed.run(&["users", "export"]).await;
    let line: Value = exported.json();
    let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["claims", "disabled", "must_change", "new_device_mails", "not_before", "user_id", "username"];
    assert_eq!(names, expected);
    assert_eq!(deployed.events(), ["user_created", "users_exported"]);
}
