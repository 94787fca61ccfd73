//! `latchgate users consents …`

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S, Ss};
use serde_json::{Value, json};

use crate::harness::{Api, Deployed, Login, account::Account, run};

/// Stores a consent of the user.
async fn agree(deployed: &Deployed, user_id: &str, client_id: &str, scope: &[&str]) {
    let scope = scope.iter().map(|&token| token.to_owned()).collect();
    put(deployed, user_id, client_id, [("scope", Ss(scope)), ("granted_at", N("1800000000".to_owned()))])
        .await;
}

async fn put<const N: usize>(
    deployed: &Deployed,
    user_id: &str,
    client_id: &str,
    attributes: [(&str, AttributeValue); N],
) {
    let key = [("user_id", S(user_id.to_owned())), ("client_id", S(client_id.to_owned()))];
    let item = key.into_iter().chain(attributes).map(|(name, value)| (name.to_owned(), value)).collect();
    let put = deployed.store.put_item().table_name(deployed.table("ConsentsTable"));
    put.set_item(Some(item)).send().await.unwrap();
}

/// The stored consents, as pairs of user and client.
async fn stored(deployed: &Deployed) -> Vec<(String, String)> {
    let text = |item: &BTreeMap<String, AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
    let items = deployed.items("ConsentsTable").await;
    let mut stored: Vec<_> =
        items.iter().map(|item| (text(item, "user_id"), text(item, "client_id"))).collect();
    stored.sort();
    stored
}

#[tokio::test]
async fn only_the_users_own_consents_are_listed() {
    let deployed = Deployed::start().await;
    let (ada, bob) = (deployed.user("ada").await, deployed.user("bob").await);
    assert_eq!(deployed.run(&["users", "consents", "ada"]).await.json(), json!([]));
    agree(&deployed, &ada, "shop", &["read", "email"]).await;
    agree(&deployed, &ada, "blog", &["openid"]).await;
    agree(&deployed, &bob, "news", &["openid"]).await;
    let expected = json!([
        {"client_id": "blog", "scope": ["openid"], "granted_at": 1_800_000_000},
        {"client_id": "shop", "scope": ["email", "read"], "granted_at": 1_800_000_000},
    ]);
    assert_eq!(deployed.run(&["users", "consents", "Ada"]).await.json(), expected);
    let printed = deployed.run(&["users", "consents", "ada", "--output", "table"]).await.stdout;
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["CLIENT_ID", "SCOPE", "GRANTED_AT"]);
    assert_eq!(lines[2], ["shop", "email", "read", "2027-01-15", "08:00:00Z"]);
    let resources = Ss(vec!["https://notes.example.com/mcp".to_owned()]);
    put(&deployed, &ada, "news", [("granted_at", N("1800000000".to_owned())), ("resources", resources)])
        .await;
    let listed = deployed.run(&["users", "consents", "ada"]).await.json();
    assert_eq!(listed[1]["resources"], json!(["https://notes.example.com/mcp"]), "{listed}");
    assert_eq!(listed[0].get("resources"), None);
    let printed = deployed.run(&["users", "consents", "ada", "--output", "table"]).await.stdout;
    let header: Vec<&str> = printed.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["CLIENT_ID", "SCOPE", "RESOURCES", "GRANTED_AT"]);
    assert_eq!(deployed.events(), ["user_created"; 2], "a look is nothing to write down");
}

#[tokio::test]
async fn an_unreadable_consent_is_shown_as_such_and_can_be_revoked() {
    let deployed = Deployed::start().await;
    let ada = deployed.user("ada").await;
    agree(&deployed, &ada, "shop", &["read"]).await;
    put(&deployed, &ada, "blog", [("granted_at", S("yesterday".to_owned()))]).await;
    put(&deployed, &ada, "two words", [("granted_at", N("1".to_owned()))]).await;
    let listed = deployed.run(&["users", "consents", "ada"]).await.json();
    let problems: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["client_id"].as_str().unwrap(), row.get("problem").is_some()))
        .collect();
    assert_eq!(problems, [("blog", true), ("shop", false), ("two words", true)]);
    assert!(listed[0]["problem"].as_str().unwrap().contains("granted_at"), "{listed}");
    let printed = deployed.run(&["users", "consents", "ada", "--output", "table"]).await.stdout;
    assert!(printed.lines().next().unwrap().ends_with("PROBLEM"), "{printed}");
    let revoked = deployed.run(&["users", "consents", "ada", "--revoke", "blog"]).await.json();
    assert_eq!(revoked, json!({"consents_revoked": 1}));
    let revoked = deployed.run(&["users", "consents", "ada", "--revoke-all"]).await.json();
    assert_eq!(revoked, json!({"consents_revoked": 2}));
    assert!(stored(&deployed).await.is_empty());
}

/// Ada and Bob, each signed in on two clients with consent.
async fn signed_in(deployed: &Deployed) -> (Api, Vec<Value>) {
    let mut tokens = Vec::new();
    for client in ["shop", "blog"] {
        deployed.client(client).await;
    }
    let api = deployed.api().await;
    for user in ["ada", "bob"] {
        let user_id = deployed.user(user).await;
        for client in ["shop", "blog"] {
            agree(deployed, &user_id, client, &["read"]).await;
            tokens.push(api.tokens(Login::on(client, user)).await);
        }
    }
    (api, tokens)
}

