//! `latchgate sessions …`

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use serde_json::{Value, json};

use crate::harness::{Api, Deployed, Login};

/// Ada and Bob, each signed in on two clients.
struct SignedIn {
    deployed: Deployed,
    api: Api,
    tokens: Vec<(&'static str, &'static str, Value)>,
}

impl SignedIn {
    async fn start() -> Self {
        let deployed = Deployed::start().await;
        for client in ["shop", "blog"] {
            deployed.client(client).await;
        }
        for user in ["ada", "bob"] {
            deployed.user(user).await;
        }
        let (api, mut tokens) = (deployed.api().await, Vec::new());
        for (user, client) in [("ada", "shop"), ("ada", "blog"), ("bob", "shop"), ("bob", "blog")] {
            tokens.push((user, client, api.tokens(Login::on(client, user)).await));
        }
        Self { deployed, api, tokens }
    }

    /// Which of the four sessions still work, in order.
    async fn live(&self) -> [bool; 4] {
        let mut live = [false; 4];
        for (i, (_, _, tokens)) in self.tokens.iter().enumerate() {
            live[i] = self.api.call(tokens).await == 200;
        }
        live
    }

    async fn revoke(&self, arguments: &[&str]) -> u64 {
        let command = [&["sessions", "revoke", "--no-wait", "--yes"], arguments].concat();
        self.deployed.run(&command).await.json()["sessions_ended"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn sessions_are_listed_by_user_and_by_client() {
    let signed_in = SignedIn::start().await;
    let list = async |arguments: &[&str]| {
        let sessions = signed_in.deployed.run(&[&["sessions", "list"], arguments].concat()).await.json();
        let mut clients: Vec<String> = sessions
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["client_id"].as_str().unwrap().to_owned())
            .collect();
        clients.sort();
        clients
    };
    assert_eq!(list(&[]).await, ["blog", "blog", "shop", "shop"]);
    assert_eq!(list(&["--user", "ada"]).await, ["blog", "shop"]);
    assert_eq!(list(&["--client", "shop"]).await, ["shop", "shop"]);
    assert_eq!(list(&["--client", "shop", "--user", "bob"]).await, ["shop"]);
    assert_eq!(list(&["--limit", "3"]).await.len(), 3);
    let one = signed_in.deployed.run(&["sessions", "list", "--client", "shop", "--user", "bob"]).await.json();
    assert_eq!((&one[0]["address"], &one[0]["scope"]), (&json!("203.0.113.9"), &json!(["read", "write"])));
}

#[tokio::test]
async fn a_session_that_is_bound_to_a_key_is_listed_with_its_thumbprint() {
    let signed_in = SignedIn::start().await;
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let sessions = signed_in.deployed.items("SessionsTable").await;
    let is_bound = |key: &str| key.starts_with("shop#");
    let mut bound = sessions.into_iter().find(|item| is_bound(item["session_key"].as_s().unwrap())).unwrap();
    bound.insert("jkt".to_owned(), S(jkt.to_owned()));
    let put = signed_in.deployed.store.put_item().table_name(signed_in.deployed.table("SessionsTable"));
    put.set_item(Some(bound.into_iter().collect())).send().await.unwrap();
    let listed = signed_in.deployed.run(&["sessions", "list"]).await.json();
    let (bound, unbound): (Vec<_>, Vec<_>) =
        listed.as_array().unwrap().iter().partition(|session| session["dpop_bound"] == true);
    assert_eq!((bound.len(), &bound[0]["jkt"]), (1, &json!(jkt)));
    assert!(unbound.len() == 3 && unbound.iter().all(|session| session.get("jkt").is_none()), "{unbound:?}");
    let table = signed_in.deployed.run(&["sessions", "list", "--output", "table"]).await;
    assert!(table.stdout.lines().next().unwrap().contains("DPOP_BOUND"), "{table:?}");
}

/// The rows of used proofs, which the authorizer stores in the Revocations table with `DpopReplay=store`, in
/// separate partitions.
#[tokio::test]
async fn rows_of_used_proofs_disturb_no_command() {
    let signed_in = SignedIn::start().await;
    let deployed = &signed_in.deployed;
    for id in 0..50u128 {
        let bucket = id << 57 >> 64 | 1 << 63;
        let item = [
            ("bucket", N(bucket.to_string())),
            ("revocation", S(format!("proof#{id:032x}"))),
            ("retry_key", S("mine".to_owned())),
            ("expires_at", N("4000000000".to_owned())),
        ];
        let put = deployed.store.put_item().table_name(deployed.table("RevocationsTable"));
        put.set_item(Some(item.map(|(name, value)| (name.to_owned(), value)).into())).send().await.unwrap();
    }
    let standby = Deployed::start().await;
    for (export, import) in [
        (&["clients", "export"][..], &["clients", "import", "-"][..]),
        (&["users", "export", "--with-hashes"], &["users", "import", "-"]),
    ] {
        let exported = deployed.run(export).await;
        assert_eq!(exported.assert(0).stdout.lines().count(), 2, "{exported:?}");
        let imported = standby.run_with(import, exported.stdout.as_bytes()).await;
        assert_eq!(imported.json()["imported"], 2, "{imported:?}");
    }
    assert_eq!(deployed.run(&["users", "show", "ada"]).await.json()["sessions"], 2);
    let checks = deployed.run(&["doctor"]).await.json();
    assert!(checks.as_array().unwrap().iter().all(|check| check["result"] != "wrong"), "{checks}");
    assert_eq!(signed_in.live().await, [true; 4]);
    assert_eq!(signed_in.revoke(&["--user", "ada"]).await, 2);
    assert_eq!(signed_in.live().await, [false, false, true, true]);
    assert_eq!(signed_in.revoke(&["--all"]).await, 2);
    assert_eq!(deployed.items("RevocationsTable").await.len(), 54);
}

#[tokio::test]
async fn a_user_is_signed_out_everywhere_and_can_sign_in_again() {
    let signed_in = SignedIn::start().await;
    let refused = signed_in.deployed.run(&["sessions", "revoke", "--user", "ada"]).await;
    refused.assert(4);
    assert_eq!(signed_in.live().await, [true; 4]);
    assert_eq!(signed_in.revoke(&["--user", "ada"]).await, 2);
    assert_eq!(signed_in.live().await, [false, false, true, true]);
    let (_, _, tokens) = &signed_in.tokens[0];
    assert_eq!(signed_in.api.refresh("shop", tokens).await.0, 400);
    let again = signed_in.api.tokens(Login::on("shop", "ada")).await;
    assert_eq!(signed_in.api.call(&again).await, 200);
    let events = signed_in.deployed.events();
    assert_eq!(events[4..], ["sessions_revoked", "session_revoked", "session_revoked"]);
}

#[tokio::test]
async fn revoking_a_client_ends_its_sessions_of_all_users() {
    let signed_in = SignedIn::start().await;
    assert_eq!(signed_in.revoke(&["--client", "shop"]).await, 2);
    assert_eq!(signed_in.live().await, [false, true, false, true]);
    let refused = signed_in.deployed.run(&["sessions", "revoke", "--client", "nobody", "--yes"]).await;
    refused.assert(3);
}

#[tokio::test]
async fn a_users_sessions_on_one_client_end_and_no_others() {
    let signed_in = SignedIn::start().await;
    assert_eq!(signed_in.revoke(&["--client", "shop", "--user", "ada"]).await, 1);
    assert_eq!(signed_in.live().await, [false, true, true, true]);
}

#[tokio::test]
async fn one_session_is_revoked_only_with_its_own_user() {
    let signed_in = SignedIn::start().await;
    let list = ["sessions", "list", "--client", "blog", "--user", "ada"];
    let sessions = signed_in.deployed.run(&list).await.json();
    let session_id = sessions[0]["session_id"].as_str().unwrap();
    let of_bob = ["sessions", "revoke", "--session", session_id, "--user", "bob", "--yes"];
    signed_in.deployed.run(&of_bob).await.assert(3);
    assert_eq!(signed_in.revoke(&["--session", session_id, "--user", "ada"]).await, 1);
    assert_eq!(signed_in.live().await, [true, false, true, true]);
}

#[tokio::test]
async fn revoke_all_ends_every_session() {
    let signed_in = SignedIn::start().await;
    let not_before = async || {
        let client = signed_in.deployed.run(&["clients", "show", "shop"]).await.json();
        client["not_before"].as_u64().unwrap()
    };
    let before = not_before().await;
    assert_eq!(signed_in.revoke(&["--all"]).await, 4);
    assert_eq!(signed_in.live().await, [false; 4]);
    assert_eq!(signed_in.deployed.items("RevocationsTable").await.len(), 4);
    assert!(not_before().await > before);
}

#[tokio::test]
async fn a_user_who_signs_in_after_a_revocation_stays_signed_in() {
    let signed_in = SignedIn::start().await;
    let revoke = ["sessions", "revoke", "--user", "ada", "--yes"];
    let revoking = signed_in.deployed.command(&revoke).output();
    let signing_in = async {
        // After any clock difference, and before the second search.
        tokio::time::sleep(std::time::Duration::from_secs(8)).await;
        signed_in.api.tokens(Login::on("shop", "ada")).await
    };
    let (revoked, tokens) = tokio::join!(revoking, signing_in);
    assert!(revoked.unwrap().status.success());
    assert_eq!(signed_in.live().await, [false, false, true, true]);
    assert_eq!(signed_in.api.call(&tokens).await, 200);
}

#[tokio::test]
async fn sessions_at_the_pages_are_listed_and_end_without_a_client() {
    let signed_in = SignedIn::start().await;
    let deployed = &signed_in.deployed;
    let put = async || {
        let mut session = deployed.items("SessionsTable").await.remove(0);
        session.insert("session_key".to_owned(), S("(browser)#47DEQpj8HBSa-_TImW-5JA".to_owned()));
        session.remove("scope");
        let put = deployed.store.put_item().table_name(deployed.table("SessionsTable"));
        put.set_item(Some(session.into_iter().collect())).send().await.unwrap();
    };
    put().await;
    let listed = deployed.run(&["sessions", "list", "--client", "(browser)"]).await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["client_id"]), (1, &json!("(browser)")));
    assert_eq!(deployed.run(&["sessions", "list"]).await.json().as_array().unwrap().len(), 5);
    assert_eq!(signed_in.revoke(&["--client", "(browser)"]).await, 1);
    assert_eq!(signed_in.live().await, [true; 4]);
    put().await;
    assert_eq!(signed_in.revoke(&["--all"]).await, 5);
    assert_eq!(deployed.items("ClientsTable").await.len(), 2, "none was made for them");
}
