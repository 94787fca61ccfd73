//! Clients that describe themselves, and are known by the URL of their document.

use aws_sdk_dynamodb::types::AttributeValue::{L, N, S, Ss};
use serde_json::json;
use shared::client::ClientIdUrl;

use crate::harness::Deployed;

const URL: &str = "https://app.example.com/client.json";

/// The `client_id` under which the client is stored.
fn id() -> String {
    ClientIdUrl::parse(URL).unwrap().client_id().to_string()
}

/// A row as a user's consent creates it.
async fn with_client() -> Deployed {
    let deployed = Deployed::start().await;
    let item = [
        ("client_id", S(id())),
        ("document_url", S(URL.to_owned())),
        ("name", S("An app".to_owned())),
        ("kind", S("public".to_owned())),
        ("scope", Ss(vec!["openid".to_owned()])),
        ("redirect_uris", L(vec![S("https://app.example.com/cb".to_owned())])),
        ("expires_at", N("3999999999".to_owned())),
    ];
    let item = item.map(|(name, value)| (name.to_owned(), value)).into();
    let put = deployed.store.put_item().table_name(deployed.table("ClientsTable"));
    put.set_item(Some(item)).send().await.unwrap();
    deployed
}

#[tokio::test]
async fn a_documented_client_is_listed_by_its_url_and_not_exported() {
    let deployed = with_client().await;
    deployed.client("shop").await;
    let expected = json!({
        "client_id": id(), "document_url": URL, "name": "An app", "kind": "public", "scope": ["openid"],
        "redirect_uris": ["https://app.example.com/cb"], "disabled": false,
    });
    for named in [URL, &id()] {
        assert_eq!(deployed.run(&["clients", "show", named]).await.json(), expected);
    }
    assert_eq!(deployed.run(&["clients", "list"]).await.json()[0], expected);
    let table = deployed.run(&["clients", "list", "--output", "table"]).await.stdout;
    assert!(
        table.lines().next().unwrap().starts_with("CLIENT_ID") && table.contains("DOCUMENT_URL"),
        "{table}"
    );
    let exported = deployed.run(&["clients", "export"]).await.stdout;
    assert!(exported.contains("shop") && !exported.contains("cimd_"), "{exported}");
}

#[tokio::test]
async fn a_disabled_or_cut_off_client_does_not_expire() {
    for command in
        [&["clients", "disable", URL][..], &["sessions", "revoke", "--client", URL, "--yes", "--no-wait"]]
    {
        let deployed = with_client().await;
        deployed.run(command).await.assert(0);
        let item = deployed.items("ClientsTable").await.remove(0);
        assert!(!item.contains_key("expires_at"), "{command:?}: {item:?}");
        assert!(item.contains_key("disabled") || item.contains_key("not_before"), "{item:?}");
    }
}

#[tokio::test]
async fn a_documented_client_is_deleted_by_its_url() {
    let deployed = with_client().await;
    deployed.run(&["clients", "delete", URL, "--yes", "--no-wait"]).await.assert(0);
    assert!(deployed.items("ClientsTable").await.is_empty());
}

#[tokio::test]
async fn a_documented_client_can_not_be_registered() {
    let deployed = with_client().await;
    for named in [URL, &id()] {
        let ran = deployed.run(&["clients", "create", named, "--public"]).await;
        assert!(ran.assert(2).stderr.contains("which can't be registered"), "{ran:?}");
    }
    let line = json!({ "client_id": id(), "kind": "public" }).to_string();
    let ran = deployed.run_with(&["clients", "import", "-"], line.as_bytes()).await;
    assert!(ran.stderr.contains("which can't be registered"), "{ran:?}");
    let line = json!({ "client_id": "shop", "kind": "public" }).to_string();
    let import = ["clients", "import", "-", "--update", "--disable-missing", "--yes"];
    deployed.run_with(&import, line.as_bytes()).await.assert(0);
    assert_eq!(deployed.run(&["clients", "show", URL]).await.json()["disabled"], false);
}

#[tokio::test]
async fn a_consent_is_shown_and_revoked_by_the_clients_url() {
    let deployed = with_client().await;
    let ada = deployed.user("ada").await;
    let item = [
        ("user_id", S(ada)),
        ("client_id", S(id())),
        ("scope", Ss(vec!["openid".to_owned()])),
        ("granted_at", N("1800000000".to_owned())),
    ];
    let put = deployed.store.put_item().table_name(deployed.table("ConsentsTable"));
    let item = item.map(|(name, value)| (name.to_owned(), value)).into();
    put.set_item(Some(item)).send().await.unwrap();
    let listed = deployed.run(&["users", "consents", "ada"]).await.json();
    assert_eq!(listed[0]["document_url"], URL);
    let revoked = deployed.run(&["users", "consents", "ada", "--revoke", URL]).await.json();
    assert_eq!(revoked, json!({"consents_revoked": 1}));
}
