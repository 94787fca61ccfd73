//! The cost of each operation is a promise: the engine reports the round trips and capacity units that
//! docs/operations/costs.md states.
//!
//! Overlapping calls are one round trip. DynamoDB reports no capacity for a write whose condition failed. It charges
//! one write unit for an item of up to a kilobyte, so this counts one.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem, Update};
use axum::http::Request;
use local::seed::ClientSeed;
use shared::{
    clock::Timestamp,
    ids::SessionId,
    route,
    store::{Revocations, attribute},
};

use crate::{
    harness::{
        APP, Api, Browser, CHOSEN, Call, Device, Flow, GRACE, GRACES_PASSWORD, HOPPER, NATIVE, NEWCOMER,
        PASSWORD, Post, SERVER, START, THIRD, USER_ID, USERNAME, WEB, bearer, code_of, forged, link_of, text,
        waves,
    },
    pages::{Stated, denylist_row_bytes},
};

/// The write and read units of the calls.
fn units(calls: &[Call]) -> (f64, f64) {
    let is_read = |call: &&Call| call.name.starts_with("GetItem") || call.name.starts_with("Query");
    let sum = |calls: Vec<&Call>| calls.iter().map(|call| call.units.unwrap_or(1.0)).sum::<f64>();
    let (reads, writes): (Vec<_>, Vec<_>) = calls.iter().partition(is_read);
    (sum(writes), sum(reads))
}

#[track_caller]
fn assert_costs(operation: &str, calls: &[Call], expected_waves: &[&[&str]]) {
    let stated = Stated::of(operation);
    assert_eq!(waves(calls), expected_waves);
    assert_eq!(calls.len(), stated.calls, "calls");
    assert_eq!(units(calls), (stated.writes, stated.reads), "write and read units");
    // This round trip runs during the password hash, which takes longer, so it adds no time.
    let is_beside = |pair: &&[&[&str]]| {
        // The hash follows the attempt at a password. One that is chosen is hashed after all reads.
        stated.hashes > 0.0 && pair[0] == ["UpdateItem Credentials"] && pair[1] == ["GetItem Users"]
    };
    let waited_for = expected_waves.len() - expected_waves.windows(2).filter(is_beside).count();
    assert_eq!(waited_for, stated.round_trips, "round trips");
}

#[tokio::test]
async fn login_is_three_round_trips_three_writes_and_two_reads() {
    let api = Api::start().await;
    api.login().await;
    assert_costs(
        "login",
        &api.calls.take(),
        &[
            &["GetItem Clients"],
            &["UpdateItem Credentials"],
            &["GetItem Users"],
            &["PutItem Sessions", "UpdateItem Credentials"],
        ],
    );
    api.login().await;
    assert_eq!(
        waves(&api.calls.take()),
        [
            &["UpdateItem Credentials"][..],
            &["GetItem Users"],
            &["PutItem Sessions", "UpdateItem Credentials"],
        ],
        "with a warm client, a round trip and a read less"
    );
}

#[tokio::test]
async fn a_refresh_token_sent_with_the_password_costs_one_read_and_round_trip() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.try_login_of_device(PASSWORD, &tokens.refresh).await.tokens();
    let calls = api.calls.take();
    let expected = [
        &["GetItem Users"][..],
        &["UpdateItem Credentials"],
        &["GetItem Users"],
        &["PutItem Sessions", "UpdateItem Credentials"],
    ];
    assert_eq!(waves(&calls), expected);
    assert_eq!(units(&calls), (3.0, 2.0));
}

