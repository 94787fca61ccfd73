//! A function that Lambda froze for an hour: its copies are stale, and its connections are gone without its knowing.

use shared::store::attribute;

use crate::harness::{Api, Idle, PASSWORD, Proxy, Secrets, Spoiled, WireFault, keyset, number};

const HOUR: u64 = 3600;

/// Functions that are warm, behind a proxy, and what else reaches the same tables.
struct Warm {
    api: Api,
    proxy: Proxy,
    _secrets: Secrets,
    elsewhere: Api,
}

impl Warm {
    async fn with_check(check: &str) -> Self {
        let document = keyset();
        let secrets = Secrets::emulated().await;
        secrets.put(&document.to_json()).await;
        let elsewhere = Api::with_keyset(document, |p| p.with("RevocationCheck", check)).await;
        let (api, proxy) = elsewhere.started_behind_proxy(&secrets).await;
        let warm = Self { api, proxy, _secrets: secrets, elsewhere };
        let tokens = warm.api.login().await;
        let next = warm.api.refresh(&tokens.refresh).await.tokens();
        assert_eq!(warm.api.call(&next.access).await.status, 200);
        assert_eq!(warm.api.logout(&next.refresh).await.status, 200);
        warm.proxy.take_calls();
        warm
    }

    fn calls(&self) -> Vec<String> {
        self.proxy.take_calls().into_iter().map(|(call, _)| call).collect()
    }
}

/// So that an access token of before the freeze is still one.
async fn let_tokens_live_for_a_day(api: &Api) {
    let longest = vec![(attribute::ACCESS_TTL, number(86_400))];
    let app = (attribute::CLIENT_ID, crate::harness::APP);
    api.seeder().set("ClientsTable", app, longest).await.unwrap();
    api.clock.advance(10);
}

#[tokio::test]
async fn copies_are_renewed_before_the_first_answer_after_it() {
    let warm = Warm::with_check("denylist").await;
    let_tokens_live_for_a_day(&warm.elsewhere).await;
    let (ended, living) = (warm.api.login().await, warm.api.login().await);
    assert_eq!(warm.api.call(&ended.access).await.status, 200);
    warm.api.clock.advance(HOUR);
    // Meanwhile, by a function that is not frozen.
    assert_eq!(warm.elsewhere.logout(&ended.refresh).await.status, 200);
    warm.calls();
    assert_eq!(warm.api.call(&ended.access).await.status, 401, "the very first request knows of it");
    let calls = warm.calls();
    assert!(calls.contains(&"Query Keys".to_owned()), "{calls:?}");
    assert!(calls.contains(&"Query Revocations".to_owned()), "{calls:?}");
    assert_eq!(warm.api.call(&living.access).await.status, 200);
    warm.api.refresh(&living.refresh).await.tokens();
    assert!(warm.calls().contains(&"GetSecretValue Keyset".to_owned()));
}

#[tokio::test]
async fn copies_that_can_not_be_renewed_are_not_used() {
    let warm = Warm::with_check("denylist").await;
    let_tokens_live_for_a_day(&warm.elsewhere).await;
    let tokens = warm.api.login().await;
    warm.api.clock.advance(HOUR);
    for stale in ["Query Keys", "Query Revocations"] {
        warm.proxy.spoil(Spoiled::From(stale, 1), WireFault::Denied);
        warm.api.call(&tokens.access).await.assert_gateway_error(500, "server_error");
    }
    warm.proxy.spoil(Spoiled::From("GetSecretValue Keyset", 1), WireFault::Denied);
    warm.api.refresh(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    warm.api.logout(&tokens.refresh).await.assert_error(503, "temporarily_unavailable");
    warm.api.try_login(PASSWORD).await.assert_error(503, "temporarily_unavailable");
    warm.proxy.heal();
    assert_eq!(warm.api.call(&tokens.access).await.status, 200);
    warm.api.refresh(&tokens.refresh).await.tokens();
}

/// The first request after it is answered as if nothing had been, whatever became of the connections: also where every one
/// that is kept, of 26 to the denylist, is one that nobody answers on.
#[tokio::test]
async fn connections_that_are_gone_are_noticed_by_nobody() {
    for idle in [Idle::Closed, Idle::Silent] {
        for check in ["session", "denylist"] {
            let warm = Warm::with_check(check).await;
            let tokens = warm.api.login().await;
            warm.proxy.lose(idle);
            let next = warm.api.refresh(&tokens.refresh).await.tokens();
            warm.proxy.lose(idle);
            warm.api.clock.advance(10);
            assert_eq!(warm.api.call(&next.access).await.status, 200, "{idle:?} {check}");
            warm.proxy.lose(idle);
            warm.api.try_login(PASSWORD).await.tokens();
            warm.proxy.lose(idle);
            assert_eq!(warm.api.logout(&next.refresh).await.status, 200, "{idle:?} {check}");
            assert_eq!(warm.elsewhere.items("SessionsTable").await.len(), 1, "the other's is left alone");
        }
    }
}

/// Neither is the client taken for a thief where the rotation itself went out on such a connection, without a leeway and
/// without an `Idempotency-Key` to tell it by.
#[tokio::test]
async fn a_rotation_on_a_connection_that_is_gone_is_no_theft() {
    for idle in [Idle::Closed, Idle::Silent] {
        let warm = Warm::with_check("session").await;
        let strict = vec![(attribute::LEEWAY, number(0))];
        let app = (attribute::CLIENT_ID, crate::harness::APP);
        warm.elsewhere.seeder().set("ClientsTable", app, strict).await.unwrap();
        warm.api.clock.advance(10);
        let tokens = warm.api.login().await;
        warm.proxy.lose(idle);
        let next = warm.api.refresh(&tokens.refresh).await.tokens();
        warm.api.clock.advance(HOUR);
        warm.proxy.lose(idle);
        warm.api.refresh(&next.refresh).await.tokens();
        assert!(warm.elsewhere.session().await.contains_key(attribute::GENERATION));
    }
}
