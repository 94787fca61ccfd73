//! Both sides of each time bound: one second before, the second itself, one after.

use shared::store::attribute;

use crate::harness::{Api, PASSWORD, START, USER_ID, number};

#[tokio::test]
async fn an_access_token_ends_at_exp() {
    let api = Api::start().await;
    let exp = api.clock.unix() + 1800;
    let tokens = api.login().await;
    for (now, status) in [(exp - 1, 200), (exp, 401), (exp + 1, 401)] {
        api.clock.set(now);
        assert_eq!(
            api.call(&tokens.access).await.status,
            status,
            "exp{:+}",
            now.cast_signed() - exp.cast_signed()
        );
    }
}

#[tokio::test]
async fn an_access_token_works_a_little_before_iat_and_not_earlier() {
    let api = Api::start().await;
    let iat = api.clock.unix();
    let tokens = api.login().await;
    for (now, status) in [(iat - 6, 401), (iat - 5, 200), (iat - 4, 200)] {
        api.clock.set(now);
        assert_eq!(api.call(&tokens.access).await.status, status, "iat-{}", iat - now);
    }
}

#[tokio::test]
async fn a_session_ends_with_its_idle_lifetime() {
    for (after, status) in [(99, 200), (100, 400), (101, 400)] {
        let api = Api::with(|p| p.with("IdleTtl", "100")).await;
        let tokens = api.login().await;
        api.clock.advance(after);
        assert_eq!(api.refresh(&tokens.refresh).await.status, status, "after {after} s");
    }
}

#[tokio::test]
async fn a_session_ends_with_its_absolute_lifetime() {
    for (after, status) in [(99, 200), (100, 400), (101, 400)] {
        let api = Api::with(|p| p.with("AbsoluteTtl", "100")).await;
        let tokens = api.login().await;
        api.clock.advance(50);
        let tokens = api.refresh(&tokens.refresh).await.tokens();
        api.clock.advance(after - 50);
        assert_eq!(api.refresh(&tokens.refresh).await.status, status, "after {after} s");
    }
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    for ttl in ["IdleTtl", "AbsoluteTtl"] {
        let api = Api::with(|p| p.with(ttl, "100")).await;
        let reply = api.try_login(PASSWORD).await;
        assert_eq!(reply.body["expires_in"], 100, "no more is promised");
        let tokens = reply.tokens();
        assert_eq!(crate::harness::claims(&tokens.access)["exp"], api.clock.unix() + 100);
        for (advance, status) in [(99, 200), (1, 401), (1, 401)] {
            api.clock.advance(advance);
            assert_eq!(api.call(&tokens.access).await.status, status, "{ttl}");
        }
    }
}

#[tokio::test]
async fn access_ends_with_the_session_even_before_exp() {
    for name in [attribute::EXPIRES_AT, attribute::ABSOLUTE_EXPIRES_AT] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.change_session(&[(name, number(api.clock.unix() + 100))]).await;
        for (advance, status) in [(99, 200), (1, 401), (1, 401)] {
            api.clock.advance(advance);
            assert_eq!(api.call(&tokens.access).await.status, status, "{name}");
        }
    }
}

#[tokio::test]
async fn a_retry_ends_with_the_leeway() {
    for (after, status) in [(9, 200), (10, 200), (11, 400)] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.refresh(&tokens.refresh).await.tokens();
        api.clock.advance(after);
        assert_eq!(api.refresh(&tokens.refresh).await.status, status, "after {after} s");
    }
}

#[tokio::test]
async fn a_client_has_its_own_lifetimes() {
    let api = Api::start().await;
    let own = [
        (attribute::ACCESS_TTL, 60),
        (attribute::IDLE_TTL, 1000),
        (attribute::ABSOLUTE_TTL, 1500),
        (attribute::LEEWAY, 60),
    ];
    let own = own.map(|(name, seconds)| (name, number(seconds))).to_vec();
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, "demo-app"), own).await.unwrap();
    let reply = api.try_login(PASSWORD).await;
    assert_eq!(
        (&reply.body["expires_in"], &reply.body["refresh_token_expires_in"]),
        (&60.into(), &1000.into())
    );
    let tokens = reply.tokens();
    api.clock.advance(60);
    assert_eq!(api.call(&tokens.access).await.status, 401);
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.clock.advance(60);
    assert_eq!(api.refresh(&tokens.refresh).await.tokens().refresh, next.refresh);
    api.clock.advance(1500 - 120);
    assert_eq!(api.refresh(&next.refresh).await.status, 400);
}

#[tokio::test]
async fn a_users_not_before_spares_the_sessions_of_its_very_second() {
    for (not_before, status) in [(START - 1, 200), (START, 200), (START + 1, 400)] {
        let api = Api::start().await;
        let tokens = api.login().await;
        let change = vec![(attribute::NOT_BEFORE, number(not_before))];
        api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), change).await.unwrap();
        api.clock.advance(60);
        assert_eq!(api.refresh(&tokens.refresh).await.status, status, "{not_before}");
    }
}

#[tokio::test]
async fn no_login_succeeds_before_the_not_before_of_user_or_client() {
    for (table, key) in
        [("UsersTable", (attribute::USER_ID, USER_ID)), ("ClientsTable", (attribute::CLIENT_ID, "demo-app"))]
    {
        for (not_before, status) in [(START, 200), (START + 1, 400)] {
            let api = Api::start().await;
            let change = vec![(attribute::NOT_BEFORE, number(not_before))];
            api.seeder().set(table, key, change).await.unwrap();
            assert_eq!(api.try_login(PASSWORD).await.status, status, "{table} {not_before}");
        }
    }
}
