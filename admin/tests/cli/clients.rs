//! `latchgate clients …`

use serde_json::{Value, json};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    clock::{Clock, SystemClock},
    store::CLOCK_TOLERANCE,
};

use crate::harness::{Deployed, Login, account::Account, claims, run};

/// The output for a client, without the instant that its sessions and consents have to be later than.
fn settings(mut shown: Value) -> Value {
    let not_before = shown.as_object_mut().unwrap().remove("not_before");
    assert!(not_before.is_some_and(|instant| instant.is_u64()), "{shown}");
    shown
}

#[tokio::test]
async fn a_public_client_can_sign_users_in() {
    let deployed = Deployed::start().await;
    let created = deployed
        .run(&["clients", "create", "shop", "--public", "--name", "Shop", "--scope", "write read"])
        .await;
    let expected = json!({
        "client_id": "shop", "name": "Shop", "kind": "public", "scope": ["read", "write"], "disabled": false,
    });
    assert_eq!(settings(created.json()), expected);
    assert_eq!(settings(deployed.run(&["clients", "show", "shop"]).await.json()), expected);
    assert_eq!(settings(deployed.run(&["clients", "list"]).await.json()[0].take()), expected);
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
    assert_eq!(
        settings(shown),
        json!({"client_id": "shop", "kind": "public", "scope": [], "disabled": false})
    );
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!((&tokens["expires_in"], &claims(&tokens)["roles"]), (&json!(1800), &json!(["admin"])));
}

/// Consents to a deleted client with the same name are older than the new client.
#[tokio::test]
async fn a_new_client_inherits_nothing_of_one_that_had_its_name() {
    let deployed = Deployed::start().await;
    let before = SystemClock.now();
    deployed.client("shop").await;
    let not_before = deployed.run(&["clients", "show", "shop"]).await.json()["not_before"].as_u64().unwrap();
    let tolerance = CLOCK_TOLERANCE.as_secs();
    assert!((before.as_unix()..=SystemClock.now().as_unix()).contains(&(not_before + tolerance)));
    // A sign-in right after the creation isn't older.
    deployed.user("ada").await;
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(deployed.api().await.refresh("shop", &tokens).await.0, 200);
}

#[tokio::test]
async fn creating_an_existing_client_or_changing_a_missing_one_fails() {
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
            ("", "latchgate: there is no client nobody: `latchgate clients list` lists all clients\n")
        );
    }
    assert_eq!(deployed.items("ClientsTable").await.len(), 1);
    assert_eq!(deployed.events(), ["client_created"]);
}

#[tokio::test]
async fn a_client_that_requires_proofs_gets_no_tokens_without_one() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    let created = deployed.run(&["clients", "create", "shop", "--public", "--dpop", "required"]).await;
    let required = json!({
        "client_id": "shop", "kind": "public", "scope": [], "dpop": "required", "disabled": false,
    });
    assert_eq!(settings(created.json()), required);
    assert_eq!(created.stderr, "", "whether tokens are bound there is not known");
    assert_eq!(settings(deployed.run(&["clients", "list"]).await.json()[0].take()), required);
    assert_eq!(deployed.items("ClientsTable").await[0]["dpop"], AttributeValue::S("required".to_owned()));
    assert_ne!(deployed.api().await.login(Login::on("shop", "ada")).await.0, 200);

    let optional = json!({"client_id": "shop", "kind": "public", "scope": [], "disabled": false});
    for back in [["--dpop", "optional"], ["--reset", "dpop"]] {
        let update = ["clients", "update", "shop"];
        deployed.run(&[&update[..], &["--dpop", "required"]].concat()).await.assert(0);
        assert_eq!(settings(deployed.run(&[&update[..], &back].concat()).await.json()), optional);
        deployed.api().await.tokens(Login::on("shop", "ada")).await;
    }
    deployed.run(&["clients", "update", "shop", "--dpop", "required", "--reset", "dpop"]).await.assert(2);
    deployed.run(&["clients", "update", "shop", "--dpop", "always"]).await.assert(2);
}

