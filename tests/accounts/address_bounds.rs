//! The bounds of changes of the address: of an address, of a user, and of a network.

use shared::route;

use super::{Stage, quotas::assert_spent};
use crate::harness::{
    Api, GRACE, GRACES_PASSWORD, HOPPER, NEWCOMER, PASSWORD, Reply, Tokens, network, wrong_code,
};

/// How many changes a user may ask for in an hour.
const OF_A_USER: u16 = 10;
/// How many requests a network may make in an hour.
const OF_A_NETWORK: u16 = 60;

/// Asks from another network each time.
async fn ask(api: &Api, number: u16, tokens: &Tokens, email: &str) -> Reply {
    api.try_change_address_from(number, &tokens.access, email, GRACES_PASSWORD).await
}

#[tokio::test]
async fn an_address_gets_five_mails_in_an_hour_and_the_sixth_request_writes_nothing() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for number in 0..5 {
        ask(&stage.api, number, &tokens, HOPPER).await.request_token();
        stage.post.deliver_one(&stage.api).await;
    }
    let of_address = |rows: Vec<std::collections::BTreeMap<String, _>>| {
        rows.into_iter().filter(|row| row.contains_key("address")).collect::<Vec<_>>()
    };
    let before = of_address(stage.api.items("MailsTable").await);
    assert_spent(&ask(&stage.api, 6, &tokens, "HOPPER@example.com").await);
    assert_eq!(of_address(stage.api.items("MailsTable").await), before);
    // Mails of other kinds to the address have bounds of their own.
    stage.api.ask(route::SIGNUP, HOPPER).await;
    stage.api.clock.advance(3600);
    let tokens = stage.api.graces().await;
    ask(&stage.api, 7, &tokens, HOPPER).await.request_token();
}

/// A stranger with many accounts shares the bound of the address.
#[tokio::test]
async fn users_share_the_bound_of_an_address() {
    let stage = Stage::set().await;
    let mut users = vec![stage.api.graces().await];
    for number in 0..5 {
        let (email, id) = (format!("user{number}@example.com"), format!("user-{number}"));
        stage.api.put_account(&email, GRACES_PASSWORD, &id).await;
        users.push(stage.api.try_login_as(&email, GRACES_PASSWORD).await.tokens());
    }
    for (number, tokens) in (0..).zip(&users[..5]) {
        ask(&stage.api, number, tokens, HOPPER).await.request_token();
    }
    assert_spent(&ask(&stage.api, 9, &users[5], HOPPER).await);
}

/// Else a thief with a session would write to the whole world in the operator's name.
#[tokio::test]
async fn a_user_gets_ten_requests_in_an_hour_whatever_the_address_and_the_network() {
    let stage = Stage::set().await;
    let tokens = [stage.api.graces().await, stage.api.graces().await];
    for number in 0..OF_A_USER {
        let email = format!("{number}@example.com");
        ask(&stage.api, number, &tokens[usize::from(number % 2)], &email).await.request_token();
    }
    let before = stage.api.items("MailsTable").await.len();
    let wait = assert_spent(&ask(&stage.api, 20, &tokens[0], HOPPER).await);
    assert!((1..=3600).contains(&wait), "{wait}");
    // The network has counted it, and nothing else.
    assert!(stage.api.items("MailsTable").await.len() <= before + 1);
    stage.api.clock.advance(wait);
    ask(&stage.api, 21, &tokens[0], HOPPER).await.request_token();
}

#[tokio::test]
async fn another_user_is_not_touched_by_the_bound_of_one() {
    let stage = Stage::set().await;
    stage.api.put_account(NEWCOMER, PASSWORD, "newcomer-user").await;
    let tokens = stage.api.graces().await;
    for number in 0..=OF_A_USER {
        ask(&stage.api, number, &tokens, &format!("{number}@example.com")).await;
    }
    let others = stage.api.try_login_as(NEWCOMER, PASSWORD).await.tokens();
    let reply = stage.api.try_change_address(&others.access, HOPPER, PASSWORD).await;
    reply.request_token();
}

/// A repeated request is one of the user's too.
#[tokio::test]
async fn asking_again_counts_for_the_user() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let mut requests = Vec::new();
    for number in 0..5 {
        requests
            .push(ask(&stage.api, number, &tokens, &format!("{number}@example.com")).await.request_token());
    }
    for request in &mut requests {
        *request = stage.api.try_resend(request).await.request_token();
    }
    assert_spent(&stage.api.try_resend(&requests[0]).await);
    assert_spent(&ask(&stage.api, 9, &tokens, HOPPER).await);
}

#[tokio::test]
async fn a_network_is_bounded_over_sign_ups_and_changes_together() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for number in 0..OF_A_NETWORK {
        let email = format!("{number}@example.com");
        stage.api.try_ask_at(network(1), route::SIGNUP, &email).await.request_token();
    }
    let rows = stage.api.items("MailsTable").await.len();
    assert_spent(&ask(&stage.api, 1, &tokens, HOPPER).await);
    assert_eq!(stage.api.items("MailsTable").await.len(), rows, "the user isn't counted either");
    ask(&stage.api, 2, &tokens, HOPPER).await.request_token();
}

/// Else one network could try a code for each of many addresses.
#[tokio::test]
async fn tries_of_codes_count_for_the_network_and_links_do_not() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let wrong = wrong_code(&asked.code);
    let guess = [("request", asked.request.as_str()), ("code", wrong.as_str())];
    for _ in 1..OF_A_NETWORK {
        stage.api.confirm_address(&guess).await.assert_error(400, "invalid_grant");
    }
    assert_spent(&stage.api.confirm_address(&guess).await);
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
}

/// A refused request makes no earlier link void.
#[tokio::test]
async fn a_refused_request_leaves_the_last_link() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for number in 0..4 {
        ask(&stage.api, number, &tokens, HOPPER).await.request_token();
    }
    let asked = stage.changing(&tokens, HOPPER).await;
    for number in 10..15 {
        assert_spent(&ask(&stage.api, number, &tokens, HOPPER).await);
    }
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
}
