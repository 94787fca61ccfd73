//! Login: the users who get in, the answers to others, and the guess budget.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use local::functions::Deployment;
use passwords::{BUDGET, MEMORY_TTL, WINDOW_TTL};
use shared::{hash_cost::HashCost, route, store::attribute};
use tokio::task::JoinSet;

use crate::harness::{APP, Api, PASSWORD, Reply, START, USER_ID, USERNAME, number, text};

async fn try_name(api: &Api, username: &str) -> Reply {
    let parameters = [("client_id", APP), ("username", username), ("password", "wrong password")];
    api.post(route::LOGIN, &parameters).await
}

#[tokio::test]
async fn unknown_wrong_locked_and_disabled_look_the_same() {
    let api = Api::start().await;
    let wrong = api.try_login("wrong password").await;
    wrong.assert_error(400, "invalid_grant");
    let unknown = try_name(&api, "nobody").await;
    let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), disabled).await.unwrap();
    let disabled = api.try_login(PASSWORD).await;
    for _ in 0..BUDGET {
        api.try_login("wrong password").await;
    }
    let locked = api.try_login(PASSWORD).await;
    for reply in [unknown, disabled, locked] {
        assert_eq!((reply.status, &reply.body), (wrong.status, &wrong.body));
        assert_eq!(reply.headers, wrong.headers);
    }
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn case_and_width_do_not_change_a_user_name() {
    let api = Api::start().await;
    for username in ["demo", "DEMO", "\u{ff24}emo"] {
        let parameters = [("client_id", APP), ("username", username), ("password", PASSWORD)];
        api.post(route::LOGIN, &parameters).await.tokens();
    }
}

#[tokio::test]
async fn the_budget_is_spent_by_guesses_and_refills() {
    let api = Api::start().await;
    for _ in 0..BUDGET {
        api.try_login("wrong password").await.assert_error(400, "invalid_grant");
    }
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.clock.advance(15 * 60);
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.clock.set(START + WINDOW_TTL);
    api.try_login(PASSWORD).await.tokens();
}

#[tokio::test]
async fn a_right_password_gives_its_attempt_back() {
    let api = Api::start().await;
    for _ in 0..BUDGET + 5 {
        api.login().await;
    }
    let credential = &api.items("CredentialsTable").await[0];
    let names: Vec<_> = credential.keys().map(String::as_str).collect();
    assert_eq!(names, ["expires_at", "password_hash", "user_id", "username"]);
}

#[tokio::test]
async fn counters_of_past_windows_do_not_pile_up() {
    let api = Api::start().await;
    for _ in 0..5 {
        api.try_login("wrong password").await;
        try_name(&api, "nobody").await;
        api.clock.advance(WINDOW_TTL);
    }
    for credential in api.items("CredentialsTable").await {
        let counters = credential.keys().filter(|name| name.starts_with("guesses_")).count();
        assert_eq!(counters, 4 + 2, "{credential:?}");
    }
    api.login().await;
}

