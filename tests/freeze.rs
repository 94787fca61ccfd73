//! A function after an hour of Lambda's freeze: its caches are stale, and its connections are silently gone.

use shared::store::attribute;

use crate::harness::{Api, Idle, PASSWORD, Proxy, Secrets, Spoiled, WireFault, keyset, number};

const HOUR: u64 = 3600;

/// Warm functions behind a proxy, and others that reach the same tables.
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

/// Keeps access tokens from before the freeze valid.
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
    // A function that isn't frozen does this meanwhile.
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

/// The first request after the freeze succeeds even if all kept connections are dead, including the 26 for the
/// denylist.
#[tokio::test]
async fn dead_connections_fail_no_request() {
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

/// If the rotation itself used a dead connection, the client must not count as a thief, even without a leeway or an
/// `Idempotency-Key`.
#[tokio::test]
async fn a_rotation_on_a_dead_connection_is_not_theft() {
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
