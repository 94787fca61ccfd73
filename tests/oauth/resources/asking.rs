//! The resources that a client may request at `/authorize` (RFC 8707 section 2.1).

use shared::store::attribute;

use super::{AUDIENCE, BILLING, NOTES, api, flow_for, issued, redeem_for, resources_of, session_of};
use crate::harness::{Api, Browser, Flow, Log, THIRD, WEB, WEB_SERVER, claims, client, id_token};

#[tokio::test]
async fn a_token_is_for_the_resource_that_was_asked_for() {
    let api = api().await;
    for (client_id, resource, scope) in [
        (WEB, NOTES, "read"),
        (WEB_SERVER, BILLING, "email offline_access openid profile read write"),
        (WEB, AUDIENCE, "email offline_access openid profile read write"),
    ] {
        let flow = flow_for(client_id, &[resource]);
        for named in [&[][..], &[resource]] {
            let code = flow.code(&mut Browser::new(&api)).await;
            let reply = redeem_for(&api, &flow, &code, named).await;
            assert_eq!(issued(&reply), (resource.to_owned(), Some(scope.to_owned())), "{named:?}");
            let of_id_token = claims(id_token(&reply));
            assert_eq!(of_id_token["aud"], client_id, "an ID token is the client's");
            assert_eq!(of_id_token["email"], "demo@example.com", "and has what the session may have");
        }
    }
}

/// RFC 3986 section 6.2.3.
#[tokio::test]
async fn the_slash_of_an_empty_path_makes_no_other_resource() {
    let api = api().await;
    let flow = flow_for(WEB, &["https://billing.example.com/"]);
    let code = flow.code(&mut Browser::new(&api)).await;
    let reply = redeem_for(&api, &flow, &code, &["https://billing.example.com/"]).await;
    assert_eq!(issued(&reply).0, BILLING, "the audience is as it is registered");
    assert_eq!(resources_of(&session_of(&api, WEB).await).unwrap(), [BILLING]);
}

#[tokio::test]
async fn without_a_resource_rows_and_tokens_are_as_they_were() {
    let (plain, with_resources) = (Api::with_pages().await, api().await);
    for (api, resource) in [(&plain, None), (&with_resources, None), (&with_resources, Some(AUDIENCE))] {
        let flow = resource.map_or_else(|| Flow::of(WEB), |resource| flow_for(WEB, &[resource]));
        let mut browser = Browser::new(api);
        let code = flow.code(&mut browser).await;
        let row = api.items("CodesTable").await.remove(0);
        assert_eq!(row.get(attribute::RESOURCES), None);
        let reply = flow.redeem(api, &code).await;
        assert_eq!(issued(&reply).0, AUDIENCE);
        let session = session_of(api, WEB).await;
        assert_eq!(session.get(attribute::RESOURCES), None);
        assert_eq!(issued(&api.refresh_of_flow(&flow, &reply.tokens().refresh).await).0, AUDIENCE);
        api.delete_all("SessionsTable").await;
        api.delete_all("CodesTable").await;
    }
}

#[tokio::test]
async fn an_unregistered_or_forbidden_resource_is_an_invalid_target() {
    let api = api().await;
    let mut own = client(WEB_SERVER);
    own.resources = [BILLING.to_owned()].into();
    api.put_client(&own).await;
    for (client_id, resources, reason) in [
        (WEB, &["https://notes.example.com"][..], "unknown_resource"),
        (WEB, &["https://notes.example.com/mcp/"], "unknown_resource"),
        (WEB, &["https://notes.example.com/mcp#x"], "unknown_resource"),
        (WEB, &["HTTPS://notes.example.com/mcp"], "unknown_resource"),
        (WEB, &["notes"], "unknown_resource"),
        (WEB, &[NOTES, "https://other.example.com"], "unknown_resource"),
        (WEB_SERVER, &[NOTES], "resource_not_allowed"),
        (WEB_SERVER, &[BILLING, NOTES], "resource_not_allowed"),
    ] {
        let flow = flow_for(client_id, resources);
        let (log, _guard) = Log::listen();
        let redirect = flow.begin(&mut Browser::new(&api)).await.redirect();
        assert_eq!(redirect.uri, flow.redirect_uri);
        assert_eq!(redirect.parameter("error"), "invalid_target", "{resources:?}");
        assert_eq!(redirect.parameter("error_description"), "The client may not ask for that resource.");
        assert_eq!(redirect.parameter("state"), "a state & more");
        assert_eq!(redirect.parameter("iss"), "https://issuer.example.com");
        assert_eq!(log.take_events()[0]["reason"], reason, "{resources:?}");
    }
    assert!(api.items("CodesTable").await.is_empty());
    // A client may ask for the resources in its record, and for the audience.
    for resource in [BILLING, AUDIENCE] {
        let flow = flow_for(WEB_SERVER, &[resource]);
        assert_eq!(issued(&flow.tokens(&api, &mut Browser::new(&api)).await).0, resource);
    }
}

#[tokio::test]
async fn nothing_redirects_before_client_and_redirect_uri_are_valid() {
    let api = api().await;
    let wrong = flow_for(WEB, &["https://other.example.com"]);
    for flow in
        [wrong.clone().with("redirect_uri", "https://evil.example/cb"), wrong.with("client_id", "nobody")]
    {
        flow.begin(&mut Browser::new(&api)).await.assert_page(400);
    }
}

#[tokio::test]
async fn a_client_may_name_any_number_of_resources_and_repeat_them() {
    let api = api().await;
    let flow = flow_for(THIRD, &[BILLING, NOTES, BILLING, "", AUDIENCE]);
    let mut browser = Browser::new(&api);
    let page = flow.sign_in(&mut browser).await;
    let code = flow.code_of(&browser.press(&page, "allow").await);
    let row = api.items("CodesTable").await.remove(0);
    assert_eq!(resources_of(&row).unwrap(), [AUDIENCE, BILLING, NOTES]);
    let reply = redeem_for(&api, &flow, &code, &[AUDIENCE]).await;
    assert_eq!(issued(&reply).0, AUDIENCE);
    assert_eq!(resources_of(&session_of(&api, THIRD).await).unwrap(), [AUDIENCE, BILLING, NOTES]);
}