#[tokio::test]
async fn redirect_uris_are_replaced_and_removed() {
    let deployed = Deployed::start().await;
    let create = ["clients", "create", "shop", "--public", "--first-party"];
    let uris = ["--redirect-uri", "https://b.example/cb", "--redirect-uri", "http://127.0.0.1/cb"];
    let twice = ["--redirect-uri", "https://b.example/cb"];
    let logout = ["--post-logout-redirect-uri", "com.example.shop:/bye"];
    let created = deployed.run(&[&create[..], &uris, &twice, &logout].concat()).await.json();
    let expected = json!({
        "client_id": "shop", "kind": "public", "scope": [], "first_party": true, "disabled": false,
        "redirect_uris": ["https://b.example/cb", "http://127.0.0.1/cb"],
        "post_logout_redirect_uris": ["com.example.shop:/bye"],
    });
    assert_eq!(settings(created), expected);
    assert_eq!(settings(deployed.run(&["clients", "show", "shop"]).await.json()), expected);
    assert_eq!(settings(deployed.run(&["clients", "list"]).await.json()[0].take()), expected);
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let stored = &deployed.items("ClientsTable").await[0];
    let uris = AttributeValue::L(vec![text("https://b.example/cb"), text("http://127.0.0.1/cb")]);
    assert_eq!((&stored["redirect_uris"], &stored["first_party"]), (&uris, &AttributeValue::Bool(true)));

    let printed = deployed.run(&["clients", "show", "shop", "--output", "table"]).await.stdout;
    for (name, value) in [
        ("first_party", "yes"),
        ("redirect_uris", "https://b.example/cb http://127.0.0.1/cb"),
        ("post_logout_redirect_uris", "com.example.shop:/bye"),
    ] {
        assert!(printed.lines().any(|line| line.starts_with(name) && line.ends_with(value)), "{printed}");
    }

    let update = ["clients", "update", "shop"];
    let replaced = ["--redirect-uri", "https://c.example/"];
    let shown = deployed.run(&[&update[..], &replaced].concat()).await.json();
    assert_eq!(shown["redirect_uris"], json!(["https://c.example/"]));
    assert_eq!(
        (&shown["first_party"], &shown["post_logout_redirect_uris"]),
        (&json!(true), &expected["post_logout_redirect_uris"])
    );
    let audit = deployed.audit();
    assert_eq!(audit.last().unwrap()["changed"], json!(["redirect_uris"]));
    deployed.run(&[&update[..], &replaced, &["--reset", "redirect-uri"]].concat()).await.assert(2);
    let reset = ["--reset", "redirect-uri,post-logout-redirect-uri,first-party"];
    let shown = deployed.run(&[&update[..], &reset].concat()).await.json();
    assert_eq!(
        settings(shown),
        json!({"client_id": "shop", "kind": "public", "scope": [], "disabled": false})
    );
    let names: Vec<_> = deployed.items("ClientsTable").await[0].keys().cloned().collect();
    assert_eq!(names, ["client_id", "kind", "not_before"]);
}

#[tokio::test]
async fn a_bad_uri_is_refused_with_a_reason_and_the_allowed_kinds() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    for (uri, reason) in [
        ("http://shop.example.com/cb", "http is for the loopback hosts"),
        ("https://shop.example.com/cb#top", "it has a fragment"),
        ("https://ada@shop.example.com/cb", "it has a user name in it"),
        ("javascript:alert(1)", "its scheme is neither https nor an app's"),
        ("/callback", "it is not an absolute URI"),
    ] {
        for option in ["--redirect-uri", "--post-logout-redirect-uri"] {
            for command in [&["create", "other", "--public"][..], &["update", "shop"]] {
                let ran = deployed.run(&[&["clients"], command, &[option, uri]].concat()).await;
                assert!(ran.assert(2).stderr.contains(reason), "{ran:?}");
                assert!(ran.stderr.contains("allowed are https, http on 127.0.0.1"), "{ran:?}");
            }
        }
    }
    let uris: Vec<String> = (0..21).map(|i| format!("https://shop.example.com/{i}")).collect();
    for option in ["--redirect-uri", "--post-logout-redirect-uri"] {
        let options: Vec<&str> = uris.iter().flat_map(|uri| [option, uri]).collect();
        let update = ["clients", "update", "shop"];
        let ran = deployed.run(&[&update[..], &options].concat()).await;
        assert!(ran.assert(2).stderr.contains("at most 20"), "{ran:?}");
        deployed.run(&[&update[..], &options[..40]].concat()).await.assert(0);
    }
    assert_eq!(deployed.events(), ["client_created", "client_updated", "client_updated"]);
}

