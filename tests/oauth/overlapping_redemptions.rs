//! All of a user's sessions end while a code is redeemed. Either request is held before each of its calls in turn, and
//! the other goes ahead. In any order, no session of the code is left.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::{account::account, code_bindings::code_in};
use crate::harness::{APP, Api, Browser, Fault, Flow, Log, PASSWORD, Reply, Spoiled, Tokens, WireFault};

/// A way to end all of a user's sessions.
#[derive(Clone, Copy, Debug)]
enum End {
    /// `POST /logout` with `everywhere`.
    Everywhere,
    /// `POST /password`.
    ChangePassword,
    /// The button of `/account` in another browser.
    Others,
}

/// An unused code, and credentials to end all sessions.
struct Scene<'a> {
    flow: Flow,
    code: String,
    elsewhere: Tokens,
    browser: Browser<'a>,
}

impl<'a> Scene<'a> {
    async fn set(api: &'a Api) -> Self {
        let (flow, code, _) = code_in(api).await;
        let mut browser = Browser::new(api);
        account(&mut browser).await;
        Self { flow, code, elsewhere: api.login().await, browser }
    }

    async fn end(&self, end: End, api: &Api) {
        let Tokens { access, .. } = &self.elsewhere;
        let status = match end {
            End::Everywhere => {
                let everywhere = [("client_id", APP), ("token", access), ("everywhere", "true")];
                api.post(route::LOGOUT, &everywhere).await.status
            }
            End::ChangePassword => {
                api.change_password(access, PASSWORD, "a much better password").await.status
            }
            End::Others => {
                let mut browser = self.browser.at(api);
                let page = account(&mut browser).await;
                browser.press(&page, "end-all").await.status
            }
        };
        assert_eq!(status, 200, "{end:?}");
    }

    /// Asserts that no session of the code is left, whatever the client's answer was.
    async fn assert_over(&self, reply: &Reply, api: &Api, what: &str) {
        if reply.status == 200 {
            let tokens = reply.tokens();
            assert_eq!(api.call(&tokens.access).await.status, 401, "{what}");
            api.refresh_of_flow(&self.flow, &tokens.refresh).await.assert_error(400, "invalid_grant");
        } else {
            reply.assert_error(400, "invalid_grant");
        }
        assert!(sessions_of_client(api).await.is_empty(), "{what}: {reply:?}");
    }
}

async fn sessions_of_client(api: &Api) -> Vec<BTreeMap<String, AttributeValue>> {
    let mut sessions = api.items("SessionsTable").await;
    sessions.retain(|row| row[attribute::SESSION_KEY].as_s().unwrap().starts_with("web#"));
    sessions
}

/// The number of calls that this makes without interference.
async fn calls_of(run: impl AsyncFnOnce(&Scene<'_>, &Api)) -> usize {
    let api = Api::with_pages().await;
    let scene = Scene::set(&api).await;
    let (behind, proxy) = api.behind_a_gate().await;
    proxy.take_calls();
    run(&scene, &behind).await;
    proxy.take_calls().len()
}

const ENDS: [End; 3] = [End::Everywhere, End::ChangePassword, End::Others];

#[tokio::test]
async fn a_redemption_that_is_overtaken_leaves_no_session() {
    let redeem = async |scene: &Scene<'_>, api: &Api| {
        scene.flow.redeem(api, &scene.code).await.tokens();
    };
    let calls = calls_of(redeem).await;
    assert_eq!(calls, 5, "client, code, session, and two reads");
    for end in ENDS {
        for call in 0..calls {
            let api = Api::with_pages().await;
            let scene = Scene::set(&api).await;
            let (behind, proxy) = api.behind_a_gate().await;
            let gate = proxy.hold(call);
            let redeem = scene.flow.redeem(&behind, &scene.code);
            let meanwhile = async {
                gate.reached().await;
                scene.end(end, &api).await;
                gate.open();
            };
            let (reply, ()) = tokio::join!(redeem, meanwhile);
            scene.assert_over(&reply, &api, &format!("{end:?} before call {call}")).await;
        }
    }
}

#[tokio::test]
async fn ending_all_sessions_ends_a_session_redeemed_meanwhile() {
    for end in ENDS {
        let calls = calls_of(async |scene: &Scene<'_>, api: &Api| scene.end(end, api).await).await;
        let mut served = 0;
        for call in 0..calls {
            let api = Api::with_pages().await;
            let scene = Scene::set(&api).await;
            let (behind, proxy) = api.behind_a_gate().await;
            let gate = proxy.hold(call);
            let meanwhile = async {
                gate.reached().await;
                let reply = scene.flow.redeem(&api, &scene.code).await;
                gate.open();
                reply
            };
            let ((), reply) = tokio::join!(scene.end(end, &behind), meanwhile);
            scene.assert_over(&reply, &api, &format!("{end:?} held before call {call}")).await;
            served += usize::from(reply.status == 200);
        }
        assert!(served > 0 && served < calls, "{end:?}: {served} of {calls}");
    }
}

/// The client's own retry isn't a second use.
#[tokio::test]
async fn our_failure_leaves_the_code_usable() {
    for fault in [
        Fault::Before("UpdateItem Codes"),
        Fault::Before("PutItem Sessions"),
        Fault::After("PutItem Sessions"),
        Fault::Before("GetItem Sessions"),
        Fault::Before("GetItem Users"),
    ] {
        let api = Api::with_pages().await;
        let (flow, code, _) = code_in(&api).await;
        let what = format!("{fault:?}");
        api.calls.fail(fault);
        flow.redeem(&api, &code).await.assert_error(503, "temporarily_unavailable");
        assert!(sessions_of_client(&api).await.is_empty(), "{what}");
        api.calls.heal();
        let (log, _guard) = Log::listen();
        let tokens = flow.redeem(&api, &code).await.tokens();
        assert!(!log.take_events().iter().any(|event| event["event"] == "code_reused"), "{what}");
        assert_eq!(api.call(&tokens.access).await.status, 200, "{what}");
        assert_eq!(sessions_of_client(&api).await.len(), 1, "{what}");
        // Now the code is used up, and a second use counts.
        flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&tokens.access).await.status, 401, "{what}");
    }
}

/// A second use while the first fails means that the code was stolen, so it is never valid again.
#[tokio::test]
async fn a_code_that_was_used_twice_is_not_given_back() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let (behind, proxy) = api.behind_a_gate().await;
    proxy.spoil(Spoiled::From("GetItem Users", 1), WireFault::Denied);
    let gate = proxy.hold_call("DeleteItem Sessions");
    let meanwhile = async {
        gate.reached().await;
        flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
        gate.open();
    };
    let (first, ()) = tokio::join!(flow.redeem(&behind, &code), meanwhile);
    first.assert_error(503, "temporarily_unavailable");
    flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
    let codes = api.items("CodesTable").await;
    assert!(codes[0].contains_key(attribute::REDEEMED_BY), "{codes:?}");
}