#[tokio::test]
async fn a_login_on_a_client_that_may_not_have_it_costs_a_read_and_leaves_nothing() {
    let api = Api::start().await;
    let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
    let other = ClientSeed {
        client_id: "off",
        name: "Off",
        client_secret: None,
        scope: &["read"],
        redirect_uris: &[],
        is_first_party: false,
    };
    api.seeder().put_client(&other).await.unwrap();
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, "off"), disabled).await.unwrap();
    let before = api.stored().await;
    for (client_id, secret) in [("unknown", ""), ("off", ""), (SERVER, ""), (SERVER, "wrong"), (APP, "x")] {
        let api = api.restarted().await;
        for username in [USERNAME, "nobody"] {
            let login = [
                ("client_id", client_id),
                ("client_secret", secret),
                ("username", username),
                ("password", PASSWORD),
            ];
            api.post(route::LOGIN, &login).await.assert_error(401, "invalid_client");
        }
        let calls = api.calls.take();
        assert!(calls.iter().all(|call| call.name == "GetItem Clients"), "{client_id}: {calls:?}");
        assert_eq!(api.stored().await, before, "{client_id}");
    }
}

#[tokio::test]
async fn refresh_with_a_warm_client_is_one_round_trip_one_write_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    assert_costs("refresh", &api.calls.take(), &[&["GetItem Users", "UpdateItem Sessions"]]);
}

/// A proof costs no call, whether the session is bound or becomes bound.
#[tokio::test]
async fn a_refresh_with_a_proof_costs_the_same_as_without() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let tokens = api.refresh(&api.login().await.refresh).await.tokens();
    api.calls.take();
    let bound = api.refresh_of(&device, &tokens.refresh).await.tokens();
    assert_costs("refresh", &api.calls.take(), &[&["GetItem Users", "UpdateItem Sessions"]]);
    let next = api.refresh_of(&device, &bound.refresh).await.tokens();
    assert_costs("refresh", &api.calls.take(), &[&["GetItem Users", "UpdateItem Sessions"]]);
    api.refresh_of(&device, &bound.refresh).await.tokens();
    let calls = api.calls.take();
    assert_costs("refresh, a retry within the leeway", &calls, &[&["GetItem Users", "UpdateItem Sessions"]]);
    for _ in 0..2 {
        api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
        api.refresh_of(&Device::es256(2), &next.refresh).await.assert_error(400, "invalid_grant");
        api.refresh_with(&next.refresh, "junk").await.assert_error(400, "invalid_dpop_proof");
    }
    assert_costs("refresh, junk or foreign token", &api.calls.take(), &[]);
}

#[tokio::test]
async fn a_retry_within_the_leeway_is_one_round_trip_and_its_failed_condition() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    let calls = api.calls.take();
    assert_costs("refresh, a retry within the leeway", &calls, &[&["GetItem Users", "UpdateItem Sessions"]]);
    let update = calls.iter().find(|call| call.name.starts_with("UpdateItem")).unwrap();
    assert_eq!(update.units, None, "it failed");
}

/// The page has already read the client before the form arrives.
#[tokio::test]
async fn a_sign_in_at_the_pages_is_three_round_trips_four_writes_and_one_read() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    flow.begin(&mut browser).await.assert_page(200);
    assert_eq!(waves(&api.calls.take()), [["GetItem Clients"]]);
    let form = flow.begin(&mut browser).await.sign_in_form();
    assert_costs("page, nobody signed in", &api.calls.take(), &[]);
    browser.submit(&form, &[("username", USERNAME), ("password", "wrong")], None).await.assert_page(401);
    let guess: &[&[_]] = &[&["UpdateItem Credentials"], &["GetItem Users"]];
    assert_costs("sign-in at the pages, wrong password", &api.calls.take(), guess);
    let page = browser.submit(&form, &[("username", USERNAME), ("password", PASSWORD)], None).await;
    let steps: &[&[_]] =
        &[guess[0], guess[1], &["PutItem Sessions", "UpdateItem Credentials"], &["PutItem Codes"]];
    assert_costs("sign-in at the pages", &api.calls.take(), steps);
    flow.code_of(&page);
    flow.code_of(&flow.begin(&mut browser).await);
    let steps: &[&[_]] = &[&["GetItem Sessions", "GetItem Users"], &["PutItem Codes", "UpdateItem Sessions"]];
    assert_costs("sign-in at the pages, without a password", &api.calls.take(), steps);
    flow.with("client_id", "unknown").begin(&mut browser).await.assert_page(400);
    assert_costs("page, unknown client", &api.calls.take(), &[&["GetItem Clients"]]);
}

