//! The bound of a network: how many mails it may ask for, and how many codes it may try.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use shared::route;

use super::{Stage, quotas::assert_spent};
use crate::harness::{Browser, CHOSEN, GRACE, NEWCOMER, Reply, SECRET, SERVER, code_of, wrong_code};

/// How many an hour.
const BOUND: u16 = 60;

/// Tries a wrong code.
async fn guess(stage: &Stage, request: &str, code: &str) -> Reply {
    stage.api.reset(&[("request", request), ("code", &wrong_code(code))], CHOSEN).await
}

/// The rows of networks.
async fn networks(stage: &Stage) -> usize {
    let rows = stage.api.items("MailsTable").await;
    rows.iter().filter(|row| row["mailbox"].as_s().unwrap().starts_with("network#")).count()
}

/// One network can't fill the table or the provider's quota. The address's own bound isn't touched.
#[tokio::test]
async fn a_network_gets_sixty_mails_and_then_one_every_minute() {
    let stage = Stage::set().await;
    for number in 0..60 {
        stage.api.ask(route::SIGNUP, &format!("{number}@example.com")).await;
    }
    let before = stage.api.stored().await;
    let wait = assert_spent(&stage.api.try_ask(route::SIGNUP, NEWCOMER).await);
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(stage.api.stored().await, before);
    stage.api.try_ask_from(1, route::SIGNUP, NEWCOMER).await.request_token();
    stage.api.clock.advance(wait);
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
}

#[tokio::test]
async fn an_ipv6_network_is_its_first_48_bits() {
    let stage = Stage::set().await;
    let ask = async |network: u16, subnet: u16, email: &str| {
        let source = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, network, subnet, 0, 0, 0, 1));
        stage.api.try_ask_at(source, route::SIGNUP, email).await
    };
    for subnet in 0..BOUND {
        ask(1, subnet, &format!("{subnet}@example.com")).await.request_token();
    }
    assert_spent(&ask(1, BOUND, NEWCOMER).await);
    ask(2, BOUND, NEWCOMER).await.request_token();
}

/// All of a server's users have the server's address.
#[tokio::test]
async fn a_server_is_not_counted_as_a_network() {
    let stage = Stage::set().await;
    let server = [("client_id", SERVER), ("client_secret", SECRET)];
    for number in 0..=BOUND {
        let email = format!("{number}@example.com");
        let asked = [&server[..], &[("email", &*email)]].concat();
        stage.api.post(route::SIGNUP, &asked).await.request_token();
    }
    let asked = [&server[..], &[("email", GRACE)]].concat();
    let request = stage.api.post(route::FORGOT, &asked).await.request_token();
    let again = [&server[..], &[("request", &*request)]].concat();
    let request = stage.api.post(route::RESEND, &again).await.request_token();
    let guess = [("request", &*request), ("code", "000000"), ("new_password", CHOSEN)];
    let guess = [&server[..], &guess].concat();
    stage.api.post(route::RESET, &guess).await.assert_error(400, "invalid_grant");
    assert_eq!(networks(&stage).await, 0);
    // The bound of the address counts.
    for _ in 0..3 {
        stage.api.post(route::FORGOT, &asked).await.request_token();
    }
    assert_spent(&stage.api.post(route::FORGOT, &asked).await);
}

/// No request from outside has one.
#[tokio::test]
async fn a_loopback_address_is_not_counted_as_a_network() {
    let stage = Stage::set().await;
    for number in 0..=BOUND {
        let sources =
            [Ipv4Addr::LOCALHOST.into(), IpAddr::V6(Ipv6Addr::LOCALHOST), Ipv4Addr::new(127, 9, 9, 9).into()];
        let source = sources[usize::from(number) % sources.len()];
        let email = format!("{number}@example.com");
        stage.api.try_ask_at(source, route::SIGNUP, &email).await.request_token();
    }
    assert_eq!(networks(&stage).await, 0);
}

/// Else one network could try a code for each of many addresses.
#[tokio::test]
async fn tries_of_codes_count_for_the_network_and_links_do_not() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    for _ in 1..BOUND {
        guess(&stage, &asked.request, &asked.code).await.assert_error(400, "invalid_grant");
    }
    let before = stage.api.stored().await;
    assert_spent(&guess(&stage, &asked.request, &asked.code).await);
    assert_spent(&stage.api.try_ask(route::SIGNUP, NEWCOMER).await);
    assert_eq!(stage.api.stored().await, before);
    stage.api.try_ask_from(1, route::SIGNUP, NEWCOMER).await.request_token();
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

#[tokio::test]
async fn tries_of_codes_at_the_pages_count_too_and_a_refused_one_costs_no_guess() {
    let stage = Stage::set().await;
    for number in 2..BOUND {
        stage.api.ask(route::SIGNUP, &format!("{number}@example.com")).await;
    }
    stage.post.deliver(&stage.api).await;
    let mut browser = Browser::new(&stage.api);
    let form = browser.get(route::ACCOUNT_FORGOT).await.form_with("action", Some("ask"));
    let sent = browser.submit(&form, &[("email", GRACE)], Some(("action", "ask"))).await;
    let code = code_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let mut page = sent;
    let mut enter = async |browser: &mut Browser<'_>, code: &str| {
        let form = page.form_with("action", Some("enter-code"));
        page = browser.submit(&form, &[("code", code)], Some(("action", "enter-code"))).await;
        page.status
    };
    assert_eq!(enter(&mut browser, &wrong_code(&code)).await, 400, "the sixtieth");
    for _ in 0..5 {
        assert_eq!(enter(&mut browser, &wrong_code(&code)).await, 429);
    }
    stage.api.clock.advance(60);
    assert_eq!(enter(&mut browser, &code).await, 200);
}
