//! Client secrets.

use serde_json::json;

use crate::harness::{Deployed, Login};

/// Creates a confidential client, and returns its secret.
async fn confidential(deployed: &Deployed) -> String {
    let created = deployed.run(&["clients", "create", "billing", "--confidential"]).await;
    assert!(created.stderr.contains("not shown again"), "{created:?}");
    created.json()["client_secret"].as_str().unwrap().to_owned()
}

async fn logs_in(deployed: &Deployed, secret: Option<&str>) -> u16 {
    let login = Login { client_secret: secret, ..Login::on("billing", "ada") };
    deployed.api().await.login(login).await.0
}

#[tokio::test]
async fn a_secret_is_shown_once_and_stored_as_a_hash() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    let secret = confidential(&deployed).await;
    assert!(secret.starts_with("lgs1_") && secret.len() == 5 + 43, "256 bits: {secret}");
    assert_eq!(logs_in(&deployed, Some(&secret)).await, 200);
    assert_eq!(logs_in(&deployed, None).await, 401);
    let shown = deployed.run(&["clients", "show", "billing"]).await;
    assert_eq!(shown.json()["secrets"], 1);
    let stored = format!("{:?}", deployed.items("ClientsTable").await);
    let audit = format!("{:?}", deployed.audit());
    for text in [&shown.stdout, &stored, &audit] {
        assert!(!text.contains(&secret[5..]), "{text}");
    }
}

#[tokio::test]
async fn while_a_secret_changes_two_are_valid_and_then_one() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    let first = confidential(&deployed).await;
    let rotated = deployed.run(&["clients", "rotate-secret", "billing"]).await.json();
    let second = rotated["client_secret"].as_str().unwrap();
    assert_eq!((rotated["secrets"].clone(), second != first), (json!(2), true));
    for secret in [&first, second] {
        assert_eq!(logs_in(&deployed, Some(secret)).await, 200);
    }

    let drop_old = ["clients", "rotate-secret", "billing", "--drop-old"];
    deployed.run(&drop_old).await.assert(4);
    let dropped = deployed.run(&[&drop_old[..], &["--yes"]].concat()).await.json();
    assert_eq!((&dropped["secrets"], dropped.get("client_secret")), (&json!(1), None));
    assert_eq!(logs_in(&deployed, Some(&first)).await, 401);
    assert_eq!(logs_in(&deployed, Some(second)).await, 200);
    let before = deployed.events();
    deployed.run(&drop_old).await.assert(0);
    assert_eq!(deployed.events(), before, "there was nothing to drop");
}

#[tokio::test]
async fn at_once_only_the_new_secret_is_valid() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    let first = confidential(&deployed).await;
    let at_once = ["clients", "rotate-secret", "billing", "--at-once"];
    deployed.run(&at_once).await.assert(4);
    assert_eq!(logs_in(&deployed, Some(&first)).await, 200, "it was not confirmed");
    let rotated = deployed.run(&[&at_once[..], &["--yes"]].concat()).await.json();
    assert_eq!(logs_in(&deployed, Some(&first)).await, 401);
    assert_eq!(logs_in(&deployed, rotated["client_secret"].as_str()).await, 200);
    assert_eq!(deployed.events(), ["user_created", "client_created", "client_secret_rotated"]);
}

#[tokio::test]
async fn a_public_client_has_no_secret_to_rotate() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.run(&["clients", "rotate-secret", "shop"]).await.assert(4);
}