/// A third party's client costs one more read, of the user's consent.
#[tokio::test]
async fn a_code_for_a_third_party_costs_one_more_read() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(THIRD), Browser::new(&api));
    let page = flow.sign_in(&mut browser).await;
    flow.code_of(&browser.press(&page, "allow").await);
    api.calls.take();
    flow.code_of(&flow.begin(&mut browser).await);
    let calls = api.calls.take();
    let steps: &[&[_]] = &[
        &["GetItem Consents", "GetItem Sessions", "GetItem Users"],
        &["PutItem Codes", "UpdateItem Sessions"],
    ];
    assert_eq!(waves(&calls), steps);
    assert_eq!(units(&calls), (2.0, 3.0));
}

/// The authorizer's calls count too.
#[tokio::test]
async fn claims_of_the_user_are_one_round_trip_and_one_read() {
    let api = Api::with_pages().await;
    let tokens = Flow::of(WEB).tokens(&api, &mut Browser::new(&api)).await.tokens();
    api.calls.take();
    let request = bearer(Request::get(route::USERINFO), &tokens.access);
    assert_eq!(api.send(request, "").await.status, 200);
    let calls = api.calls.take();
    assert_eq!(calls[0].name, "GetItem Sessions", "the authorizer's");
    assert_costs("userinfo", &calls[1..], &[&["GetItem Users"]]);
}

#[tokio::test]
async fn a_junk_code_or_another_clients_costs_nothing() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    api.calls.take();
    for (code, client_id) in [("x", WEB), (forged(&code).as_str(), WEB), (code.as_str(), NATIVE)] {
        let reply = flow.redeem_with(&api, code, &[("client_id", client_id)]).await;
        reply.assert_error(400, "invalid_grant");
    }
    assert_costs("code, junk or foreign", &api.calls.take(), &[]);
}

/// The client is in the cache.
#[tokio::test]
async fn a_code_is_three_round_trips_two_writes_and_two_reads() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    flow.tokens(&api, &mut browser).await;
    let code = flow.code(&mut browser).await;
    api.calls.take();
    flow.redeem(&api, &code).await.tokens();
    let calls = api.calls.take();
    let expected = [&["UpdateItem Codes"][..], &["PutItem Sessions"], &["GetItem Sessions", "GetItem Users"]];
    assert_costs("code", &calls, &expected);

    let wrong = "0123456789012345678901234567890123456789012";
    flow.redeem_with(&api, &code, &[("code_verifier", wrong)]).await.assert_error(400, "invalid_grant");
    let calls = api.calls.take();
    assert_eq!(waves(&calls), [["UpdateItem Codes"]], "the failed condition");
    assert_eq!(units(&calls), (1.0, 0.0));

    flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
    let second_use = [
        "UpdateItem Codes",
        "UpdateItem Codes",
        "PutItem Sessions",
        "UpdateItem Sessions",
        "PutItem Revocations",
        "DeleteItem Sessions",
        "PutItem Sessions",
    ];
    assert_eq!(waves(&api.calls.take()), second_use.map(|call| [call]));
    flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
    assert_eq!(waves(&api.calls.take()), [["UpdateItem Codes"], ["PutItem Sessions"]], "a third");
}

#[tokio::test]
async fn logout_is_three_round_trips_and_three_writes_and_once_more_one() {
    let api = Api::start().await;
    let (first, second) = (api.login().await, api.login().await);
    api.logout(&first.refresh).await;
    api.calls.take();
    api.logout(&second.refresh).await;
    let steps: [&[_]; 3] = [&["UpdateItem Sessions"], &["PutItem Revocations"], &["DeleteItem Sessions"]];
    assert_costs("logout", &api.calls.take(), &steps);
    api.logout(&second.refresh).await;
    assert_costs("logout, of a session that is over", &api.calls.take(), &steps[..1]);
}

