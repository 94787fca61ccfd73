//! `POST /password`: the user's other sessions end, and this one continues.

use axum::http::Request;
use passwords::{BUDGET, WINDOW_TTL};
use serde_json::{Value, json};
use shared::{clock::Clock, route, store::attribute};

use crate::harness::{
    APP, Api, Fault, PASSWORD, SECRET, SERVER, START, USER_ID, USERNAME, bearer, claims, form_post, number,
};

const NEW: &str = "a much better password";

#[tokio::test]
async fn the_other_sessions_end_and_this_one_goes_on_with_new_tokens() {
    let api = Api::start().await;
    let form = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("device_name", "Phone")];
    let here = api.post(route::LOGIN, &form).await.tokens();
    let server =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let (there, elsewhere) = (api.login().await, api.post(route::LOGIN, &server).await.tokens());

    let reply = api.change_password(&here.access, PASSWORD, NEW).await;
    let new = reply.tokens();
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.body["token_type"], "bearer");
    assert_eq!(reply.body["scope"], "read write");
    for tokens in [&here, &there, &elsewhere] {
        assert_eq!(api.call(&tokens.access).await.status, 401, "at once, on every device");
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    let sessions = api.call(&new.access).await;
    let sessions = sessions.body["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!((&sessions[0]["device_name"], &sessions[0]["current"]), (&json!("Phone"), &json!(true)));
    let next = api.refresh(&new.refresh).await.tokens();
    assert_ne!(claims(&next.access)["sid"], claims(&here.access)["sid"], "a secret that no thief has seen");
    assert_eq!(api.items("RevocationsTable").await.len(), 3);

    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    let later = api.try_login(NEW).await.tokens();
    api.refresh(&later.refresh).await.tokens();
}

#[tokio::test]
async fn an_access_token_without_the_password_changes_nothing() {
    let api = Api::start().await;
    let (here, there) = (api.login().await, api.login().await);
    let hash =
        async || api.items("CredentialsTable").await.remove(0).remove(attribute::PASSWORD_HASH).unwrap();
    let before = hash().await;
    for wrong in ["a wrong password", NEW] {
        api.change_password(&here.access, wrong, NEW).await.assert_error(400, "invalid_grant");
    }
    for access in ["", "x", here.refresh.as_str()] {
        api.change_password(access, PASSWORD, NEW).await.assert_gateway_error(401, "unauthorized");
    }
    assert_eq!(hash().await, before);
    assert_eq!(api.call(&there.access).await.status, 200);
    api.refresh(&there.refresh).await.tokens();
}

#[tokio::test]
async fn guesses_at_the_current_password_are_those_of_a_device() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let guesses: Vec<_> = (0..60)
        .map(|i| {
            let (gateway, access) = (api.gateway.clone(), tokens.access.clone());
            let body = format!("current_password=wrong+guess+{i}&new_password=another+good+password");
            let request = bearer(form_post(route::PASSWORD), &access).body(body.into()).unwrap();
            tokio::spawn(async move { gateway.handle(request, [203, 0, 113, 9].into()).await.status() })
        })
        .collect();
    for guess in guesses {
        assert_eq!(guess.await.unwrap(), 400);
    }
    // The counted attempts were evaluated; after them, even the correct password isn't.
    let credential = api.items("CredentialsTable").await.remove(0);
    let counters =
        credential.iter().filter(|(name, _)| name.starts_with("guesses") && !name.ends_with("_at"));
    let counters: Vec<_> = counters.map(|(_, count)| count.as_n().unwrap().clone()).collect();
    // The counters of the device's own budget, and then of login's.
    assert_eq!(counters, vec![BUDGET.to_string(); 2 * (4 + 1)]);
    api.change_password(&tokens.access, PASSWORD, NEW).await.assert_error(400, "invalid_grant");
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.clock.advance(WINDOW_TTL);
    api.change_password(&tokens.access, PASSWORD, NEW).await.tokens();
}

