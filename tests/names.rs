//! User names of many scripts, and those that earlier releases stored.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use passwords::NEVER;
use shared::{route, store::attribute};

use crate::harness::{APP, Api, PASSWORD, Reply, claims, text};

const NEW: &str = "a much better password";

/// Stores a user with exactly this name, as another release may have done. The password is the demo user's.
async fn put_stored(api: &Api, name: &str, user_id: &str) {
    let demo = api.items("CredentialsTable").await;
    let demo = demo.iter().find(|item| item[attribute::USERNAME] == text("demo")).unwrap();
    let credential = vec![
        (attribute::USER_ID, S(user_id.to_owned())),
        (attribute::PASSWORD_HASH, demo[attribute::PASSWORD_HASH].clone()),
        (attribute::EXPIRES_AT, N(NEVER.to_string())),
    ];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, name), credential).await.unwrap();
    let user = vec![(attribute::USERNAME, S(name.to_owned()))];
    api.seeder().set("UsersTable", (attribute::USER_ID, user_id), user).await.unwrap();
}

async fn login(api: &Api, username: &str, password: &str) -> Reply {
    api.post(route::LOGIN, &[("client_id", APP), ("username", username), ("password", password)]).await
}

#[tokio::test]
async fn case_width_composition_and_a_trailing_space_do_not_change_a_name() {
    let api = Api::start().await;
    for (stored, typed) in [
        ("demo", "Demo "),
        ("jürgen", "JU\u{308}RGEN"),
        ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
        ("\u{ab70}\u{ab71}", "\u{13a0}\u{13a1}"),
        ("ガス", "ｶﾞｽ"),
        ("νουσ", "ΝΟΥΣ"),
        ("νουσ", "νους"),
    ] {
        put_stored(&api, stored, stored.len().to_string().as_str()).await;
        for name in [stored, typed] {
            login(&api, name, PASSWORD).await.tokens();
        }
    }
}

#[tokio::test]
async fn a_stored_name_is_valid_for_a_change_of_password() {
    let api = Api::start().await;
    for (number, name) in ["\u{ab70}", "νους", "νουσ", "\u{1e922}\u{1e923}"].into_iter().enumerate() {
        put_stored(&api, name, &number.to_string()).await;
        let tokens = login(&api, name, PASSWORD).await.tokens();
        assert_eq!(claims(&tokens.access)["sub"], number.to_string());
        assert_eq!(api.change_password(&tokens.access, PASSWORD, NEW).await.status, 200, "{name}");
        login(&api, name, NEW).await.tokens();
    }
}

#[tokio::test]
async fn a_greek_name_of_an_earlier_release_is_found_in_every_spelling() {
    for stored in ["γιώργος@x.gr", "γιώργοσ@x.gr"] {
        let api = Api::start().await;
        put_stored(&api, stored, "u-1").await;
        for typed in ["γιώργος@x.gr", "γιώργοσ@x.gr", "Γιώργος@X.gr", "ΓΙΏΡΓΟΣ@X.GR"]
        {
            let tokens = login(&api, typed, PASSWORD).await.tokens();
            assert_eq!(claims(&tokens.access)["sub"], "u-1", "{typed} for {stored}");
        }
        assert_eq!(api.items("CredentialsTable").await.len(), 2, "no row beside it");
    }
}

#[tokio::test]
async fn two_earlier_users_that_differ_by_a_sigma_stay_two() {
    let api = Api::start().await;
    put_stored(&api, "νους", "final").await;
    put_stored(&api, "νουσ", "other").await;
    for (typed, user_id) in [("νους", "final"), ("νουσ", "other"), ("ΝΟΥΣ", "other")] {
        assert_eq!(claims(&login(&api, typed, PASSWORD).await.tokens().access)["sub"], user_id);
    }
}

#[tokio::test]
async fn only_a_name_with_a_final_sigma_is_looked_up_before_it_is_counted() {
    let api = Api::start().await;
    put_stored(&api, "νους", "known").await;
    let reads = async |name| {
        api.calls.take();
        login(&api, name, "wrong password").await.assert_error(400, "invalid_grant");
        api.calls.take().into_iter().filter(|call| call.name == "GetItem Credentials").count()
    };
    assert_eq!(reads("νους").await, reads("τους").await, "known and unknown cost the same");
    assert_eq!(reads("νους").await, 2);
    for ordinary in ["demo", "σοφία", "müller", "한글"] {
        assert_eq!(reads(ordinary).await, 0, "{ordinary}");
    }
}

#[tokio::test]
async fn a_password_may_be_anything_that_a_keyboard_has() {
    let api = Api::start().await;
    let mut current = PASSWORD;
    for (chosen, typed) in [
        ("₽·€ за кофе", "₽·€\u{a0}за\u{a0}кофе"),
        ("👩\u{200d}💻👍🏽❤\u{fe0f}🇻🇳 ok", "👩\u{200d}💻👍🏽❤🇻🇳 ok"),
        ("한글 암호는 길다", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} 암호는 길다"),
        ("a\u{2028}b\u{200b}c\u{378}d🫪", "a\u{2028}b\u{200b}c\u{378}d🫪"),
    ] {
        let tokens = api.try_login(current).await.tokens();
        assert_eq!(api.change_password(&tokens.access, current, chosen).await.status, 200, "{chosen}");
        api.try_login(typed).await.tokens();
        api.try_login(chosen).await.tokens();
        current = chosen;
    }
    for refused in ["tab\tin the middle", "line\nin the middle", "nul\0in the middle"] {
        api.try_login(refused).await.assert_error(400, "invalid_request");
    }
}