/// The calls of the authorizer alone.
async fn calls_of_the_authorizer(api: &Api, access_token: &str) -> Vec<Call> {
    api.calls.take();
    assert_eq!(api.call(access_token).await.status, 200);
    let mut calls = api.calls.take();
    assert_eq!(calls.pop().unwrap().name, "Query Sessions", "the endpoint behind it");
    calls
}

#[tokio::test]
async fn the_authorizer_is_one_round_trip_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let calls = calls_of_the_authorizer(&api, &tokens.access).await;
    assert_costs("authorizer, `session`", &calls, &[&["GetItem Sessions"]]);
}

/// Storing a proof is a write after the other calls; remembering one costs nothing.
#[tokio::test]
async fn a_call_with_a_proof_is_one_write_more_where_proofs_are_stored() {
    let of_session: &[&str] = &["GetItem Sessions"];
    for (replay, operation, expected) in [
        ("window", "authorizer, `session`", &[of_session][..]),
        ("store", "authorizer, `session` and `DpopReplay: store`", &[of_session, &["PutItem Revocations"]]),
    ] {
        let api = Api::with(|p| p.with("Dpop", "on").with("DpopReplay", replay)).await;
        let device = Device::es256(1);
        let tokens = api.login_of(&device).await;
        api.calls.take();
        assert_eq!(api.call_of(&device, &tokens.access).await.status, 200);
        let mut calls = api.calls.take();
        assert_eq!(calls.pop().unwrap().name, "Query Sessions", "the endpoint behind it");
        assert_costs(operation, &calls, expected);
    }
}

#[tokio::test]
async fn the_authorizer_with_a_denylist_or_without_a_check_reads_nothing() {
    for (check, operation) in [("denylist", "authorizer, `denylist`"), ("none", "authorizer, `none`")] {
        let api = Api::with(|p| p.with("RevocationCheck", check)).await;
        let tokens = api.login().await;
        assert_costs(operation, &calls_of_the_authorizer(&api, &tokens.access).await, &[]);
    }
}

#[tokio::test]
async fn a_pull_of_the_denylist_reads_as_many_units_as_its_rows_have_bytes_for() {
    let api = Api::with(|p| p.with("RevocationCheck", "denylist")).await;
    let tokens = api.login().await;
    let revocations = Revocations::new(&api.context("logout").environment, &api.store).unwrap();
    let now = Timestamp::from_unix(START);
    let ids: Vec<_> = (0_u32..200).map(|i| SessionId::of_secret(&i.to_be_bytes())).collect();
    for id in &ids {
        revocations.put(id, now).await.unwrap();
    }
    api.clock.advance(authorizer::DENYLIST_INTERVAL.as_secs());
    let calls = calls_of_the_authorizer(&api, &tokens.access).await;
    assert_eq!((ids.len() * denylist_row_bytes()).div_ceil(4096), 4, "a read unit is for 4 KiB");
    let pulled: Vec<_> = calls.iter().filter(|call| call.name == "Query Revocations").collect();
    let units = pulled.iter().map(|call| call.units.unwrap()).fold(0.0, f64::max);
    // Engines count an item's bytes slightly differently.
    assert!((3.0..=5.0).contains(&units), "{units}");
}

#[tokio::test]
async fn a_junk_or_foreign_token_costs_nothing_anywhere() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    let forged = forged(&tokens.refresh);
    for junk in ["x", "lgr1_x", forged.as_str(), tokens.access.as_str()] {
        assert_eq!(api.refresh(junk).await.status, 400);
    }
    let foreign = [
        ("grant_type", "refresh_token"),
        ("client_id", "demo-server"),
        ("refresh_token", tokens.refresh.as_str()),
    ];
    assert_eq!(api.post(route::REFRESH, &foreign).await.status, 400);
    assert_costs("refresh, junk or foreign token", &api.calls.take(), &[]);
    for foreign in [&tokens.refresh, &tokens.access, &forged] {
        assert_eq!(
            api.post(route::LOGOUT, &[("client_id", "demo-server"), ("token", foreign)]).await.status,
            200
        );
    }
    for junk in ["x", "a.b.c", forged.as_str(), tokens.refresh.as_str()] {
        assert_eq!(api.call(junk).await.status, 401);
    }
    assert_costs("authorizer, junk token", &api.calls.take(), &[]);
}

