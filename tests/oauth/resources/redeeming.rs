//! Redeeming a code for a resource at `/token` (RFC 8707 section 2.2).

use serde_json::json;
use shared::{route, store::attribute};

use super::{AUDIENCE, BILLING, NOTES, api, flow_for, issued, post_for, redeem_for};
use crate::harness::{Api, Browser, Device, Flow, Log, WEB, claims, form, form_post, waves, with_proof};

/// Sends requests that are refused, and then a valid one: nothing was used up.
async fn refused_then(api: &Api, flow: &Flow, wrong: &[(&[&str], &str)], right: &[&str]) {
    let code = flow.code(&mut Browser::new(api)).await;
    let stored = api.items("CodesTable").await;
    for (resources, reason) in wrong {
        let (log, _guard) = Log::listen();
        let reply = redeem_for(api, flow, &code, resources).await;
        reply.assert_error(400, "invalid_target");
        assert_eq!(log.take_events()[0]["reason"], *reason, "{resources:?}");
        assert_eq!(api.items("CodesTable").await, stored, "{resources:?}");
    }
    redeem_for(api, flow, &code, right).await.tokens();
    api.delete_all("CodesTable").await;
}

#[tokio::test]
async fn an_invalid_target_uses_no_code_up() {
    let api = api().await;
    let unknown = "https://other.example.com";
    let wrong: [(&[&str], &str); 5] = [
        (&[unknown], "unknown_resource"),
        (&["notes"], "unknown_resource"),
        (&[NOTES, BILLING], "several_resources"),
        (&[BILLING], "resource_not_granted"),
        (&[AUDIENCE], "resource_not_granted"),
    ];
    refused_then(&api, &flow_for(WEB, &[NOTES]), &wrong, &[NOTES]).await;
    refused_then(&api, &Flow::of(WEB), &[(&[NOTES], "resource_not_granted")], &[AUDIENCE]).await;
    let several = [(&[][..], "several_resources"), (&[AUDIENCE], "resource_not_granted")];
    refused_then(&api, &flow_for(WEB, &[NOTES, BILLING]), &several, &[BILLING]).await;
    refused_then(&api, &flow_for(WEB, &[NOTES, AUDIENCE]), &several[..1], &[AUDIENCE]).await;
}

/// A request that is wrong for any code costs no write.
#[tokio::test]
async fn a_resource_that_is_not_registered_costs_nothing() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES]);
    let code = flow.code(&mut Browser::new(&api)).await;
    redeem_for(&api, &flow, &code, &["x"]).await.assert_error(400, "invalid_target");
    api.calls.take();
    for wrong in [&["https://other.example.com"][..], &[NOTES, BILLING]] {
        redeem_for(&api, &flow, &code, wrong).await.assert_error(400, "invalid_target");
    }
    assert_eq!(api.calls.count(), 0, "the client is warm");
    redeem_for(&api, &flow, &code, &[BILLING]).await.assert_error(400, "invalid_target");
    assert_eq!(waves(&api.calls.take()), [["UpdateItem Codes"]]);
}

#[tokio::test]
async fn an_invalid_code_reveals_nothing_about_resources() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES]);
    let code = flow.code(&mut Browser::new(&api)).await;
    let mut stolen = flow.redemption(&code);
    stolen.retain(|(name, _)| *name != "code_verifier");
    let other = "x".repeat(43);
    stolen.push(("code_verifier", &other));
    post_for(&api, route::TOKEN, &stolen, &[BILLING]).await.assert_error(400, "invalid_grant");
    api.clock.advance(60);
    redeem_for(&api, &flow, &code, &[BILLING]).await.assert_error(400, "invalid_grant");
}

/// With valid credentials, any second request counts as a second use.
#[tokio::test]
async fn a_second_use_ends_the_session_for_any_resource() {
    for second in [&[][..], &[NOTES], &[BILLING]] {
        let api = api().await;
        let flow = flow_for(WEB, &[NOTES]);
        let code = flow.code(&mut Browser::new(&api)).await;
        let tokens = flow.redeem(&api, &code).await.tokens();
        redeem_for(&api, &flow, &code, second).await.assert_error(400, "invalid_grant");
        api.refresh_of_flow(&flow, &tokens.refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_bound_token_is_for_its_resource_too() {
    let parameters = |p: local::template::Parameters| p.with("Dpop", "on").with("ProtectedResources", NOTES);
    let api = Api::with(parameters).await.with_clients().await;
    let (device, flow) = (Device::es256(1), flow_for(WEB, &[NOTES]));
    let code = flow.code(&mut Browser::new(&api)).await;
    let mut parameters = flow.redemption(&code);
    parameters.push(("resource", NOTES));
    let proof = device.proof(&api, "POST", route::TOKEN).sign();
    let reply = api.send(with_proof(form_post(route::TOKEN), &proof), form(&parameters)).await;
    assert_eq!(issued(&reply).0, NOTES);
    assert_eq!(claims(&reply.tokens().access)["cnf"], json!({ "jkt": device.jkt }));
    let session = super::session_of(&api, WEB).await;
    assert_eq!(session[attribute::JKT].as_s().unwrap(), &device.jkt);
    let refresh = reply.tokens().refresh;
    let proof = device.proof(&api, "POST", route::REFRESH).sign();
    let request = with_proof(form_post(route::REFRESH), &proof);
    let next = api.send(request, form(&flow.refresh_form(&refresh))).await;
    assert_eq!(issued(&next).0, NOTES);
    assert_eq!(claims(&next.tokens().access)["cnf"], json!({ "jkt": device.jkt }));
}
