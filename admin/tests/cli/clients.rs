//! `latchgate clients …`

use serde_json::json;

use crate::harness::{Deployed, Login, claims};

#[tokio::test]
async fn a_public_client_can_sign_users_in() {
    let deployed = Deployed::start().await;
    let created = deployed
        .run(&["clients", "create", "shop", "--public", "--name", "Shop", "--scope", "write read"])
        .await;
    let expected = json!({
        "client_id": "shop", "name": "Shop", "kind": "public", "scope": ["read", "write"], "disabled": false,
    });
    assert_eq!(created.json(), expected);
    assert_eq!(deployed.run(&["clients", "show", "shop"]).await.json(), expected);
    assert_eq!(deployed.run(&["clients", "list"]).await.json(), json!([expected]));
    deployed.user("ada").await;
    let tokens = deployed.api().await.tokens(Login::on("shop", "Ada")).await;
    assert_eq!(tokens["scope"], "read write");
}

#[tokio::test]
async fn lifetimes_and_claims_of_a_client_are_in_its_tokens_until_they_are_reset() {
    let deployed = Deployed::start().await;
    let create = ["clients", "create", "shop", "--public", "--claims", "email,team"];
    let lifetimes = ["--access-ttl", "60", "--idle-ttl", "3600", "--absolute-ttl", "7200", "--leeway", "0"];
    deployed.run(&[&create[..], &lifetimes].concat()).await.assert(0);
    let claims_of_ada = r#"{"email":"ada@example.com","team":7,"roles":["admin"]}"#;
    let create = ["users", "create", "ada", "--password-stdin", "--claims", claims_of_ada];
    deployed.run_with(&create, crate::harness::PASSWORD.as_bytes()).await.assert(0);

    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!((&tokens["expires_in"], &tokens["refresh_token_expires_in"]), (&json!(60), &json!(3600)));
    let said = claims(&tokens);
    assert_eq!(
        (&said["email"], &said["team"], said.get("roles")),
        (&json!("ada@example.com"), &json!(7), None)
    );

    deployed.run(&["clients", "update", "shop", "--claims", "none", "--idle-ttl", "100"]).await.assert(0);
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(tokens["refresh_token_expires_in"], 100);
    assert_eq!(claims(&tokens).get("email"), None);

    let reset = "access-ttl,idle-ttl,absolute-ttl,leeway,claims";
    let shown = deployed.run(&["clients", "update", "shop", "--reset", reset]).await.json();
    assert_eq!(shown, json!({"client_id": "shop", "kind": "public", "scope": [], "disabled": false}));
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!((&tokens["expires_in"], &claims(&tokens)["roles"]), (&json!(1800), &json!(["admin"])));
}

#[tokio::test]
async fn a_client_that_is_there_is_not_made_again_and_one_that_is_not_is_not_changed() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let again = deployed.run(&["clients", "create", "shop", "--confidential"]).await;
    again.assert(4);
    assert_eq!(
        (again.stdout.as_str(), again.stderr.as_str()),
        ("", "latchgate: there is a client shop already\n")
    );
    let client = deployed.run(&["clients", "show", "shop"]).await.json();
    assert_eq!((&client["kind"], &client["scope"]), (&json!("public"), &json!(["read", "write"])));
    for arguments in [
        &["clients", "show", "nobody"][..],
        &["clients", "update", "nobody", "--name", "x"],
        &["clients", "rotate-secret", "nobody"],
        &["clients", "disable", "nobody"],
        &["clients", "enable", "nobody"],
        &["clients", "delete", "nobody", "--yes"],
    ] {
        let ran = deployed.run(arguments).await;
        ran.assert(3);
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            (
                "",
                "latchgate: there is no client nobody: `latchgate clients list` names those that there are\n"
            )
        );
    }
    assert_eq!(deployed.items("ClientsTable").await.len(), 1);
    assert_eq!(deployed.events(), ["client_created"]);
}

#[tokio::test]
async fn a_disabled_client_gets_no_tokens_until_it_is_enabled() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("ada").await;
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(deployed.run(&["clients", "disable", "shop"]).await.json()["disabled"], true);
    let api = deployed.api().await;
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 401);
    assert_eq!(api.refresh("shop", &tokens).await.0, 401);
    assert_eq!(api.call(&tokens).await, 200, "its sessions are not ended by that");

    assert_eq!(deployed.run(&["clients", "enable", "shop"]).await.json()["disabled"], false);
    assert_eq!(deployed.api().await.refresh("shop", &tokens).await.0, 200);
    let disable = ["clients", "disable", "shop", "--end-sessions", "--no-wait"];
    deployed.run(&disable).await.assert(4);
    deployed.run(&[&disable[..], &["--yes"]].concat()).await.assert(0);
    assert_eq!(deployed.api().await.call(&tokens).await, 401);
    assert_eq!(
        deployed.events()[2..],
        ["client_disabled", "client_enabled", "client_disabled", "session_revoked"]
    );
}

#[tokio::test]
async fn a_deletion_is_confirmed_and_ends_the_sessions() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.client("other").await;
    deployed.user("ada").await;
    let api = deployed.api().await;
    let (gone, kept) =
        (api.tokens(Login::on("shop", "ada")).await, api.tokens(Login::on("other", "ada")).await);
    let refused = deployed.run(&["clients", "delete", "shop"]).await;
    refused.assert(4);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(api.call(&gone).await, 200);

    let deleted = deployed.run(&["clients", "delete", "shop", "--yes", "--no-wait"]).await;
    assert_eq!(deleted.json(), json!({"sessions_ended": 1}));
    let api = deployed.api().await;
    assert_eq!((api.call(&gone).await, api.call(&kept).await), (401, 200));
    assert_eq!(api.login(Login::on("shop", "ada")).await.0, 401);
    assert_eq!(deployed.items("RevocationsTable").await.len(), 1);
    deployed.run(&["clients", "show", "shop"]).await.assert(3);
}