#[tokio::test]
async fn redirect_uris_are_exported_and_survive_a_new_secret() {
    let (home, standby) = (Deployed::start().await, Deployed::start().await);
    let create = ["clients", "create", "billing", "--confidential", "--first-party"];
    let uris = ["--redirect-uri", "https://b.example/cb", "--post-logout-redirect-uri", "https://b.example/"];
    home.run(&[&create[..], &uris].concat()).await.assert(0);
    let before = home.run(&["clients", "show", "billing"]).await.json();
    home.run(&["clients", "rotate-secret", "billing", "--at-once", "--yes"]).await.assert(0);
    assert_eq!(home.run(&["clients", "show", "billing"]).await.json(), before);

    let import = ["clients", "import", "-", "--update"];
    let exported = home.run(&["clients", "export"]).await.assert(0).stdout.clone();
    assert_eq!(standby.run_with(&import, exported.as_bytes()).await.json()["imported"], 1);
    assert_eq!(standby.run(&["clients", "show", "billing"]).await.json(), before);
    // An earlier release's line lacks these fields, and removes nothing.
    let line = br#"{"client_id":"billing","name":"Billing"}"#;
    assert_eq!(standby.run_with(&import, line).await.json()["updated"], 1);
    assert_eq!(
        standby.run(&["clients", "show", "billing"]).await.json()["redirect_uris"],
        before["redirect_uris"]
    );
    home.run(&[
        "clients",
        "update",
        "billing",
        "--reset",
        "redirect-uri,post-logout-redirect-uri,first-party",
    ])
    .await
    .assert(0);
    let exported = home.run(&["clients", "export"]).await.assert(0).stdout.clone();
    assert_eq!(standby.run_with(&import, exported.as_bytes()).await.json()["updated"], 1);
    let after = standby.run(&["clients", "show", "billing"]).await.json();
    assert_eq!((after.get("redirect_uris"), after.get("first_party")), (None, None), "{after}");

    let line = br#"{"client_id":"x","kind":"public","redirect_uris":["https://x.example/#secret"]}"#;
    let ran = standby.run_with(&import, line).await;
    assert!(
        ran.assert(4).stderr.contains("number 1 of its redirect_uris is invalid: it has a fragment"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("x.example"), "{ran:?}");
}

#[tokio::test]
async fn the_id_of_page_sessions_is_refused_as_a_client_id() {
    let deployed = Deployed::start().await;
    let created = deployed.run(&["clients", "create", "(browser)", "--public"]).await;
    assert!(created.assert(2).stderr.contains("reserved for sessions at the sign-in pages"), "{created:?}");
    let line = br#"{"client_id":"(browser)","kind":"public"}"#;
    for options in [&[][..], &["--update"], &["--dry-run"]] {
        let ran = deployed.run_with(&[&["clients", "import", "-"], options].concat(), line).await;
        assert!(ran.assert(4).stderr.contains("line 1: its client_id is reserved"), "{ran:?}");
    }
    for command in
        [&["show"][..], &["disable"], &["delete", "--yes"], &["rotate-secret"], &["update", "--name", "x"]]
    {
        deployed.run(&[&["clients"], command, &["(browser)"]].concat()).await.assert(3);
    }
    assert!(deployed.items("ClientsTable").await.is_empty() && deployed.audit().is_empty());
}

#[tokio::test]
async fn a_stack_that_binds_no_tokens_is_named_where_a_client_needs_them_bound() {
    let deployed = Deployed::embedded().await;
    let account = Account::with(&deployed).await;
    let stack = |arguments: &[&str]| {
        account.command(&deployed, &[&["--stack", "latchgate-prod", "clients"], arguments].concat())
    };
    let line = br#"{"client_id":"blog","kind":"public","dpop":"required"}"#;
    for (dpop, is_named) in [(None, true), (Some("off"), true), (Some("on"), false)] {
        if let Some(dpop) = dpop {
            account.world().stack("latchgate-prod").parameters.insert("Dpop".to_owned(), dpop.to_owned());
        }
        for (arguments, input) in [
            (&["create", "shop", "--public", "--dpop", "required"][..], &b""[..]),
            (&["update", "shop", "--name", "The shop"], b""),
            (&["import", "-"], line),
        ] {
            let ran = run(stack(arguments), input).await;
            assert_eq!(ran.assert(0).stderr.contains("Dpop=on"), is_named, "{dpop:?} {ran:?}");
        }
        let ran = run(stack(&["update", "shop", "--dpop", "optional"]), b"").await;
        assert!(!ran.assert(0).stderr.contains("Dpop=on"), "{ran:?}");
        for client in ["shop", "blog"] {
            run(stack(&["delete", client, "--yes", "--no-wait"]), b"").await.assert(0);
        }
    }
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

#[tokio::test]
async fn the_resources_of_a_client_are_replaced_taken_away_and_exported() {
    let (deployed, standby) = (Deployed::start().await, Deployed::start().await);
    let (notes, billing) = ("https://notes.example.com/mcp", "https://billing.example.com");
    let create = ["clients", "create", "shop", "--public", "--resource", notes];
    let created =
        deployed.run(&[&create[..], &["--resource", billing, "--resource", notes]].concat()).await.json();
    let expected = json!({
        "client_id": "shop", "kind": "public", "scope": [], "resources": [billing, notes], "disabled": false,
        "not_before": created["not_before"],
    });
    assert!(created["not_before"].is_u64());
    assert_eq!(created, expected);
    assert_eq!(deployed.run(&["clients", "show", "shop"]).await.json(), expected);
    let AttributeValue::Ss(stored) = &deployed.items("ClientsTable").await[0]["resources"] else { panic!() };
    assert_eq!(stored.len(), 2, "{stored:?}");
    let printed = deployed.run(&["clients", "show", "shop", "--output", "table"]).await.stdout;
    let value = format!("{billing} {notes}");
    assert!(printed.lines().any(|line| line.starts_with("resources") && line.ends_with(&value)), "{printed}");

    let import = ["clients", "import", "-", "--update"];
    let exported = deployed.run(&["clients", "export"]).await.assert(0).stdout.clone();
    assert_eq!(standby.run_with(&import, exported.as_bytes()).await.json()["imported"], 1);
    assert_eq!(standby.run(&["clients", "show", "shop"]).await.json(), expected);

    let update = ["clients", "update", "shop"];
    let shown = deployed.run(&[&update[..], &["--resource", billing]].concat()).await.json();
    assert_eq!(shown["resources"], json!([billing]));
    assert_eq!(deployed.audit().last().unwrap()["changed"], json!(["resources"]));
    deployed.run(&[&update[..], &["--resource", billing, "--reset", "resource"]].concat()).await.assert(2);
    let shown = deployed.run(&[&update[..], &["--reset", "resource"]].concat()).await.json();
    let mut without = expected.clone();
    without.as_object_mut().unwrap().remove("resources");
    assert_eq!(shown, without);

    // An export states that there is no limit, so an import removes one. An earlier release's line doesn't.
    standby.run_with(&import, br#"{"client_id":"shop","name":"Shop"}"#).await.assert(0);
    assert_eq!(standby.run(&["clients", "show", "shop"]).await.json()["resources"], expected["resources"]);
    let exported = deployed.run(&["clients", "export"]).await.assert(0).stdout.clone();
    assert_eq!(standby.run_with(&import, exported.as_bytes()).await.json()["updated"], 1);
    assert_eq!(standby.run(&["clients", "show", "shop"]).await.json().get("resources"), None);
}

#[tokio::test]
async fn a_resource_that_can_not_be_one_is_refused_for_its_reason() {
    let deployed = Deployed::start().await;
    for (uri, reason) in [
        ("notes", "the URI is not absolute"),
        ("http://notes.example.com", "http is for the loopback hosts"),
        ("https://notes.example.com/#x", "the URI has a fragment"),
        ("https://Notes.example.com", "isn't in its normal form"),
    ] {
        let ran = deployed.run(&["clients", "create", "shop", "--public", "--resource", uri]).await;
        assert!(ran.assert(2).stderr.contains(reason), "{ran:?}");
    }
}

#[tokio::test]
async fn who_may_sign_up_at_a_client_is_set_reset_and_copied() {
    let (deployed, standby) = (Deployed::start().await, Deployed::start().await);
    let created = deployed.run(&["clients", "create", "game", "--public", "--sign-up", "open"]).await.json();
    let open = json!({
        "client_id": "game", "kind": "public", "scope": [], "sign_up": "open", "disabled": false,
    });
    assert_eq!(settings(created), open);
    assert_eq!(settings(deployed.run(&["clients", "list"]).await.json()[0].take()), open);
    assert_eq!(deployed.items("ClientsTable").await[0]["sign_up"], AttributeValue::S("open".to_owned()));

    for sign_up in ["invited", "closed"] {
        let shown = deployed.run(&["clients", "update", "game", "--sign-up", sign_up]).await.json();
        assert_eq!(shown["sign_up"], sign_up);
    }
    let exported = deployed.run(&["clients", "export"]).await.stdout;
    assert!(exported.contains(r#""sign_up":"closed""#), "{exported}");
    standby.run_with(&["clients", "import", "-"], exported.as_bytes()).await.assert(0);
    assert_eq!(standby.run(&["clients", "show", "game"]).await.json()["sign_up"], "closed");

    let reset = deployed.run(&["clients", "update", "game", "--reset", "sign-up"]).await.json();
    assert_eq!(reset.get("sign_up"), None);
    let exported = deployed.run(&["clients", "export"]).await.stdout;
    let import = ["clients", "import", "-", "--update"];
    standby.run_with(&import, exported.as_bytes()).await.assert(0);
    assert_eq!(standby.run(&["clients", "show", "game"]).await.json().get("sign_up"), None);
    let ran = deployed.run(&["clients", "update", "game", "--sign-up", "all"]).await;
    assert!(ran.assert(2).stderr.contains("it is open, invited or closed"), "{ran:?}");
}
