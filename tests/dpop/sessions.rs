//! Sessions that are bound to a key, next to unbound ones: their start, their refreshes and their listing.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use super::place::{Place, Scene};
use crate::harness::{
    APP, Api, Device, Log, PASSWORD, Proof, Reply, SECRET, SERVER, Spoiled, Tokens, USERNAME, WireFault,
    bearer, claims, form, form_post, number, text, with_proof, with_scheme,
};

const NEW_PASSWORD: &str = "a much better password";

/// Asserts that the answer and both tokens are bound to this device's key, or to none.
#[track_caller]
pub(super) fn assert_bound(reply: &Reply, device: Option<&Device>) -> Tokens {
    let tokens = reply.tokens();
    let (token_type, prefix) = if device.is_some() { ("DPoP", "lgr2_") } else { ("bearer", "lgr1_") };
    assert_eq!(reply.body["token_type"], token_type, "{reply:?}");
    assert!(tokens.refresh.starts_with(prefix), "{}", tokens.refresh);
    assert_eq!(claims(&tokens.access)["cnf"], confirmation(device));
    assert!(reply.header("dpop-nonce").is_some(), "every answer with tokens has a nonce");
    tokens
}

fn confirmation(device: Option<&Device>) -> Value {
    device.map_or(Value::Null, |device| json!({ "jkt": device.jkt }))
}

/// The key in the row of the only session.
async fn stored_key(api: &Api) -> Option<String> {
    api.session().await.get(attribute::JKT).map(|value| value.as_s().unwrap().clone())
}

#[tokio::test]
async fn a_login_with_a_proof_is_bound_to_its_key() {
    for device in Device::of_each_algorithm() {
        let api = Api::binding().await;
        let proof = device.proof(&api, "POST", route::LOGIN).sign();
        let tokens = assert_bound(&api.login_with(&proof).await, Some(&device));
        assert_eq!(stored_key(&api).await, Some(device.jkt.clone()));
        let reply = api.refresh_of(&device, &tokens.refresh).await;
        let next = assert_bound(&reply, Some(&device));
        assert_eq!(stored_key(&api).await, Some(device.jkt.clone()));
        assert_eq!(api.call_of(&device, &next.access).await.status, 200);
        assert_eq!(api.call_of(&device, &tokens.access).await.status, 200, "the access token of before, too");
    }
}

#[tokio::test]
async fn sessions_of_both_kinds_go_on_side_by_side() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let mut unbound = assert_bound(&api.try_login(PASSWORD).await, None);
    let mut bound = api.login_of(&device).await;
    for _ in 0..3 {
        assert_eq!(api.call(&unbound.access).await.status, 200);
        assert_eq!(api.call_of(&device, &bound.access).await.status, 200);
        unbound = assert_bound(&api.refresh(&unbound.refresh).await, None);
        bound = assert_bound(&api.refresh_of(&device, &bound.refresh).await, Some(&device));
    }
    assert!(api.items("RevocationsTable").await.is_empty());
}

#[tokio::test]
async fn an_unbound_session_that_refreshes_with_a_proof_becomes_bound() {
    for device in Device::of_each_algorithm() {
        let api = Api::binding().await;
        let unbound = api.login().await;
        assert_eq!(stored_key(&api).await, None);
        let bound = assert_bound(&api.refresh_of(&device, &unbound.refresh).await, Some(&device));
        assert_eq!(stored_key(&api).await, Some(device.jkt.clone()));
        assert_eq!(api.session().await[attribute::GENERATION], number(1));
        api.refresh(&bound.refresh).await.assert_error(400, "invalid_grant");
        let next = assert_bound(&api.refresh_of(&device, &bound.refresh).await, Some(&device));
        assert_eq!(api.call_of(&device, &next.access).await.status, 200);
        assert_eq!(api.call(&unbound.access).await.status, 200, "until it ends, which is soon");
    }
}

