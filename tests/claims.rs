//! Claims from the user's record in the access token.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{route, store::attribute};

use crate::harness::{APP, Api, PASSWORD, SECRET, SERVER, USER_ID, USERNAME, claims, text};

async fn select(api: &Api, client_id: &str, names: &str) {
    let claims = vec![(attribute::CLAIMS, text(names))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, client_id), claims).await.unwrap();
}

/// The user's own claims in a token.
fn own(token: &str) -> Value {
    let mut claims = claims(token);
    let names = claims.as_object_mut().unwrap();
    for reserved in shared::claims::RESERVED_CLAIMS {
        names.remove(reserved);
    }
    claims
}

#[tokio::test]
async fn each_clients_tokens_carry_the_claims_that_its_record_names() {
    let api = Api::start().await;
    select(&api, APP, r#"["email", "unheard_of"]"#).await;
    select(&api, SERVER, "[]").await;
    let app = api.login().await;
    assert_eq!(own(&app.access), json!({ "email": "demo@example.com" }));
    let server =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    assert_eq!(own(&api.post(route::LOGIN, &server).await.tokens().access), json!({}));
    let app = api.refresh(&app.refresh).await.tokens();
    assert_eq!(own(&app.access), json!({ "email": "demo@example.com" }));
    let app = api.change_password(&app.access, PASSWORD, "a much better password").await.tokens();
    assert_eq!(own(&app.access), json!({ "email": "demo@example.com" }));
}

#[tokio::test]
async fn roles_that_were_changed_are_in_the_next_refresh() {
    let api = Api::start().await;
    let tokens = api.login().await;
    assert_eq!(own(&tokens.access)["roles"], json!(["user"]));
    let roles = vec![(attribute::CLAIMS, text(r#"{"roles":["user","admin"]}"#))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), roles).await.unwrap();
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(own(&tokens.access), json!({ "roles": ["user", "admin"] }));
}

#[tokio::test]
async fn a_record_beyond_its_limits_is_a_failure_and_never_a_token_with_less() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let set = async |table: &str, key: (&str, &str), value: AttributeValue| {
        api.seeder().set(table, key, vec![(attribute::CLAIMS, value)]).await.unwrap();
    };
    let user = (attribute::USER_ID, USER_ID);
    for (length, status) in [(4096, 200), (4097, 500)] {
        let claims = format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert_eq!(claims.len(), length);
        set("UsersTable", user, text(&claims)).await;
        assert_eq!(api.refresh(&tokens.refresh).await.status, status, "{length}");
        assert_eq!(api.try_login(PASSWORD).await.status, status, "{length}");
    }
    set("UsersTable", user, text("{}")).await;
    for bad in ["", "{}", "[1]", "null", &json!(vec!["x"; 65]).to_string()] {
        let names =
            if bad.len() > 10 { json!((0..65).collect::<Vec<_>>()).to_string() } else { bad.to_owned() };
        set("ClientsTable", (attribute::CLIENT_ID, APP), text(&names)).await;
        let api = api.restarted().await;
        api.refresh(&tokens.refresh).await.assert_error(500, "server_error");
    }
    select(&api, APP, "[]").await;
    api.restarted().await.refresh(&tokens.refresh).await.tokens();
}

/// A reader that parsed these numbers would change them.
#[tokio::test]
async fn a_number_arrives_as_it_was_written_or_the_record_is_a_failure() {
    let api = Api::with(|parameters| parameters.with("ContextClaims", "*")).await;
    let tokens = api.login().await;
    let set = async |claims: &str| {
        let value = vec![(attribute::CLAIMS, text(claims))];
        api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), value).await.unwrap();
    };
    let kept = r#""a":18446744073709551615,"b":-9223372036854775808,"c":0.30000000000000004,"d":{"e":[5e-324,1.7976931348623157e+308]},"f":1e-7"#;
    set(&format!("{{{kept}}}")).await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    let payload = tokens.access.split('.').nth(1).unwrap();
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert!(payload.contains(kept), "{payload}");
    for changed in [
        r#"{"a":18446744073709551616}"#,
        r#"{"a":{"b":[-9223372036854775809]}}"#,
        r#"{"a":0.12345678901234567890}"#,
        r#"{"a":{"b":1,"b":2}}"#,
    ] {
        set(changed).await;
        api.try_login(PASSWORD).await.assert_error(500, "server_error");
    }
    set("{}").await;
    api.refresh(&tokens.refresh).await.tokens();
}
