//! Logout: one session ends without a proof. All of a user's sessions end only with one, if the asking session is
//! bound.

use shared::{route, store::attribute};

use crate::harness::{APP, Api, Device, Log, Reply, form, form_post, with_proof};

/// Ends all sessions by this token, without a proof.
async fn everywhere(api: &Api, token: &str) -> Reply {
    api.post(route::LOGOUT, &[("client_id", APP), ("token", token), ("everywhere", "true")]).await
}

async fn sessions(api: &Api) -> usize {
    api.items("SessionsTable").await.len()
}

#[tokio::test]
async fn a_logout_of_one_session_needs_no_proof_and_ignores_a_bad_one() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let other = api.login_of(&device).await;
    for by_access_token in [false, true] {
        for proof in [None, Some("junk".to_owned()), Some(Device::es256(2).proof(&api, "POST", "/").sign())] {
            let tokens = api.login_of(&device).await;
            let token = if by_access_token { &tokens.access } else { &tokens.refresh };
            let parameters = [("client_id", APP), ("token", token.as_str())];
            let mut request = form_post(route::LOGOUT);
            if let Some(proof) = &proof {
                request = with_proof(request, proof);
            }
            assert_eq!(api.send(request, form(&parameters)).await.status, 200);
            api.refresh_of(&device, &tokens.refresh).await.assert_error(400, "invalid_grant");
            assert_eq!(sessions(&api).await, 1, "and no other");
        }
    }
    assert_eq!(api.call_of(&device, &other.access).await.status, 200);
}

/// Asserts that this logout is refused and ends nothing.
async fn assert_ends_nothing(api: &Api, log: &Log, reply: &Reply) {
    reply.assert_error(400, "invalid_dpop_proof");
    assert_eq!(log.take_with("reason")[0]["reason"], "no_proof");
    assert!(api.items("RevocationsTable").await.is_empty());
}

#[tokio::test]
async fn all_sessions_end_only_with_a_proof_of_the_sessions_key() {
    let (api, device, thief) = (Api::binding().await, Device::es256(1), Device::es256(2));
    let (log, _guard) = Log::listen();
    let there = api.login().await;
    let here = api.login_of(&device).await;
    for token in [&here.refresh, &here.access] {
        assert_ends_nothing(&api, &log, &everywhere(&api, token).await).await;
        assert_ends_nothing(&api, &log, &api.logout_everywhere_of(&thief, token).await).await;
    }
    assert_eq!(sessions(&api).await, 2);
    // A proof for another request of the same device.
    let proof = device.proof(&api, "POST", route::REFRESH).sign();
    api.logout_everywhere_with(&here.refresh, &proof).await.assert_error(400, "invalid_dpop_proof");
    assert_eq!(sessions(&api).await, 2);
    for token in [&here.access, &here.refresh] {
        assert_eq!(api.logout_everywhere_of(&device, token).await.status, 200);
        assert_eq!(sessions(&api).await, 0);
    }
    assert_eq!(api.call(&there.access).await.status, 401);
}

#[tokio::test]
async fn the_earlier_unbound_token_ends_the_others_only_with_the_key() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let (log, _guard) = Log::listen();
    let _there = api.login().await;
    let before = api.login().await;
    api.refresh_of(&device, &before.refresh).await.tokens();
    for token in [&before.refresh, &before.access] {
        assert_ends_nothing(&api, &log, &everywhere(&api, token).await).await;
        let thief = Device::es256(2);
        assert_ends_nothing(&api, &log, &api.logout_everywhere_of(&thief, token).await).await;
    }
    assert_eq!(sessions(&api).await, 2);
    assert_eq!(api.logout_everywhere_of(&device, &before.refresh).await.status, 200);
    assert_eq!(sessions(&api).await, 0);
}

#[tokio::test]
async fn an_unbound_session_can_end_bound_ones() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let bound = api.login_of(&device).await;
    let unbound = api.login().await;
    assert_eq!(everywhere(&api, &unbound.refresh).await.status, 200);
    assert_eq!(sessions(&api).await, 0);
    assert_eq!(api.call_of(&device, &bound.access).await.status, 401);
}

/// A thief of a bound token can end that session, but then no other.
#[tokio::test]
async fn a_token_of_a_bound_session_that_is_over_ends_no_other() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let stolen = api.login_of(&device).await;
    let there = api.login_of(&device).await;
    assert_eq!(api.logout(&stolen.refresh).await.status, 200);
    everywhere(&api, &stolen.refresh).await.assert_error(400, "invalid_grant");
    api.logout_everywhere_of(&device, &stolen.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.call_of(&device, &there.access).await.status, 200);
}

/// The session's row counts, whatever the parameter says later.
#[tokio::test]
async fn with_binding_off_all_bound_sessions_still_end_only_with_a_proof() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let here = api.login_of(&device).await;
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Dpop", "off");
    let api = api.redeployed(deployment).await;
    let (log, _guard) = Log::listen();
    assert_ends_nothing(&api, &log, &everywhere(&api, &here.refresh).await).await;
    assert_eq!(api.session().await[attribute::JKT].as_s().unwrap(), &device.jkt);
    assert_eq!(api.logout_everywhere_of(&device, &here.refresh).await.status, 200);
    assert_eq!(sessions(&api).await, 0);
}