#[tokio::test]
async fn a_bound_token_without_its_key_costs_nothing_and_uses_nothing_up() {
    let scene = Scene::at(Place::Refresh).await;
    let (api, stolen) = (&scene.api, &scene.tokens.refresh);
    let before = api.stored().await;
    let (log, _guard) = Log::listen();
    let thief = Device::es256(2);
    for (proof, subtype) in
        [(None, "no_proof"), (Some(scene.proof_of(&thief)), "other_key"), (Some(scene.proof()), "")]
    {
        api.calls.take();
        let texts: Vec<_> = proof.iter().map(Proof::sign).collect();
        let reply = scene.send(&texts).await;
        if subtype.is_empty() {
            assert_bound(&reply, Some(&scene.device));
            continue;
        }
        reply.assert_error(400, "invalid_grant");
        assert!(api.calls.take().is_empty(), "{subtype}");
        assert_eq!(api.stored().await, before, "{subtype}");
        let events = log.take_events();
        let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        assert_eq!(names, ["refresh_token_misused", "refresh_refused"]);
        assert_eq!((&events[0]["subtype"], &events[1]["reason"]), (&json!(subtype), &json!(subtype)));
        assert_eq!(events[0]["session_id"], claims(&scene.tokens.access)["sid"], "whose it is is known");
    }
    // This holds at any time, however often it is tried.
    api.clock.advance(3600);
    for _ in 0..3 {
        api.refresh(stolen).await.assert_error(400, "invalid_grant");
        api.refresh_of(&thief, stolen).await.assert_error(400, "invalid_grant");
    }
    assert!(api.items("RevocationsTable").await.is_empty(), "nobody ends a session by a token alone");
}

#[tokio::test]
async fn a_confidential_client_may_change_keys() {
    let api = Api::binding().await;
    let send = async |path: &str, parameters: &[(&str, &str)], device: Option<&Device>| {
        let client = [("client_id", SERVER), ("client_secret", SECRET)];
        let mut request = form_post(path);
        if let Some(device) = device {
            request = with_proof(request, &device.proof(&api, "POST", path).sign());
        }
        api.send(request, form(&[&client[..], parameters].concat())).await
    };
    let login = [("username", USERNAME), ("password", PASSWORD)];
    let (first, second) = (Device::es256(1), Device::eddsa(2));
    let mut reply = send(route::LOGIN, &login, Some(&first)).await;
    for device in [Some(&first), Some(&second), None, Some(&first)] {
        let token = reply.tokens().refresh;
        assert!(token.starts_with("lgr1_"), "the client is bound by its secret");
        let grant = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        reply = send(route::REFRESH, &grant, device).await;
        let tokens = reply.tokens();
        assert_eq!(claims(&tokens.access)["cnf"], confirmation(device));
        assert_eq!(reply.body["token_type"], if device.is_some() { "DPoP" } else { "bearer" });
        assert_eq!(stored_key(&api).await, None);
        // A retry within the leeway may have any key.
        let again = send(route::REFRESH, &grant, Some(&second)).await;
        assert_eq!(again.tokens().refresh, tokens.refresh);
        assert_eq!(claims(&again.tokens().access)["cnf"], confirmation(Some(&second)));
    }
}

/// Requires proofs of the public client.
async fn require(api: &Api) {
    let required = vec![(attribute::DPOP, text("required"))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), required).await.unwrap();
    // Longer than clients are cached.
    api.clock.advance(60);
}

#[tokio::test]
async fn a_client_that_requires_proofs_gets_nothing_without_one() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let before = api.login().await;
    require(&api).await;
    let (log, _guard) = Log::listen();
    let assert_refused = |reply: &Reply| {
        reply.assert_error(400, "invalid_dpop_proof");
        assert_eq!(log.take_with("reason")[0]["reason"], "dpop_missing");
    };
    let stored = api.stored().await;
    assert_refused(&api.try_login(PASSWORD).await);
    assert_refused(&api.try_login("a wrong password").await);
    assert_refused(&api.refresh(&before.refresh).await);
    assert_eq!(api.stored().await, stored, "no attempt is counted, and no token used up");
    // Older sessions become bound.
    assert_bound(&api.refresh_of(&device, &before.refresh).await, Some(&device));
    assert_bound(&api.login_with(&device.proof(&api, "POST", route::LOGIN).sign()).await, Some(&device));
    assert_eq!(api.logout(&before.refresh).await.status, 200, "a logout needs no proof");
}

