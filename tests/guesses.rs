//! The guess budgets: the number of evaluated guesses, from any caller at any time.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use local::seed::UserSeed;
use passwords::{BUDGET, IN_A_ROW, SLOW_TTL, WINDOW_TTL};
use serde_json::json;
use shared::{
    ids::SessionId,
    random::{Random, bytes},
    route,
    store::{CLOCK_TOLERANCE, attribute},
};

use crate::harness::{
    APP, Api, Device, PASSWORD, Reply, SCALE, SECRET, SERVER, START, SeededRandom, Tokens, USERNAME, claims,
    forged, form, form_post, number, with_proof,
};

const MINUTES_15: u64 = 15 * 60;

/// Guesses, and returns whether the guess was evaluated: only then is a user read next to the hash.
async fn is_evaluated(api: &Api, parameters: &[(&str, &str)]) -> bool {
    api.calls.take();
    let guess = [&[("client_id", APP), ("password", "a wrong guess")], parameters].concat();
    api.post(route::LOGIN, &guess).await.assert_error(400, "invalid_grant");
    let calls = api.calls.take();
    let mut updates = calls.iter().filter(|call| call.name == "UpdateItem Credentials");
    let is_counted = updates.any(|call| call.units.is_some());
    let reads = calls.iter().filter(|call| call.name == "GetItem Users").count();
    let with_token = parameters.iter().filter(|(name, _)| *name == "refresh_token").count();
    assert_eq!(reads, with_token + usize::from(is_counted), "{calls:?}");
    is_counted
}

async fn guesses(api: &Api, times: u64, parameters: &[(&str, &str)]) -> u64 {
    let mut evaluated = 0;
    for _ in 0..times {
        evaluated += u64::from(is_evaluated(api, parameters).await);
    }
    evaluated
}

/// Sets attributes of the demo user's credential.
async fn set(api: &Api, attributes: Vec<(&str, AttributeValue)>) {
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), attributes).await.unwrap();
}

async fn row(api: &Api, username: &str) -> BTreeMap<String, AttributeValue> {
    let rows = api.items("CredentialsTable").await.into_iter();
    rows.into_iter().find(|row| row[attribute::USERNAME].as_s().unwrap() == username).unwrap()
}