async fn live(api: &Api, tokens: &[Value]) -> Vec<bool> {
    let mut live = Vec::new();
    for tokens in tokens {
        live.push(api.call(tokens).await == 200);
    }
    live
}

#[tokio::test]
async fn a_revoked_consent_leaves_the_sessions_until_they_are_ended() {
    let deployed = Deployed::start().await;
    let (api, tokens) = signed_in(&deployed).await;
    let revoke = ["users", "consents", "ada", "--revoke", "shop"];
    let ran = deployed.run(&revoke).await;
    assert_eq!(ran.json(), json!({"consents_revoked": 1}));
    assert!(ran.stderr.contains("`latchgate sessions revoke --user ada --client shop`"), "{ran:?}");
    assert_eq!(stored(&deployed).await.len(), 3);
    assert_eq!(live(&api, &tokens).await, [true; 4]);
    let again = deployed.run(&revoke).await;
    assert!(
        again
            .assert(3)
            .stderr
            .contains("there is no consent of this user for shop: `latchgate users consents")
    );

    // A repeated revocation still ends sessions.
    let end = [&revoke[..], &["--end-sessions", "--no-wait"]].concat();
    deployed.run(&end).await.assert(4);
    assert_eq!(live(&api, &tokens).await, [true; 4], "it was not confirmed");
    let ended = deployed.run(&[&end[..], &["--yes"]].concat()).await.json();
    assert_eq!(ended, json!({"consents_revoked": 0, "sessions_ended": 1}));
    assert_eq!(live(&api, &tokens).await, [false, true, true, true]);
    let end = ["users", "consents", "bob", "--revoke", "blog", "--end-sessions", "--no-wait", "--yes"];
    assert_eq!(deployed.run(&end).await.json(), json!({"consents_revoked": 1, "sessions_ended": 1}));
    assert_eq!(live(&api, &tokens).await, [false, true, true, false]);

    let audit = deployed.audit();
    let revoked: Vec<_> = audit.iter().filter(|line| line["event"] == "consent_revoked").collect();
    assert_eq!(revoked.len(), 2, "{audit:?}");
    assert_eq!((&revoked[0]["username"], &revoked[0]["client_id"]), (&json!("ada"), &json!("shop")));
}

#[tokio::test]
async fn revoke_all_revokes_only_the_consents_of_that_user() {
    let deployed = Deployed::start().await;
    let (api, tokens) = signed_in(&deployed).await;
    let revoke = ["users", "consents", "ada", "--revoke-all"];
    let ran = deployed.run(&revoke).await;
    assert_eq!(ran.json(), json!({"consents_revoked": 2}));
    assert!(ran.stderr.contains("`latchgate sessions revoke --user ada`"), "{ran:?}");
    assert_eq!(live(&api, &tokens).await, [true; 4]);
    let bob = deployed.run(&["users", "show", "bob"]).await.json()["user_id"].as_str().unwrap().to_owned();
    let of_bob = ["blog", "shop"].map(|client| (bob.clone(), client.to_owned()));
    assert_eq!(stored(&deployed).await, of_bob);
    let again = deployed.run(&revoke).await;
    assert_eq!((again.json(), again.stderr.as_str()), (json!({"consents_revoked": 0}), ""));
}

#[tokio::test]
async fn deleting_a_user_deletes_their_consents() {
    let deployed = Deployed::start().await;
    let (ada, bob) = (deployed.user("ada").await, deployed.user("bob").await);
    for (user_id, client_id) in [(&ada, "shop"), (&ada, "blog"), (&bob, "shop")] {
        agree(&deployed, user_id, client_id, &["read"]).await;
    }
    deployed.run(&["users", "delete", "ada", "--yes", "--no-wait"]).await.assert(0);
    assert_eq!(stored(&deployed).await, [(bob.clone(), "shop".to_owned())]);
    // In a copy, another user has taken the name.
    let hash = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";
    let line = json!({"username": "bob", "user_id": "u-2", "password_hash": hash}).to_string();
    let copy = ["users", "import", "-", "--update", "--disable-missing", "--no-wait", "--yes"];
    deployed.run_with(&copy, line.as_bytes()).await.assert(0);
    assert_eq!(deployed.run(&["users", "show", "bob"]).await.json()["user_id"], "u-2");
    assert!(stored(&deployed).await.is_empty());
}

#[tokio::test]
async fn a_stack_of_an_earlier_release_has_no_consents_and_its_users_can_be_deleted() {
    let deployed = Deployed::embedded().await;
    let account = Account::with(&deployed).await;
    deployed.user("ada").await;
    account.world().stack("latchgate-prod").outputs.remove("ConsentsTableName");
    let stack = async |arguments: &[&str]| {
        let arguments = [&["--stack", "latchgate-prod", "users"], arguments].concat();
        run(account.command(&deployed, &arguments), b"").await
    };
    for arguments in [&["consents", "ada"][..], &["consents", "ada", "--revoke-all"]] {
        let ran = stack(arguments).await;
        assert!(ran.assert(4).stderr.contains("has no table of consents"), "{ran:?}");
    }
    assert_eq!(stack(&["delete", "ada", "--yes", "--no-wait"]).await.assert(0).stderr, "");
    deployed.run(&["users", "show", "ada"]).await.assert(3);
}