/// A change of password would replace the old session by an unbound one.
#[tokio::test]
async fn a_client_that_requires_proofs_changes_no_password_when_unbound() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let before = api.login().await;
    require(&api).await;
    let (log, _guard) = Log::listen();
    let stored = api.stored().await;
    let reply = api.change_password(&before.access, PASSWORD, NEW_PASSWORD).await;
    reply.assert_error(400, "invalid_dpop_proof");
    assert_eq!(log.take_with("reason")[0]["reason"], "dpop_missing");
    assert_eq!(api.stored().await, stored);
    let bound = assert_bound(&api.refresh_of(&device, &before.refresh).await, Some(&device));
    let reply = api.change_password_of(&device, &bound.access, PASSWORD, NEW_PASSWORD).await;
    assert_bound(&reply, Some(&device));
}

#[tokio::test]
async fn with_binding_off_a_client_that_requires_proofs_is_a_server_error() {
    let (api, device) = (Api::start().await, Device::es256(1));
    let tokens = api.login().await;
    require(&api).await;
    let (log, _guard) = Log::listen();
    for reply in [
        api.try_login(PASSWORD).await,
        api.login_with(&device.proof(&api, "POST", route::LOGIN).sign()).await,
        api.refresh(&tokens.refresh).await,
        api.refresh_of(&device, &tokens.refresh).await,
    ] {
        reply.assert_error(500, "server_error");
    }
    let lines = log.take_with("reason");
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line["reason"] == "dpop_off"), "{lines:?}");
}

#[tokio::test]
async fn with_binding_off_a_proof_is_ignored() {
    let (api, device) = (Api::start().await, Device::es256(1));
    for proof in ["junk".to_owned(), device.proof(&api, "PUT", "/").sign()] {
        let tokens = assert_bound(&api.login_with(&proof).await, None);
        let next = assert_bound(&api.refresh_with(&tokens.refresh, &proof).await, None);
        assert_eq!(api.call(&next.access).await.status, 200);
        assert_eq!(api.logout_everywhere_with(&next.refresh, &proof).await.status, 200);
    }
}

/// The same stack with this parameter changed.
async fn updated(api: &Api, dpop: &str) -> Api {
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Dpop", dpop);
    api.redeployed(deployment).await
}

#[tokio::test]
async fn bound_sessions_stay_bound_after_binding_is_turned_off() {
    let (api, device, thief) = (Api::binding().await, Device::es256(1), Device::es256(2));
    let bound = api.login_of(&device).await;
    let unbound = api.login().await;
    let api = updated(&api, "off").await;
    api.refresh(&bound.refresh).await.assert_error(400, "invalid_grant");
    api.refresh_of(&thief, &bound.refresh).await.assert_error(400, "invalid_grant");
    let next = assert_bound(&api.refresh_of(&device, &bound.refresh).await, Some(&device));
    assert_eq!(api.call_of(&device, &next.access).await.status, 200);
    api.call(&next.access).await.assert_gateway_error(401, "unauthorized");
    let proof = device.proof(&api, "POST", route::LOGIN).sign();
    assert_bound(&api.login_with(&proof).await, None);
    let unbound = assert_bound(&api.refresh_of(&device, &unbound.refresh).await, None);

    let api = updated(&api, "on").await;
    let next = assert_bound(&api.refresh_of(&device, &next.refresh).await, Some(&device));
    assert_bound(&api.refresh_of(&device, &unbound.refresh).await, Some(&device));
    api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_change_of_password_goes_on_with_the_key() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let bound = api.login_of(&device).await;
    let unbound_access = api.login().await.access;
    let reply = api.change_password_of(&device, &bound.access, PASSWORD, NEW_PASSWORD).await;
    let next = assert_bound(&reply, Some(&device));
    assert_eq!(stored_key(&api).await, Some(device.jkt.clone()));
    assert_eq!(api.call_of(&device, &next.access).await.status, 200);
    api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
    assert_bound(&api.refresh_of(&device, &next.refresh).await, Some(&device));
    assert_eq!(api.call(&unbound_access).await.status, 401, "the others end");
}