/// Clocks differ as much as they may, and guesses come in bursts or singly.
#[tokio::test]
async fn any_15_minutes_have_at_most_20_guesses() {
    let api = Api::start().await;
    let random = SeededRandom::new(SCALE.seed);
    let dice = |sides: u64| u64::from_le_bytes(bytes::<8>(&random as &dyn Random)) % sides;
    let (mut now, mut evaluated) = (START, Vec::new());
    for round in 0..50 {
        // Failures in a row have their own bound.
        set(&api, vec![("guesses_in_a_row", number(0))]).await;
        now += match dice(4) {
            0 => dice(5),
            1 => dice(60),
            2 => dice(MINUTES_15),
            // Just before the end of a block, the best time for an attacker who knows the blocks.
            _ => WINDOW_TTL / 4 - (now % (WINDOW_TTL / 4)) - 1,
        };
        for _ in 0..=dice(BUDGET + 5) {
            api.clock.set(now + dice(2 * CLOCK_TOLERANCE.as_secs() + 1) - CLOCK_TOLERANCE.as_secs());
            if is_evaluated(&api, &[("username", USERNAME)]).await {
                evaluated.push(now);
            }
            now += dice(2);
        }
        let last: Vec<_> = evaluated.iter().filter(|at| **at + MINUTES_15 >= now).collect();
        assert!(last.len() as u64 <= BUDGET, "round {round}: {last:?}");
    }
    let budget = usize::try_from(BUDGET).unwrap();
    let apart = evaluated.windows(budget + 1).map(|guesses| guesses[budget] - guesses[0]).min();
    assert!(apart.unwrap() > MINUTES_15, "one more than the budget within {apart:?} seconds");
    assert!(evaluated.len() > 5 * budget, "the budget refills: {}", evaluated.len());
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_a_guess_in_four_hours_is_left() {
    for username in [USERNAME, "nobody"] {
        let api = Api::start().await;
        let name = [("username", username)];
        for _ in 0..IN_A_ROW / BUDGET {
            assert_eq!(guesses(&api, BUDGET + 1, &name).await, BUDGET, "{username}");
            api.clock.advance(WINDOW_TTL);
        }
        assert_eq!(guesses(&api, 3, &name).await, 0, "{username}: the hundred are spent");
        let last = IN_A_ROW / BUDGET - 1;
        api.clock.set(START + last * WINDOW_TTL + SLOW_TTL - 1);
        assert_eq!(guesses(&api, 3, &name).await, 0, "{username}");
        api.clock.advance(1);
        for _ in 0..10 {
            assert_eq!(guesses(&api, 3, &name).await, 1, "{username}: the name isn't locked for good");
            api.clock.advance(SLOW_TTL);
        }
        // The count lasts for days, and is forgotten a month after the last attempt.
        api.clock.advance(passwords::MEMORY_TTL - SLOW_TTL);
        assert_eq!(guesses(&api, 3, &name).await, 1, "{username}");
        api.clock.advance(passwords::MEMORY_TTL + 1);
        assert_eq!(guesses(&api, BUDGET + 1, &name).await, BUDGET, "{username}");
    }
}

#[tokio::test]
async fn a_right_password_ends_the_failures_in_a_row() {
    let api = Api::start().await;
    set(&api, vec![("guesses_in_a_row", number(IN_A_ROW - 1)), ("guesses_last_at", number(START - 1))]).await;
    api.login().await;
    assert_eq!(guesses(&api, 3, &[("username", USERNAME)]).await, 3);
    api.login().await;
    let counts = row(&api, USERNAME).await;
    assert!(
        !counts.contains_key("guesses_in_a_row") && !counts.contains_key("guesses_last_at"),
        "{counts:?}"
    );
    // This also holds beyond a hundred failures, after the waiting time.
    set(&api, vec![("guesses_in_a_row", number(IN_A_ROW)), ("guesses_last_at", number(START))]).await;
    api.clock.advance(SLOW_TTL - 1);
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.clock.advance(1);
    api.login().await;
    api.login().await;
}

/// Spends the strangers' budget.
async fn spend(api: &Api) {
    assert_eq!(guesses(api, BUDGET + 1, &[("username", USERNAME)]).await, BUDGET);
}

#[tokio::test]
async fn a_device_of_the_user_logs_in_even_if_strangers_spent_the_budget() {
    let api = Api::start().await;
    let (live, used, over) = (api.login().await, api.login().await, api.login().await);
    api.refresh(&used.refresh).await.tokens();
    api.logout(&over.refresh).await;
    spend(&api).await;
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    for token in [&live, &used, &over] {
        api.try_login_of_device(PASSWORD, &token.refresh).await.tokens();
    }
    // Long after the session has expired.
    api.clock.advance(90 * 24 * 60 * 60);
    spend(&api).await;
    api.try_login_of_device(PASSWORD, &live.refresh).await.tokens();
    // A device's guesses leave the strangers' count alone.
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    // The first of them dropped the old count.
    assert_eq!(row(&api, USERNAME).await["guesses_in_a_row"], number(BUDGET - 1));
}

/// Another user's tokens, on the public client.
async fn tokens_of_another(api: &Api) -> Tokens {
    let other = "another good password".to_owned().into();
    let seed = UserSeed { username: "eve", password: &other, user_id: "eve-id", claims: json!({}) };
    api.seeder().put_user(&seed, &api.passwords()).await.unwrap();
    let login = [("client_id", APP), ("username", "eve"), ("password", "another good password")];
    api.post(route::LOGIN, &login).await.tokens()
}

#[tokio::test]
async fn a_useless_token_gains_a_stranger_nothing_and_reveals_nothing() {
    let api = Api::start().await;
    let own = api.login().await;
    let server =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let elsewhere = api.post(route::LOGIN, &server).await.tokens();
    let eve = tokens_of_another(&api).await;
    let forged = forged(&own.refresh);
    let useless = [&*forged, "x", &own.access, &eve.refresh, &elsewhere.refresh];

    // The calls and the answer are the same for a known and an unknown name, before the budget is spent and after.
    let mut seen = BTreeSet::new();
    for username in [USERNAME, "nobody"] {
        for is_spent in [false, true] {
            for token in useless {
                api.calls.take();
                let guess = [("username", username), ("refresh_token", token)];
                assert_eq!(is_evaluated(&api, &guess).await, !is_spent, "{username}, {token:.9}");
                let login = [("client_id", APP), ("password", PASSWORD), guess[0], guess[1]];
                let Reply { status, headers, body } =
                    if is_spent { api.post(route::LOGIN, &login).await } else { continue };
                let calls: Vec<_> = api.calls.take().into_iter().map(|call| call.name).collect();
                assert_eq!(calls, ["GetItem Users", "UpdateItem Credentials"], "{username}, {token:.9}");
                seen.insert((status, format!("{headers:?}"), body.to_string()));
            }
            if !is_spent {
                let left = BUDGET - useless.len() as u64;
                assert_eq!(guesses(&api, BUDGET, &[("username", username)]).await, left);
            }
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    let counted = row(&api, USERNAME).await;
    assert!(
        counted.keys().all(|name| !name.starts_with("guesses") || name.starts_with("guesses_")),
        "{counted:?}"
    );
    api.try_login_of_device(PASSWORD, &own.refresh).await.tokens();
}

/// The budget that a device uses.
fn slot(tokens: &Tokens) -> u8 {
    SessionId::parse(claims(&tokens.access)["sid"].as_str().unwrap()).unwrap().to_bytes()[0] % 8
}

#[tokio::test]
async fn the_thief_of_a_refresh_token_has_one_budget_and_the_other_devices_theirs() {
    let api = Api::start().await;
    let stolen = api.login().await;
    let other = loop {
        let other = api.login().await;
        if slot(&other) != slot(&stolen) {
            break other;
        }
    };
    let with_token = [("username", USERNAME), ("refresh_token", &*stolen.refresh)];
    // Its own budget comes first, then the strangers'.
    assert_eq!(guesses(&api, 2 * BUDGET + 2, &with_token).await, 2 * BUDGET);
    assert_eq!(guesses(&api, 2, &[("username", USERNAME)]).await, 0);
    api.try_login_of_device(PASSWORD, &stolen.refresh).await.assert_error(400, "invalid_grant");
    api.try_login_of_device(PASSWORD, &other.refresh).await.tokens();
    for _ in 1..IN_A_ROW / BUDGET {
        api.clock.advance(WINDOW_TTL);
        assert_eq!(guesses(&api, 2 * BUDGET + 2, &with_token).await, 2 * BUDGET);
    }
    api.clock.advance(WINDOW_TTL);
    assert_eq!(guesses(&api, 2, &with_token).await, 0, "a hundred in a row, twice");
    api.try_login_of_device(PASSWORD, &other.refresh).await.tokens();
}

#[tokio::test]
async fn strangers_do_not_keep_a_session_from_changing_its_password() {
    let api = Api::start().await;
    let tokens = api.login().await;
    spend(&api).await;
    api.change_password(&tokens.access, PASSWORD, "a much better password").await.tokens();
}

/// During an update, older functions still use their counters, so newer ones leave those alone.
#[tokio::test]
async fn counters_of_earlier_versions_are_kept_until_their_time_is_over() {
    let api = Api::start().await;
    let window = START / MINUTES_15;
    let earlier = ["attempts_1".to_owned(), format!("attempts_{window}")];
    set(&api, earlier.iter().map(|name| (name.as_str(), number(BUDGET))).collect()).await;
    assert_eq!(
        guesses(&api, 1, &[("username", USERNAME)]).await,
        1,
        "they count what those functions evaluate"
    );
    let names = async || row(&api, USERNAME).await.into_keys().filter(|name| name.starts_with("attempts"));
    assert_eq!(names().await.collect::<Vec<_>>(), earlier[1..]);
    api.login().await;
    api.clock.advance(MINUTES_15 + 10);
    api.login().await;
    assert_eq!(names().await.count(), 0);
}

#[tokio::test]
async fn the_row_of_a_name_stays_small_after_many_guesses() {
    let api = Api::start().await;
    let mut devices = BTreeMap::new();
    while devices.len() < 8 {
        let tokens = api.login().await;
        devices.insert(slot(&tokens), tokens.refresh);
    }
    for _ in 0..30 {
        for token in devices.values() {
            guesses(&api, 3, &[("username", USERNAME), ("refresh_token", token)]).await;
        }
        guesses(&api, 3, &[("username", USERNAME)]).await;
        api.clock.advance(WINDOW_TTL / 4);
    }
    let counts = row(&api, USERNAME).await.into_keys().filter(|name| name.starts_with("guesses")).count();
    // Four counters, one that may still count by another clock, and two that remember.
    assert!(counts <= 9 * (5 + 2), "{counts}");
}

#[tokio::test]
async fn a_bound_refresh_token_proves_its_device_only_with_a_proof() {
    let api = Api::binding().await;
    let (device, thief) = (Device::es256(1), Device::es256(2));
    let tokens = api.login_of(&device).await;
    spend(&api).await;
    let login = async |prover: Option<&Device>| {
        let request = match prover {
            Some(prover) => {
                with_proof(form_post(route::LOGIN), &prover.proof(&api, "POST", route::LOGIN).sign())
            }
            None => form_post(route::LOGIN),
        };
        let parameters = [
            ("client_id", APP),
            ("username", USERNAME),
            ("password", PASSWORD),
            ("refresh_token", &tokens.refresh),
        ];
        api.send(request, form(&parameters)).await
    };
    for prover in [None, Some(&thief)] {
        login(prover).await.assert_error(400, "invalid_grant");
    }
    login(Some(&device)).await.tokens();
}
