//! `latchgate sessions …`

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

    /// Which of the four still let their user in, in order.
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
async fn sessions_on_a_client_end_whoevers_they_are() {
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
async fn one_session_ends_and_is_its_users() {
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
async fn everybody_is_signed_out() {
    let signed_in = SignedIn::start().await;
    assert_eq!(signed_in.revoke(&["--all"]).await, 4);
    assert_eq!(signed_in.live().await, [false; 4]);
    assert_eq!(signed_in.deployed.items("RevocationsTable").await.len(), 4);
    let clients = signed_in.deployed.run(&["clients", "show", "shop"]).await.json();
    assert!(clients["not_before"].is_u64(), "{clients}");
}

#[tokio::test]
async fn whoever_signs_in_after_a_revocation_stays_signed_in() {
    let signed_in = SignedIn::start().await;
    let revoke = ["sessions", "revoke", "--user", "ada", "--yes"];
    let revoking = signed_in.deployed.command(&revoke).output();
    let signing_in = async {
        // Later than any clock may be behind, and before the second look.
        tokio::time::sleep(std::time::Duration::from_secs(8)).await;
        signed_in.api.tokens(Login::on("shop", "ada")).await
    };
    let (revoked, tokens) = tokio::join!(revoking, signing_in);
    assert!(revoked.unwrap().status.success());
    assert_eq!(signed_in.live().await, [false, false, true, true]);
    assert_eq!(signed_in.api.call(&tokens).await, 200);
}