#[tokio::test]
async fn an_unbound_session_stays_unbound_over_a_change_of_password() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let unbound = api.login().await;
    let reply = api.change_password(&unbound.access, PASSWORD, NEW_PASSWORD).await;
    let next = assert_bound(&reply, None);
    assert_bound(&api.refresh_of(&device, &next.refresh).await, Some(&device));
}

/// The old access token is unbound, but its session is bound, so the new tokens are too.
#[tokio::test]
async fn a_session_bound_meanwhile_stays_bound_over_a_change_of_password() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let unbound = api.login().await;
    api.refresh_of(&device, &unbound.refresh).await.tokens();
    let reply = api.change_password(&unbound.access, PASSWORD, NEW_PASSWORD).await;
    let next = assert_bound(&reply, Some(&device));
    api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
    assert_bound(&api.refresh_of(&device, &next.refresh).await, Some(&device));
}

/// The answer to the first request was lost, and then a refresh bound the session.
#[tokio::test]
async fn a_repeated_change_of_password_does_not_unbind_the_session_bound_since() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let unbound = api.login().await;
    let change =
        || api.change_password_with_key(&unbound.access, PASSWORD, NEW_PASSWORD, "a-key-of-22-characters");
    let lost = assert_bound(&change().await, None);
    assert_bound(&api.refresh_of(&device, &unbound.refresh).await, Some(&device));
    let (behind, proxy) = api.behind_proxy().await;
    let again =
        || behind.change_password_with_key(&unbound.access, PASSWORD, NEW_PASSWORD, "a-key-of-22-characters");
    let bind = "UpdateItem Sessions SET jkt";
    proxy.spoil(Spoiled::From(bind, 1), WireFault::Internal);
    again().await.assert_error(503, "temporarily_unavailable");
    // The SDK's own retry finds it bound already.
    proxy.spoil(Spoiled::Once(bind, 1), WireFault::CutAfter);
    let next = assert_bound(&again().await, Some(&device));
    assert_bound(&change().await, Some(&device));
    for token in [&lost.refresh, &next.refresh] {
        api.refresh(token).await.assert_error(400, "invalid_grant");
    }
    let next = assert_bound(&api.refresh_of(&device, &next.refresh).await, Some(&device));
    assert_eq!(api.call_of(&device, &next.access).await.status, 200);
    proxy.heal();
    proxy.take_calls();
    assert_bound(&again().await, Some(&device));
    assert!(proxy.take_calls().iter().all(|(call, _)| call != bind), "it is bound already");
}