#[tokio::test]
async fn a_rejected_password_costs_nothing_and_gets_a_reason() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    for (bad, word) in [
        ("seven77", "at least 8"),
        ("Password1", "common"),
        ("demodemodemo1", "user name"),
        ("tab\tin the middle", "control"),
        (&"x".repeat(1025), "1024"),
    ] {
        let reply = api.change_password(&tokens.access, PASSWORD, bad).await;
        reply.assert_error(400, "password_rejected");
        assert!(reply.body["error_description"].as_str().unwrap().contains(word), "{reply:?}");
    }
    let writes = api.calls.take().into_iter().filter(|call| call.name.starts_with("Update")).count();
    assert_eq!(writes, 0, "no attempt is counted");
    api.change_password(&tokens.access, PASSWORD, PASSWORD).await.assert_error(400, "password_rejected");
    api.try_login(PASSWORD).await.tokens();
    for length in [8, 1024] {
        let tokens = api.login().await;
        let edge = "long enough ".repeat(86)[..length].to_owned();
        api.change_password(&tokens.access, PASSWORD, &edge).await.tokens();
        let tokens = api.try_login(&edge).await.tokens();
        api.change_password(&tokens.access, &edge, PASSWORD).await.tokens();
    }
}

const KEY: &str = "4b0e2b63-7ac2-4b7e-9a5c-0d6f5a3f8e11";

/// The access tokens of such sessions may still be valid.
#[tokio::test]
async fn a_session_of_before_the_cut_off_of_its_client_changes_no_password() {
    let api = Api::with(|p| p.with("RevocationCheck", "denylist")).await;
    let tokens = api.login().await;
    for (not_before, is_over) in [(START + 1, true), (START, false)] {
        let cut_off = vec![(attribute::NOT_BEFORE, number(not_before))];
        api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), cut_off).await.unwrap();
        let reply = api.restarted().await.change_password(&tokens.access, PASSWORD, NEW).await;
        if is_over {
            reply.assert_error(400, "invalid_grant");
        } else {
            reply.tokens();
        }
    }
}

#[tokio::test]
async fn a_retry_answers_for_the_session_that_the_first_request_stored() {
    let api = Api::start().await;
    let here = api.login().await;
    api.calls.fail(Fault::After("PutItem Sessions"));
    let lost = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await;
    lost.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.clock.advance(100);
    let reply = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await;
    assert_eq!(reply.body["refresh_token_expires_in"], 14 * 24 * 3600 - 100);
    assert_eq!(claims(&reply.tokens().access)["auth_time"], START);
}

#[tokio::test]
async fn a_key_recovers_a_lost_answer_and_the_old_session_ends_a_minute_later() {
    for check in ["session", "denylist"] {
        let api = Api::with(|p| p.with("RevocationCheck", check)).await;
        let (here, there) = (api.login().await, api.login().await);
        let first = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
        // The answer is lost, and the request is repeated, once with the successor already used.
        api.clock.advance(20);
        let again = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
        assert_eq!(again.refresh, first.refresh, "{check}");
        assert_eq!(claims(&again.access)["sid"], claims(&first.access)["sid"], "{check}");
        assert_eq!(api.call(&there.access).await.status, 401, "{check}: the others end at once");
        let next = api.refresh(&again.refresh).await.tokens();
        api.clock.advance(20);
        let late = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
        assert_eq!(late.refresh, next.refresh, "{check}: the newest token that there is");
        assert_eq!(api.call(&late.access).await.status, 200, "{check}");
        assert_eq!(api.call(&here.access).await.status, 200, "{check}");
        api.clock.advance(20);
        for access in [&here.access, &there.access] {
            api.call(access).await.assert_gateway_error(401, "unauthorized");
        }
        let gone = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await;
        gone.assert_gateway_error(401, "unauthorized");
        api.refresh(&here.refresh).await.assert_error(400, "invalid_grant");
        api.refresh(&late.refresh).await.tokens();
        // One more attempt than the budget would have been refused.
        for _ in 0..BUDGET {
            api.try_login(NEW).await.tokens();
        }
    }
}

#[tokio::test]
async fn until_the_old_session_ends_it_may_be_refreshed_or_ended() {
    let api = Api::with(|p| p.with("RevocationCheck", "denylist")).await;
    let here = api.login().await;
    let new = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    let refreshed = api.refresh(&here.refresh).await;
    assert_eq!(refreshed.body["refresh_token_expires_in"], 60, "nothing outlives its end");
    api.clock.advance(10);
    assert_eq!(api.call(&refreshed.tokens().access).await.status, 200);
    assert_eq!(api.logout(&refreshed.tokens().refresh).await.status, 200);
    api.clock.advance(10);
    for access in [&here.access, &refreshed.tokens().access] {
        api.call(access).await.assert_gateway_error(401, "unauthorized");
    }
    api.refresh(&new.refresh).await.tokens();
}

