//! The code flow of a device with a key (RFC 9449 section 10).

use serde_json::json;
use shared::{route, store::attribute};

use crate::harness::{
    Api, Browser, Device, Flow, Proof, Reply, WEB, WEB_SERVER, claims, form, form_post, text, with_proof,
};

fn proof(api: &Api, device: &Device, path: &str) -> Proof {
    device.proof(api, "POST", path)
}

async fn refresh(api: &Api, flow: &Flow, path: &str, token: &str, proof: &Proof) -> Reply {
    api.send(with_proof(form_post(path), &proof.sign()), form(&flow.refresh_form(token))).await
}

#[tokio::test]
async fn with_and_without_a_key_in_the_request_a_proof_binds_the_tokens() {
    for device in Device::of_each_algorithm() {
        let api = Api::binding().await.with_clients().await;
        let mut browser = Browser::new(&api);
        for flow in [Flow::of(WEB), Flow::of(WEB).with("dpop_jkt", &device.jkt)] {
            let code = flow.code(&mut browser).await;
            let reply = flow.redeem_with_proof(&api, &code, &proof(&api, &device, route::TOKEN).sign()).await;
            let tokens = reply.tokens();
            assert_eq!(reply.body["token_type"], "DPoP");
            assert!(reply.header("dpop-nonce").is_some());
            assert_eq!(claims(&tokens.access)["cnf"], json!({ "jkt": device.jkt }));
            assert_eq!(api.call_of(&device, &tokens.access).await.status, 200);
            assert_eq!(api.call(&tokens.access).await.status, 401);
        }
        let sessions = api.items("SessionsTable").await;
        let bound = sessions.iter().filter(|row| row.get(attribute::JKT) == Some(&text(&device.jkt))).count();
        assert_eq!(bound, 2, "and the one at the pages isn't");
    }
}

#[tokio::test]
async fn a_proof_for_a_refresh_must_name_the_called_endpoint() {
    let api = Api::binding().await.with_clients().await;
    let (device, other, flow) = (Device::es256(1), Device::es256(2), Flow::of(WEB));
    let code = flow.code(&mut Browser::new(&api)).await;
    let first =
        flow.redeem_with_proof(&api, &code, &proof(&api, &device, route::TOKEN).sign()).await.tokens();
    for (path, proof) in [
        (route::TOKEN, proof(&api, &device, route::REFRESH)),
        (route::REFRESH, proof(&api, &device, route::TOKEN)),
        (route::TOKEN, proof(&api, &device, route::LOGIN)),
    ] {
        refresh(&api, &flow, path, &first.refresh, &proof).await.assert_error(400, "invalid_dpop_proof");
    }
    let foreign = proof(&api, &other, route::TOKEN);
    refresh(&api, &flow, route::TOKEN, &first.refresh, &foreign).await.assert_error(400, "invalid_grant");
    api.post(route::TOKEN, &flow.refresh_form(&first.refresh)).await.assert_error(400, "invalid_grant");
    let at_token = proof(&api, &device, route::TOKEN);
    let second = refresh(&api, &flow, route::TOKEN, &first.refresh, &at_token).await.tokens();
    let at_refresh = proof(&api, &device, route::REFRESH);
    let again = refresh(&api, &flow, route::REFRESH, &first.refresh, &at_refresh).await.tokens();
    assert_eq!(again.refresh, second.refresh, "a retry, wherever it comes");
    assert_eq!(api.call_of(&device, &second.access).await.status, 200);
}

#[tokio::test]
async fn a_bad_proof_does_not_use_up_the_code() {
    let api = Api::binding().await.with_clients().await;
    let (device, flow) = (Device::es256(1), Flow::of(WEB));
    let code = flow.code(&mut Browser::new(&api)).await;
    let good = proof(&api, &device, route::TOKEN);
    api.calls.take();
    for bad in [
        "junk".to_owned(),
        proof(&api, &device, route::REFRESH).sign(),
        proof(&api, &device, route::AUTHORIZE).sign(),
        device.proof(&api, "GET", route::TOKEN).sign(),
        good.clone().by(&Device::es256(2)).sign(),
        good.clone().without_claim("jti").sign(),
    ] {
        flow.redeem_with_proof(&api, &code, &bad).await.assert_error(400, "invalid_dpop_proof");
    }
    let writes = api.calls.take().into_iter().filter(|call| !call.name.starts_with("GetItem")).count();
    assert_eq!(writes, 0);
    // A client with a wrong clock learns the time.
    let old = good.clone().claim("iat", json!(api.clock.unix() - 3600));
    let reply = flow.redeem_with_proof(&api, &code, &old.sign()).await;
    reply.assert_error(400, "use_dpop_nonce");
    let nonce = reply.header("dpop-nonce").unwrap().to_owned();
    let fresh = old.claim("nonce", json!(nonce)).claim("jti", json!("another"));
    flow.redeem_with_proof(&api, &code, &fresh.sign()).await.tokens();
}

#[tokio::test]
async fn a_client_that_must_prove_a_key_gets_nothing_without_a_proof() {
    let api = Api::binding().await.with_clients().await;
    let mut strict = crate::harness::client(WEB);
    strict.requires_dpop = true;
    api.put_client(&strict).await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    let reply = flow.redeem(&api, &code).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    let device = Device::es256(1);
    flow.redeem_with_proof(&api, &code, &proof(&api, &device, route::TOKEN).sign()).await.tokens();
}

/// RFC 9449 section 5: a confidential client's refresh token is bound to its secret instead.
#[tokio::test]
async fn only_the_access_token_of_a_confidential_client_is_bound() {
    let api = Api::binding().await.with_clients().await;
    let (device, flow) = (Device::es256(1), Flow::of(WEB_SERVER));
    let code = flow.code(&mut Browser::new(&api)).await;
    let reply = flow.redeem_with_proof(&api, &code, &proof(&api, &device, route::TOKEN).sign()).await;
    let tokens = reply.tokens();
    assert_eq!(claims(&tokens.access)["cnf"]["jkt"], device.jkt.as_str());
    let next = api.post(route::TOKEN, &flow.refresh_form(&tokens.refresh)).await.tokens();
    assert!(claims(&next.access)["cnf"].is_null());
}

/// A client may name its key without being asked.
#[tokio::test]
async fn with_binding_off_a_key_in_the_request_is_ignored() {
    let (api, device) = (Api::with_pages().await, Device::es256(1));
    let flow = Flow::of(WEB).with("dpop_jkt", &device.jkt);
    let mut browser = Browser::new(&api);
    let reply = flow.tokens(&api, &mut browser).await;
    assert_eq!(reply.body["token_type"], "bearer");
    let code = flow.code(&mut browser).await;
    let with_proof = flow.redeem_with_proof(&api, &code, &proof(&api, &device, route::TOKEN).sign()).await;
    assert_eq!(with_proof.body["token_type"], "bearer");
}