#[tokio::test]
async fn a_wrong_password_or_an_unknown_name_costs_the_attempt_and_the_reads() {
    let api = Api::start().await;
    api.try_login("wrong password").await;
    assert_costs(
        "login, wrong password",
        &api.calls.take(),
        &[&["GetItem Clients"], &["UpdateItem Credentials"], &["GetItem Users"]],
    );
    let unknown = [("client_id", APP), ("username", "nobody"), ("password", PASSWORD)];
    api.post(route::LOGIN, &unknown).await;
    assert_eq!(units(&api.calls.take()), (1.0, 1.0), "with a warm client, the same");
}

#[tokio::test]
async fn a_change_of_password_is_ten_round_trips_eight_writes_and_four_reads() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.change_password(&tokens.access, PASSWORD, "a much better password").await.tokens();
    let mut calls = api.calls.take();
    assert_eq!(calls.remove(0).name, "GetItem Sessions", "the authorizer before it");
    assert_costs(
        "change of password",
        &calls,
        &[
            &["GetItem Clients", "GetItem Sessions", "GetItem Users"],
            &["UpdateItem Credentials"],
            &["UpdateItem Credentials"],
            &["UpdateItem Sessions"],
            &["UpdateItem Users"],
            &["Query Sessions"],
            &["PutItem Sessions"],
            &["UpdateItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
    );
}

/// A request for a mail reads nothing about the account. The client's record is in the cache.
#[tokio::test]
async fn a_request_for_a_mail_is_three_round_trips_two_writes_and_one_read() {
    let api = Api::with_mail().await;
    let post = Post::of(&api);
    let request: &[&[_]] = &[&["UpdateItem Mails"], &["GetItem Mails"], &["UpdateItem Mails"]];
    let delivery: &[&[_]] = &[
        &["UpdateItem Mails"],
        &["GetItem Mails"],
        &["GetItem Credentials"],
        &["GetItem Users"],
        &["UpdateItem Mails"],
    ];
    for (operation, path, email) in
        [("sign-up", route::SIGNUP, NEWCOMER), ("forgotten password", route::FORGOT, GRACE)]
    {
        // It warms the client's record, and counts for another network and another address.
        assert_eq!(api.try_ask_from(1, path, "first@example.com").await.status, 202);
        let cold: &[&[_]] = &[&["GetItem Clients"], request[0], request[1], request[2]];
        assert_eq!(waves(&api.calls.take()), cold, "{operation}");
        post.deliver(&api).await;
        api.calls.take();
        api.ask(path, email).await;
        assert_costs(operation, &api.calls.take(), request);
        // Soon after a request, the network's bound takes a condition that fails and one that holds.
        api.ask(path, email).await;
        let again: &[&[_]] = &[request[0], request[0], request[1], request[2]];
        assert_eq!(waves(&api.calls.take()), again, "{operation}");
        post.deliver_one(&api).await;
        let calls = api.calls.take();
        if path == route::FORGOT {
            assert_costs("mail, delivery", &calls, delivery);
        } else {
            let unknown: &[&[_]] = &[delivery[0], delivery[1], delivery[2], delivery[4]];
            assert_eq!(waves(&calls), unknown, "an unknown address has no user to read");
        }
        // Until the bound of the network remembers no request.
        api.clock.advance(3600);
    }
}

/// Each write of a transaction costs twice its units.
#[tokio::test]
async fn a_confirmation_is_two_round_trips_eight_writes_and_one_read() {
    let api = Api::with_mail().await;
    let post = Post::of(&api);
    let request = api.ask(route::SIGNUP, NEWCOMER).await;
    let mail = post.deliver_one(&api).await;
    let (link, code) = (link_of(&mail).unwrap(), code_of(&mail).unwrap());
    let open = "UpdateItem Mails & PutItem Users & PutItem Credentials & PutItem Sessions";
    let before = api.stored().await;
    api.calls.take();
    api.confirm(&[("token", &link)], CHOSEN).await.tokens();
    assert_costs("sign-up, confirmation", &api.calls.take(), &[&["GetItem Mails"], &[open]]);
    api.restore(&before).await;
    api.confirm(&[("request", &request), ("code", &code)], CHOSEN).await.tokens();
    let update = ["UpdateItem Mails"];
    // The network's two conditions, and the count of the request's own tries.
    assert_eq!(waves(&api.calls.take()), [["GetItem Mails"], update, update, update, [open]], "by its code");
    for junk in ["x", forged(&link).as_str(), request.as_str()] {
        api.confirm(&[("token", junk)], CHOSEN).await.assert_error(400, "invalid_grant");
        api.reset(&[("token", junk)], CHOSEN).await.assert_error(400, "invalid_grant");
        api.try_resend(&link).await.assert_error(400, "invalid_grant");
    }
    assert_costs("link or code, junk", &api.calls.take(), &[]);
}

#[tokio::test]
async fn a_reset_is_eight_round_trips_nine_writes_and_four_reads() {
    let api = Api::with_mail().await;
    api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    api.ask(route::FORGOT, GRACE).await;
    let link = link_of(&Post::of(&api).deliver_one(&api).await).unwrap();
    api.calls.take();
    assert_eq!(api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    assert_costs(
        "reset",
        &api.calls.take(),
        &[
            &["GetItem Mails"],
            &["GetItem Credentials"],
            &["GetItem Users"],
            &["UpdateItem Mails & UpdateItem Credentials & UpdateItem Users"],
            &["Query Sessions"],
            &["UpdateItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
    );
}

/// The authorizer's read of the session comes before the requests of a caller with an access token.
fn without_authorizer(mut calls: Vec<Call>) -> Vec<Call> {
    assert_eq!(calls.remove(0).name, "GetItem Sessions");
    calls
}

#[tokio::test]
async fn a_change_of_address_is_seven_round_trips_and_its_confirmation_four() {
    let api = Api::with_mail().await;
    let (post, tokens) = (Post::of(&api), api.graces().await);
    api.calls.take();
    assert_eq!(api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await.status, 202);
    assert_costs(
        "change of address",
        &without_authorizer(api.calls.take()),
        &[
            &["GetItem Clients", "GetItem Sessions", "GetItem Users"],
            &["UpdateItem Credentials"],
            &["UpdateItem Credentials"],
            &["UpdateItem Mails"],
            &["UpdateItem Mails"],
            &["GetItem Mails"],
            &["UpdateItem Mails"],
        ],
    );
    let link = link_of(&post.deliver_one(&api).await).unwrap();
    api.calls.take();
    assert_eq!(api.confirm_address(&[("token", &link)]).await.status, 200);
    let change = "UpdateItem Mails & UpdateItem Credentials & UpdateItem Users & DeleteItem Credentials & UpdateItem Mails";
    assert_costs(
        "change of address, confirmation",
        &api.calls.take(),
        &[&["GetItem Mails"], &["GetItem Users"], &["GetItem Credentials"], &[change]],
    );
    let link = link_of(&post.deliver_one(&api).await).unwrap();
    api.calls.take();
    assert_eq!(api.undo_address(&link, CHOSEN).await.status, 200);
    assert_costs(
        "undo of a change of address",
        &api.calls.take(),
        &[
            &["GetItem Mails"],
            &["GetItem Users"],
            &["GetItem Credentials"],
            &["UpdateItem Mails & UpdateItem Users & PutItem Credentials & DeleteItem Credentials"],
            &["Query Sessions"],
            &["UpdateItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
    );
}

#[tokio::test]
async fn a_deletion_is_eleven_round_trips_twelve_writes_and_six_reads() {
    let api = Api::with_mail().await;
    let tokens = api.graces().await;
    api.calls.take();
    assert_eq!(api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    assert_costs(
        "deletion of an account",
        &without_authorizer(api.calls.take()),
        &[
            &["GetItem Clients", "GetItem Sessions", "GetItem Users"],
            &["UpdateItem Credentials"],
            &["UpdateItem Credentials"],
            &["UpdateItem Users"],
            &["Query Sessions"],
            &["Query Consents"],
            &["GetItem Users"],
            &["DeleteItem Credentials & DeleteItem Users & UpdateItem Mails"],
            &["UpdateItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
    );
}

/// What a notice is about costs no call and no unit more for it. `logout` is counted above with the same calls.
#[tokio::test]
async fn a_notice_is_in_writes_that_happen_anyway_and_its_mail_takes_one_write_and_two_reads() {
    let api = Api::with_mail().await;
    let (post, tokens) = (Post::of(&api), api.graces().await);
    api.calls.take();
    let everywhere = [("client_id", APP), ("token", tokens.refresh.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    let calls = api.calls.take();
    let denied: Vec<_> = calls.iter().filter(|call| call.name == "PutItem Revocations").collect();
    assert_eq!(denied.iter().map(|call| call.units).collect::<Vec<_>>(), [Some(1.0)], "{calls:?}");
    post.hear(&api).await;
    assert_costs(
        "notice",
        &api.calls.take(),
        &[&["GetItem Users"], &["GetItem Mails"], &["UpdateItem Mails"]],
    );
}

/// The usual design, which docs/operations/costs.md compares, with the same items.
#[tokio::test]
async fn a_refresh_in_a_transaction_is_two_round_trips_four_writes_and_two_reads() {
    let api = Api::start().await;
    api.login().await;
    let session = api.session().await;
    let key =
        [attribute::USER_ID, attribute::SESSION_KEY].map(|name| (name.to_owned(), session[name].clone()));
    let total = ReturnConsumedCapacity::Total;
    let table = |name: &str| api.deployment.tables[name].clone();

    let find = api.store.get_item().consistent_read(true).return_consumed_capacity(total.clone());
    let token = find.clone().table_name(table("SessionsTable")).set_key(Some(key.clone().into()));
    let user = find.table_name(table("UsersTable")).key(attribute::USER_ID, text(USER_ID));
    let (token, user) = tokio::join!(token.send(), user.send());
    let reads = [token.unwrap(), user.unwrap()].map(|found| {
        assert!(found.item.is_some());
        found.consumed_capacity.unwrap().capacity_units.unwrap()
    });

    let mark = Update::builder()
        .table_name(table("SessionsTable"))
        .set_key(Some(key.into()))
        .update_expression("SET #generation = :next")
        .condition_expression("#generation < :next")
        .expression_attribute_names("#generation", attribute::GENERATION)
        .expression_attribute_values(":next", crate::harness::number(1));
    let mut successor = session;
    successor.insert(attribute::SESSION_KEY.to_owned(), text("demo-app#successor"));
    let put = Put::builder().table_name(table("SessionsTable"));
    let put = put.set_item(Some(successor.into_iter().collect())).build().unwrap();
    let transaction = api.store.transact_write_items().return_consumed_capacity(total);
    let transaction = transaction
        .transact_items(TransactWriteItem::builder().update(mark.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(put).build());
    let written = transaction.send().await.unwrap().consumed_capacity.unwrap();
    let writes: f64 = written.iter().filter_map(|consumed| consumed.capacity_units).sum();

    let stated = Stated::of("*refresh by Get and TransactWriteItems*");
    assert_eq!((stated.round_trips, stated.calls), (2, 3));
    assert_eq!((writes, reads.iter().sum::<f64>()), (stated.writes, stated.reads), "write and read units");
}
