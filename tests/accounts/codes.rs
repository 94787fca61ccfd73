//! Codes of six digits: bound to their request, and guesses at them bounded.

use shared::route;

use super::Stage;
use crate::harness::{Api, CHOSEN, GRACE, GRACES_PASSWORD, NEWCOMER, wrong_code};

/// The guesses for one request.
const OF_A_REQUEST: usize = 5;
/// The guesses for one address and day.
const OF_A_DAY: usize = 20;
const DAY: u64 = 86_400;

async fn guess(api: &Api, request: &str, code: &str) {
    let means = [("request", request), ("code", &wrong_code(code))];
    api.reset(&means, CHOSEN).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_six_digits_and_works_with_its_request_alone() {
    let stage = Stage::set().await;
    let [here, there] = [stage.asked(route::FORGOT, GRACE).await, stage.asked(route::SIGNUP, NEWCOMER).await];
    for asked in [&here, &there] {
        assert!(asked.code.len() == 6 && asked.code.bytes().all(|b| b.is_ascii_digit()), "{}", asked.code);
    }
    if here.code != there.code {
        let crossed = [("request", there.request.as_str()), ("code", here.code.as_str())];
        stage.api.confirm(&crossed, CHOSEN).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.reset(&here.by_code(), CHOSEN).await.status, 200);
}

#[tokio::test]
async fn five_wrong_codes_end_the_codes_of_a_request_and_not_its_link() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    for _ in 0..OF_A_REQUEST {
        guess(&stage.api, &asked.request, &asked.code).await;
    }
    stage.api.reset(&asked.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

#[tokio::test]
async fn four_wrong_codes_leave_the_right_one() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    for _ in 1..OF_A_REQUEST {
        guess(&stage.api, &asked.request, &asked.code).await;
    }
    assert_eq!(stage.api.reset(&asked.by_code(), CHOSEN).await.status, 200);
}

/// A stranger can ask for mails and guess. Twenty guesses a day are one chance in 50,000.
#[tokio::test]
async fn twenty_wrong_codes_end_the_codes_of_an_address_for_that_day() {
    let stage = Stage::set().await;
    // A whole day lies ahead.
    stage.api.clock.set(stage.api.clock.unix().next_multiple_of(DAY));
    for _ in 0..OF_A_DAY / OF_A_REQUEST {
        let asked = stage.asked(route::FORGOT, GRACE).await;
        for _ in 0..OF_A_REQUEST {
            guess(&stage.api, &asked.request, &asked.code).await;
        }
        stage.api.clock.advance(900);
    }
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.api.reset(&asked.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    let other = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.confirm(&other.by_code(), CHOSEN).await.tokens();

    // The owner's link works in spite of that, and the next day's codes do.
    let link = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&link.by_link(), "yet another password").await.status, 200);
    stage.api.clock.set(stage.api.clock.unix().next_multiple_of(DAY));
    let tomorrow = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&tomorrow.by_code(), CHOSEN).await.status, 200);
}

/// A thief with only the request token gets five guesses, however fast they come.
#[tokio::test]
async fn parallel_guesses_are_as_many_as_guesses_one_after_the_other() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let mut running = tokio::task::JoinSet::new();
    let instances = [stage.api.restarted().await, stage.api.restarted().await].map(std::sync::Arc::new);
    for number in 0..40 {
        let (api, request) = (instances[number % 2].clone(), asked.request.clone());
        let code = wrong_code(&asked.code);
        running.spawn(async move {
            let means = [("request", request.as_str()), ("code", code.as_str())];
            let reply = api.reset(&means, CHOSEN).await;
            assert!([400, 503].contains(&reply.status), "{reply:?}");
        });
    }
    running.join_all().await;
    stage.api.reset(&asked.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    let row = stage.api.items("MailsTable").await.into_iter().find(|row| row.contains_key("guesses"));
    assert_eq!(row.unwrap()["guesses"], crate::harness::number(u64::try_from(OF_A_REQUEST).unwrap()));
}

#[tokio::test]
async fn a_malformed_code_is_refused_as_a_wrong_one() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    for code in ["", "12345", "1234567", "abcdef", "１２３４５６", " 123456"] {
        let means = [("request", asked.request.as_str()), ("code", code)];
        let reply = stage.api.reset(&means, CHOSEN).await;
        assert_eq!(reply.status, 400, "{code}: {reply:?}");
    }
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// Neither says whether there is an account: the request for an unknown address has a code too, which no mail carries.
#[tokio::test]
async fn a_wrong_code_is_answered_alike_with_and_without_an_account() {
    let stage = Stage::set().await;
    let mut seen = Vec::new();
    for email in [GRACE, NEWCOMER] {
        let request = stage.api.ask(route::FORGOT, email).await;
        stage.api.calls.take();
        let means = [("request", request.as_str()), ("code", "000000")];
        let reply = stage.api.reset(&means, CHOSEN).await;
        let calls: Vec<_> = stage.api.calls.take().into_iter().map(|call| call.name).collect();
        seen.push((reply.status, reply.body, calls));
    }
    assert_eq!(seen[0], seen[1]);
}
