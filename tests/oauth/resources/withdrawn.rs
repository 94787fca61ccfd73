//! A resource is removed from the registry or from its client, while sessions still have it.

use local::functions::Deployment;
use shared::{route, store::attribute};

use super::{
    AUDIENCE, BILLING, NOTES, REGISTERED, api, flow_for, issued, redeem_for, refresh_for, session_of,
};
use crate::harness::{Api, Browser, Log, WEB, client};

/// The same deployment with these resources.
async fn with_resources(api: &Api, resources: &str) -> Api {
    let parameters = api.deployment.parameters.clone().with("ProtectedResources", resources);
    api.redeployed(Deployment { parameters, ..api.deployment.clone() }).await
}

#[tokio::test]
async fn a_resource_that_is_no_longer_registered_gets_no_tokens() {
    let first = api().await;
    let flow = flow_for(WEB, &[NOTES]);
    let code = flow.code(&mut Browser::new(&first)).await;
    let refresh = flow.redeem(&first, &code).await.tokens().refresh;
    let stored = session_of(&first, WEB).await;

    let api = with_resources(&first, BILLING).await;
    let reply = refresh_for(&api, route::REFRESH, &flow, &refresh, &[NOTES]).await;
    reply.assert_error(400, "invalid_target");
    assert_eq!(session_of(&api, WEB).await, stored, "what is named is looked up before anything is written");

    // The session's resource is known only after the rotation.
    let (log, _guard) = Log::listen();
    refresh_for(&api, route::REFRESH, &flow, &refresh, &[]).await.assert_error(400, "invalid_target");
    assert_eq!(log.take_events()[0]["reason"], "unknown_resource");
    assert!(session_of(&api, WEB).await.contains_key(attribute::UNDELIVERED));
    // Once the resource is back, the same token works at any time, because its successor was never delivered.
    api.clock.advance(3600);
    let api = with_resources(&api, REGISTERED).await;
    let reply = refresh_for(&api, route::REFRESH, &flow, &refresh, &[]).await;
    assert_eq!(issued(&reply).0, NOTES);
    let next = refresh_for(&api, route::REFRESH, &flow, &reply.tokens().refresh, &[]).await;
    assert_eq!(issued(&next).0, NOTES);
}

#[tokio::test]
async fn a_resource_that_is_taken_from_the_client_gets_no_tokens() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, BILLING]);
    let mut browser = Browser::new(&api);
    let code = flow.code(&mut browser).await;
    let refresh = redeem_for(&api, &flow, &code, &[NOTES]).await.tokens().refresh;
    let code = flow.code(&mut browser).await;
    let mut own = client(WEB);
    own.resources = [BILLING.to_owned()].into();
    api.put_client(&own).await;
    let api = api.restarted().await;
    let (log, _guard) = Log::listen();
    redeem_for(&api, &flow, &code, &[NOTES]).await.assert_error(400, "invalid_target");
    assert_eq!(log.take_events()[0]["reason"], "resource_not_allowed");
    refresh_for(&api, route::REFRESH, &flow, &refresh, &[NOTES]).await.assert_error(400, "invalid_target");
    assert_eq!(issued(&redeem_for(&api, &flow, &code, &[BILLING]).await).0, BILLING);
    let reply = refresh_for(&api, route::REFRESH, &flow, &refresh, &[BILLING]).await;
    assert_eq!(issued(&reply).0, BILLING);
}

/// A stack may remove all resources, and then only the audience remains.
#[tokio::test]
async fn after_all_resources_are_removed_their_sessions_get_no_tokens() {
    let first = api().await;
    let flow = flow_for(WEB, &[NOTES]);
    let refresh = flow.tokens(&first, &mut Browser::new(&first)).await.tokens().refresh;
    let api = with_resources(&first, "").await;
    for resources in [&[][..], &[NOTES], &[AUDIENCE]] {
        let reply = refresh_for(&api, route::REFRESH, &flow, &refresh, resources).await;
        reply.assert_error(400, "invalid_target");
    }
}