#[tokio::test]
async fn unknown_names_are_counted_in_rows_that_expire_and_known_ones_never_do() {
    let api = Api::start().await;
    try_name(&api, "nobody").await;
    api.try_login("wrong password").await;
    let credentials = api.items("CredentialsTable").await;
    let row = |name| credentials.iter().find(|c| c["username"] == text(name)).unwrap();
    assert_eq!(row("nobody")["expires_at"], number(api.clock.unix() + MEMORY_TTL));
    assert_eq!(row(USERNAME)["expires_at"], number(253_402_300_799));
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_are_counted_before_they_are_evaluated() {
    let api = Arc::new(Api::start().await);
    let mut tasks = JoinSet::new();
    for _ in 0..200 {
        let api = api.clone();
        tasks.spawn(async move { api.try_login("wrong password").await });
    }
    for reply in tasks.join_all().await {
        reply.assert_error(400, "invalid_grant");
    }
    // A guess is evaluated if its attempt was counted by a successful write.
    let calls = api.calls.take().into_iter();
    let counted = calls.filter(|call| call.name == "UpdateItem Credentials" && call.units.is_some());
    assert_eq!(counted.count() as u64, BUDGET);
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_right_passwords_get_in() {
    let api = Arc::new(Api::start().await);
    let mut tasks = JoinSet::new();
    for _ in 0..BUDGET {
        let api = api.clone();
        tasks.spawn(async move { api.login().await });
    }
    assert_eq!(tasks.join_all().await.len() as u64, BUDGET);
    let credential = &api.items("CredentialsTable").await[0];
    let left: Vec<_> = credential.iter().filter(|(name, _)| name.starts_with("guesses_")).collect();
    assert!(left.iter().all(|(_, count)| **count == number(0)), "{left:?}");
}

#[tokio::test]
async fn a_late_request_leaves_the_counter_of_the_next_window_alone() {
    let api = Api::start().await;
    api.clock.advance(WINDOW_TTL);
    api.try_login("wrong password").await.assert_error(400, "invalid_grant");
    let counters = async || -> BTreeMap<String, AttributeValue> {
        let credential = api.items("CredentialsTable").await.remove(0);
        credential.into_iter().filter(|(name, _)| name.starts_with("guesses_")).collect()
    };
    let later = counters().await;
    let earlier = vec![("guesses_1", number(3))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), earlier).await.unwrap();
    api.clock.set(START);
    api.try_login("wrong password").await.assert_error(400, "invalid_grant");
    let both = counters().await;
    for (name, count) in later.iter().filter(|(name, _)| name.ends_with(char::is_numeric)) {
        assert_eq!(both.get(name), Some(count), "{name}");
    }
    assert_eq!((both.len(), both.contains_key("guesses_1")), (later.len() + 4, false));
}

#[tokio::test]
async fn an_unknown_name_is_the_same_work_as_a_wrong_password() {
    let api = Api::start().await;
    api.login().await;
    api.calls.take();
    let names = |api: &Api| api.calls.take().into_iter().map(|call| call.name).collect::<Vec<_>>();
    api.try_login("wrong password").await;
    let wrong = names(&api);
    try_name(&api, "nobody").await;
    let unknown = names(&api);
    assert_eq!(wrong, ["UpdateItem Credentials", "GetItem Users"]);
    assert_eq!(unknown, wrong);
    // Without a hash to compute, the user isn't read.
    for username in [USERNAME, "nobody"] {
        for _ in 1..BUDGET {
            try_name(&api, username).await;
        }
        names(&api);
        try_name(&api, username).await;
        assert_eq!(names(&api), ["UpdateItem Credentials"], "{username}");
    }
}

#[tokio::test]
async fn the_right_password_of_a_disabled_user_is_the_work_of_a_wrong_one() {
    let api = Api::start().await;
    api.login().await;
    // A hash that a correct password would replace, which causes more work.
    let weak = vec![(attribute::PASSWORD_HASH, text(&hash_at(8, 1)))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), weak).await.unwrap();
    let user = (attribute::USER_ID, USER_ID);
    let cut_off = (attribute::NOT_BEFORE, number(START + 1000));
    for change in [(attribute::DISABLED, AttributeValue::Bool(true)), cut_off] {
        api.seeder().set("UsersTable", user, vec![change]).await.unwrap();
        let before = api.stored().await;
        let mut seen = vec![];
        for password in ["wrong password", PASSWORD] {
            api.calls.take();
            let Reply { status, headers, body } = api.try_login(password).await;
            let calls: Vec<_> = api.calls.take().into_iter().map(|c| (c.name, c.units)).collect();
            seen.push((status, headers, body, calls, api.stored().await));
            api.restore(&before).await;
        }
        assert_eq!(seen[0].3.len(), 2, "{:?}", seen[0].3);
        // The answer, each call and its consumption, and the stored hash and counters.
        assert_eq!(seen[0], seen[1]);
        api.seeder()
            .set("UsersTable", user, vec![(attribute::DISABLED, AttributeValue::Bool(false))])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_client_that_does_not_prove_itself_spends_no_budget() {
    let api = Api::start().await;
    for _ in 0..=BUDGET {
        let parameters = [("client_id", "unknown"), ("username", USERNAME), ("password", PASSWORD)];
        api.post(route::LOGIN, &parameters).await.assert_error(401, "invalid_client");
        let parameters =
            [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "admin")];
        api.post(route::LOGIN, &parameters).await.assert_error(400, "invalid_scope");
    }
    api.login().await;
}

#[tokio::test]
async fn a_hash_made_with_weaker_parameters_is_replaced_at_login() {
    let api = Api::start().await;
    let deployment = Deployment { hash_cost: HashCost::PRODUCTION, ..api.deployment.clone() };
    let api = api.redeployed(deployment).await;
    let weak = hash_at(8192, 2);
    let credential = (attribute::USERNAME, USERNAME);
    let change = |hash: &str| vec![(attribute::PASSWORD_HASH, text(hash))];
    api.seeder().set("CredentialsTable", credential, change(&weak)).await.unwrap();
    api.try_login("wrong password").await.assert_error(400, "invalid_grant");
    let hash = |credential: &BTreeMap<String, AttributeValue>| {
        credential[attribute::PASSWORD_HASH].as_s().unwrap().clone()
    };
    assert_eq!(hash(&api.items("CredentialsTable").await[0]), weak);
    api.login().await;
    let replaced = hash(&api.items("CredentialsTable").await[0]);
    assert!(replaced.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{replaced}");
    api.login().await;
}

#[tokio::test]
async fn a_stored_hash_beyond_the_cap_is_a_failure_of_ours() {
    let api = Api::start().await;
    for hash in [
        "",
        "plain",
        "$argon2id$v=19$m=4294967295,t=2,p=1$bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let change = vec![(attribute::PASSWORD_HASH, text(hash))];
        api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), change).await.unwrap();
        api.try_login(PASSWORD).await.assert_error(500, "server_error");
    }
}

#[tokio::test]
async fn a_credential_without_expires_at_is_left_alone() {
    let api = Api::start().await;
    let mut credential = api.items("CredentialsTable").await.remove(0);
    credential.remove(attribute::EXPIRES_AT);
    api.put("CredentialsTable", credential.clone()).await;
    api.try_login(PASSWORD).await.assert_error(500, "server_error");
    assert_eq!(api.items("CredentialsTable").await, [credential], "it was not given an end");
}

#[tokio::test]
async fn the_claims_of_the_user_record_are_in_the_token_and_can_not_stand_in_for_ours() {
    let api = Api::start().await;
    let claims =
        r#"{"email":"a@example.com","roles":["admin"],"sub":"root","exp":9999999999,"scope":"admin"}"#;
    let change = vec![(attribute::CLAIMS, text(claims))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), change).await.unwrap();
    let tokens = api.login().await;
    let claims = crate::harness::claims(&tokens.access);
    assert_eq!(claims["email"], "a@example.com");
    assert_eq!(claims["roles"][0], "admin");
    assert_eq!((&claims["sub"], &claims["scope"]), (&USER_ID.into(), &"read write".into()));
    assert_eq!(claims["exp"], api.clock.unix() + 1800);
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

/// The hash of the demo user's password with this memory in KiB and number of passes.
pub(crate) fn hash_at(memory_kib: u32, passes: u32) -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let params = Params::new(memory_kib, passes, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef").unwrap().to_string()
}