#[tokio::test]
async fn a_repeated_change_of_password_binds_no_session_that_ends_meanwhile() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let unbound = api.login().await;
    let change = async |api: &Api| {
        api.change_password_with_key(&unbound.access, PASSWORD, NEW_PASSWORD, "a-key-of-22-characters").await
    };
    let lost = assert_bound(&change(&api).await, None);
    assert_bound(&api.refresh_of(&device, &unbound.refresh).await, Some(&device));
    let (behind, proxy) = api.behind_a_gate().await;
    let gate = proxy.hold_call("UpdateItem Sessions SET jkt");
    let meanwhile = async {
        gate.reached().await;
        assert_eq!(api.logout(&lost.refresh).await.status, 200);
        gate.open();
    };
    let (again, ()) = tokio::join!(change(&behind), meanwhile);
    again.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_required_change_of_password_needs_the_key_of_the_login() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let flag = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
    let expired = api.login_with(&device.proof(&api, "POST", route::LOGIN).sign()).await;
    assert_eq!((expired.status, &expired.body["error"]), (403, &json!("password_expired")));
    assert_eq!(expired.body["token_type"], "DPoP");
    let access = expired.body["access_token"].as_str().unwrap();
    assert_eq!(claims(access)["cnf"], confirmation(Some(&device)));
    let change = api.change_password(access, PASSWORD, NEW_PASSWORD).await;
    change.assert_gateway_error(401, "unauthorized");
    let thief = Device::es256(2);
    let change = api.change_password_of(&thief, access, PASSWORD, NEW_PASSWORD).await;
    change.assert_gateway_error(401, "unauthorized");
    let reply = api.change_password_of(&device, access, PASSWORD, NEW_PASSWORD).await;
    assert_bound(&reply, Some(&device));

    let (api, flag) = (Api::binding().await, vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))]);
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
    assert_eq!(api.try_login(PASSWORD).await.body["token_type"], "bearer");
}

/// A stolen token is useless under the other scheme.
#[tokio::test]
async fn a_token_is_valid_only_under_the_scheme_of_its_kind() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let (bound, unbound) = (api.login_of(&device).await, api.login().await);
    let (log, _guard) = Log::listen();
    let sessions = Request::get(route::SESSIONS);
    let with_its_proof = device.proof_with(&api, "GET", route::SESSIONS, &bound.access).sign();
    let as_bearer = with_proof(bearer(sessions, &bound.access), &with_its_proof);
    let mut expected = Vec::new();
    for (reply, reason) in [
        (api.call(&bound.access).await, "bound_as_bearer"),
        (api.send(as_bearer, "").await, "bound_as_bearer"),
        (api.call_of(&device, &unbound.access).await, "unbound_as_dpop"),
        (api.send(with_scheme(Request::get(route::SESSIONS), &bound.access), "").await, "no_proof"),
        (api.call_of(&Device::es256(2), &bound.access).await, "other_key"),
    ] {
        reply.assert_gateway_error(401, "unauthorized");
        expected.push(reason);
    }
    let lines = log.take_with("reason");
    let reasons: Vec<_> = lines.iter().map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, expected);
    assert_eq!(api.call_of(&device, &bound.access).await.status, 200);
    assert_eq!(api.call(&unbound.access).await.status, 200);
}

#[tokio::test]
async fn the_list_of_devices_says_which_sessions_are_bound() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let tokens = [api.login().await, api.login_of(&device).await, api.login().await];
    api.refresh_of(&device, &tokens[2].refresh).await.tokens();
    let listed = api.call_of(&device, &tokens[1].access).await;
    let sessions = listed.body["sessions"].as_array().unwrap();
    let is_bound = |tokens: &Tokens| {
        let sid = &claims(&tokens.access)["sid"];
        sessions.iter().find(|session| session["session_id"] == *sid).unwrap()["dpop_bound"].clone()
    };
    assert_eq!(tokens.each_ref().map(is_bound), [json!(false), json!(true), json!(true)]);
}

#[tokio::test]
async fn a_lost_key_needs_a_new_login_and_affects_no_other_session() {
    let (api, lost, new) = (Api::binding().await, Device::es256(1), Device::es256(2));
    let before = api.login_of(&lost).await;
    api.refresh_of(&new, &before.refresh).await.assert_error(400, "invalid_grant");
    let again = api.login_of(&new).await;
    assert_eq!(api.call_of(&new, &again.access).await.status, 200);
    assert_eq!(api.items("SessionsTable").await.len(), 2);
    // The session of the lost key can still be ended.
    assert_eq!(api.logout(&before.refresh).await.status, 200);
    assert_eq!(api.items("SessionsTable").await.len(), 1);
}