#[tokio::test]
async fn a_retry_does_not_delay_a_logout_under_way() {
    let api = Api::start().await;
    let here = api.login().await;
    api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    // The logout reaches the denylist.
    api.calls.fail(Fault::Before("DeleteItem Sessions"));
    api.logout(&here.refresh).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    let rows = api.items("RevocationsTable").await;
    assert!(rows.iter().any(|row| !row.contains_key(attribute::EFFECTIVE_AT)), "{rows:?}");
}

#[tokio::test]
async fn a_late_request_does_not_reopen_a_logged_out_session() {
    let api = Api::start().await;
    let here = api.login().await;
    let new = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    assert_eq!(api.logout(&new.refresh).await.status, 200);
    api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.assert_error(400, "invalid_grant");
    api.call(&new.access).await.assert_gateway_error(401, "unauthorized");
    api.refresh(&new.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_key_is_useless_without_the_password_and_another_opens_another_session() {
    let api = Api::start().await;
    let here = api.login().await;
    let new = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    let wrong = api.change_password_with_key(&here.access, "a wrong password", "other password", KEY).await;
    wrong.assert_error(400, "invalid_grant");
    let other = "another-key-of-22-or-so";
    let second = api.change_password_with_key(&here.access, PASSWORD, NEW, other).await.tokens();
    assert_ne!(claims(&second.access)["sid"], claims(&new.access)["sid"]);
    for tokens in [&new, &second] {
        api.refresh(&tokens.refresh).await.tokens();
    }
}

#[tokio::test]
async fn no_session_is_shown_as_created_in_the_future() {
    let api = Api::start().await;
    let here = api.login().await;
    let new = api.change_password(&here.access, PASSWORD, NEW).await.tokens();
    let login = api.try_login(NEW).await.tokens();
    for tokens in [&new, &login] {
        for session in api.call(&tokens.access).await.body["sessions"].as_array().unwrap() {
            assert!(session["created_at"].as_u64().unwrap() <= api.clock.unix(), "{session}");
        }
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_changes_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let post = async |body: &Value| {
        let request = Request::post(route::PASSWORD).header("content-type", "application/json");
        api.send(bearer(request, &tokens.access), body.to_string()).await
    };
    for body in [
        json!({}),
        json!({ "current_password": PASSWORD }),
        json!({ "new_password": NEW }),
        json!({ "current_password": PASSWORD, "new_password": [NEW] }),
        json!({ "current_password": 1, "new_password": NEW }),
    ] {
        post(&body).await.assert_error(400, "invalid_request");
    }
    let query = form_post("/password?new_password=a+much+better+password");
    let reply = api.send(bearer(query, &tokens.access), "current_password=x").await;
    reply.assert_error(400, "invalid_request");
    post(&json!({ "current_password": PASSWORD, "new_password": NEW })).await.tokens();
}

#[tokio::test]
async fn the_same_request_again_completes_a_failed_change() {
    for fault in [
        "GetItem Sessions",
        "GetItem Users",
        "UpdateItem Credentials",
        "UpdateItem Users",
        "Query Sessions",
        "PutItem Sessions",
        "PutItem Revocations",
        "DeleteItem Sessions",
    ] {
        for after in [false, true] {
            let api = Api::start().await;
            let (here, there) = (api.login().await, api.login().await);
            api.calls.fail(if after { Fault::After(fault) } else { Fault::Before(fault) });
            let failed = api.change_password(&here.access, PASSWORD, NEW).await;
            assert!(matches!(failed.status, 500 | 503), "{fault}: {failed:?}");
            api.calls.heal();
            let new = api.change_password(&here.access, PASSWORD, NEW).await.tokens();
            assert_eq!(api.call(&new.access).await.status, 200, "{fault}");
            for tokens in [&here, &there] {
                assert_eq!(api.call(&tokens.access).await.status, 401, "{fault}");
                api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
            }
            assert_eq!(api.items("SessionsTable").await.len(), 1, "{fault}: nothing is left over");
            api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
            api.try_login(NEW).await.tokens();
        }
    }
}

#[tokio::test]
async fn a_repeated_change_tells_a_guesser_nothing() {
    let api = Api::start().await;
    let (here, there) = (api.login().await, api.login().await);
    api.calls.fail(Fault::Before("UpdateItem Users"));
    api.change_password(&here.access, PASSWORD, NEW).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    // Neither another session nor another new password completes it.
    api.change_password(&there.access, PASSWORD, NEW).await.assert_error(400, "invalid_grant");
    api.change_password(&here.access, PASSWORD, "yet another password")
        .await
        .assert_error(400, "invalid_grant");
    // It isn't completed while the user is disabled.
    let user = api.items("UsersTable").await.remove(0);
    let mut disabled = user.clone();
    disabled.insert(attribute::DISABLED.to_owned(), aws_sdk_dynamodb::types::AttributeValue::Bool(true));
    api.put("UsersTable", disabled).await;
    api.change_password(&here.access, PASSWORD, NEW).await.assert_error(400, "invalid_grant");
    api.put("UsersTable", user).await;
    api.change_password(&here.access, PASSWORD, NEW).await.tokens();
}

/// A login with the old password during its replacement has a session that begins too early.
#[tokio::test]
async fn a_login_that_was_under_way_with_the_old_password_is_not_refreshed() {
    let api = Api::start().await;
    let here = api.login().await;
    let old_hash = api.items("CredentialsTable").await.remove(0);
    api.change_password(&here.access, PASSWORD, NEW).await.tokens();
    // As if the login had read the credential before the change, and stored its session up to ten seconds after.
    for late in [0, 1, 10] {
        let new_hash = api.items("CredentialsTable").await.remove(0);
        api.put("CredentialsTable", old_hash.clone()).await;
        let users = api.items("UsersTable").await.remove(0);
        let mut before = users.clone();
        before.remove(attribute::NOT_BEFORE);
        api.put("UsersTable", before).await;
        api.clock.set(crate::harness::START + late);
        let thief = api.login().await;
        api.put("UsersTable", users).await;
        api.put("CredentialsTable", new_hash).await;
        api.refresh(&thief.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&thief.access).await.status, 401, "{late}: and the session is gone");
    }
    let now = api.clock.now();
    api.try_login(NEW).await.tokens();
    assert_eq!(api.clock.now(), now, "while the new password lets in at once");
}

#[tokio::test]
async fn one_of_two_concurrent_changes_is_made() {
    let api = Api::start().await;
    let (here, there) = (api.login().await, api.login().await);
    let (one, other) = tokio::join!(
        api.change_password(&here.access, PASSWORD, "the first new password"),
        api.change_password(&there.access, PASSWORD, "the second new password")
    );
    let made = [one.status, other.status].iter().filter(|status| **status == 200).count();
    assert_eq!(made, 1, "{one:?} {other:?}");
    let (password, tokens) = if one.status == 200 {
        ("the first new password", one.tokens())
    } else {
        ("the second new password", other.tokens())
    };
    api.refresh(&tokens.refresh).await.tokens();
    api.try_login(password).await.tokens();
    let changes = api.items("UsersTable").await.remove(0);
    assert_eq!(changes[attribute::USER_ID].as_s().unwrap(), USER_ID);
}

#[tokio::test]
async fn a_session_that_is_over_or_cut_off_changes_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    for (attribute, value) in [
        (attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(true)),
        (attribute::NOT_BEFORE, crate::harness::number(crate::harness::START + 1)),
    ] {
        let user = api.items("UsersTable").await.remove(0);
        let mut changed = user.clone();
        changed.insert(attribute.to_owned(), value);
        api.put("UsersTable", changed).await;
        api.change_password(&tokens.access, PASSWORD, NEW).await.assert_error(400, "invalid_grant");
        api.put("UsersTable", user).await;
    }
    api.logout(&tokens.refresh).await;
    api.change_password(&tokens.access, PASSWORD, NEW).await.assert_gateway_error(401, "unauthorized");
    api.try_login(PASSWORD).await.tokens();
}
