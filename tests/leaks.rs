//! The stored items don't open anything: after a busy run, the tables contain no text that works as a token.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use shared::route;
use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt};

use crate::harness::{
    Api, Browser, FORM_COOKIE, Fault, Flow, Log, PASSWORD, SECRET, SESSION_COOKIE, Tokens, USERNAME, WEB,
    form, id_token,
};

/// Every string in every table, and its parts between separators.
async fn stored(api: &Api) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for table in api.deployment.tables.keys() {
        for (_, value) in api.items(table).await.into_iter().flatten() {
            let values = match value {
                AttributeValue::S(text) | AttributeValue::N(text) => vec![text],
                AttributeValue::Ss(values) => values,
                AttributeValue::L(values) => {
                    values.iter().map(|value| value.as_s().unwrap().clone()).collect()
                }
                AttributeValue::Bool(_) => vec![],
                other => panic!("an attribute of a type that is not looked at: {other:?}"),
            };
            for text in values {
                texts.extend(text.split(['#', '$']).map(str::to_owned));
                texts.insert(text);
            }
        }
    }
    texts
}

async fn busy_run(api: &Api) -> Vec<Tokens> {
    let mut all = Vec::new();
    for i in 0..10 {
        let mut tokens = api.login().await;
        for _ in 0..i {
            all.push(tokens.clone());
            tokens = api.refresh_with_key(&tokens.refresh, "idempotency-key-of-a-client").await.tokens();
            api.refresh(&all.last().unwrap().refresh).await.tokens();
        }
        if i % 3 == 0 {
            api.logout(&tokens.access).await;
        }
        api.try_login("a wrong password").await;
        all.push(tokens);
    }
    all
}

#[tokio::test]
async fn the_tables_hold_nothing_that_works_as_a_token() {
    let api = Api::start().await;
    let tokens = busy_run(&api).await;
    let stored = stored(&api).await;
    assert!(stored.len() > 50, "the run left something to look at");
    for text in &stored {
        for attempt in [text.clone(), format!("lgr1_{text}")] {
            assert_eq!(api.refresh(&attempt).await.status, 400, "{attempt}");
            assert_eq!(api.call(&attempt).await.status, 401, "{attempt}");
        }
    }
    let dump = stored.into_iter().collect::<Vec<_>>().join("\n");
    for secret in [PASSWORD, SECRET, "a wrong password", "idempotency-key-of-a-client"] {
        assert!(!dump.contains(secret), "{secret}");
    }
    for token in &tokens {
        assert!(!dump.contains(&token.access) && !dump.contains(&token.refresh));
        // The secret and the HMAC in the token, encoded as the table would.
        let bytes = URL_SAFE_NO_PAD.decode(&token.refresh["lgr1_".len()..]).unwrap();
        let tag = bytes.len() - 32;
        for part in [&bytes[tag - 24..tag - 4], &bytes[tag..]] {
            assert!(!dump.contains(&URL_SAFE_NO_PAD.encode(part)));
        }
    }
}

/// The codes and cookies of a sign-in can't be found in the tables, or made from them.
#[tokio::test]
async fn the_tables_hold_nothing_that_works_as_a_code_or_a_cookie() {
    let api = Api::with_pages().await;
    let (used, pending) = (Flow::of(WEB), Flow::of(WEB));
    let mut browser = Browser::new(&api);
    let code = used.code(&mut browser).await;
    let reply = used.redeem(&api, &code).await;
    let unused = pending.code(&mut browser).await;
    let stored = stored(&api).await;
    let cookies = [SESSION_COOKIE, FORM_COOKIE].map(|name| browser.cookie(name).unwrap().to_owned());
    for text in &stored {
        for attempt in [text.clone(), format!("lgc1_{text}"), format!("lgr1_{text}")] {
            assert_eq!(pending.redeem(&api, &attempt).await.status, 400, "{attempt}");
            let mut thief = Browser::new(&api);
            // Other texts can't be cookies.
            if attempt.bytes().all(|b| b.is_ascii_graphic() && !b"\";,\\".contains(&b)) {
                thief.set_cookie(SESSION_COOKIE, &attempt);
                assert!(pending.begin(&mut thief).await.asks_for_password(), "{attempt}");
            }
        }
    }
    let dump = stored.into_iter().collect::<Vec<_>>().join("\n");
    let [session, form] = &cookies;
    for secret in
        [PASSWORD, &used.verifier, &code, &unused, session, form, id_token(&reply), &reply.tokens().refresh]
    {
        assert!(!dump.contains(secret), "{secret}");
        // Nor any part of their content: the random bytes or the HMAC.
        for prefix in ["lgc1_", "lgr1_"] {
            let Some(encoded) = secret.strip_prefix(prefix) else { continue };
            let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap();
            for part in bytes.windows(18).step_by(3) {
                assert!(!dump.contains(&URL_SAFE_NO_PAD.encode(part)), "{secret}");
            }
        }
    }
    pending.redeem(&api, &unused).await.tokens();
}

/// Every kind of request at the pages, successful and refused, with the unfiltered log of the whole process.
#[tokio::test]
async fn no_code_cookie_or_password_reaches_a_log() {
    let api = Api::with_pages().await;
    let (ours, everything) = (Log::default(), Log::default());
    let subscriber = tracing_subscriber::registry()
        .with(ours.layer())
        .with(everything.unfiltered().with_filter(LevelFilter::TRACE));
    let guard = tracing::subscriber::set_default(subscriber);
    let (flow, mut browser) = (Flow::of(WEB).with("login_hint", "hint@example.com"), Browser::new(&api));
    flow.sign_in_as(&mut browser, USERNAME, "a wrong password").await.assert_page(401);
    // Users often type the password into the name field.
    flow.sign_in_as(&mut browser, PASSWORD, "a wrong password").await.assert_page(400);
    let code = flow.code(&mut browser).await;
    let redirect_uri = [("redirect_uri", "https://app.example.com/other")];
    flow.redeem_with(&api, &code, &redirect_uri).await.assert_error(400, "invalid_grant");
    let reply = flow.redeem(&api, &code).await;
    flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
    let failed = flow.code(&mut browser).await;
    for call in ["UpdateItem Codes", "UpdateItem Sessions", "GetItem Sessions", "PutItem Codes"] {
        api.calls.fail(Fault::Before(call));
    }
    flow.redeem(&api, &failed).await.assert_error(503, "temporarily_unavailable");
    let page = flow.begin(&mut browser).await;
    assert!(
        page.status == 503 || page.redirect().parameter("error") == "temporarily_unavailable",
        "{page:?}"
    );
    api.calls.heal();
    let hint = [("id_token_hint", id_token(&reply))];
    browser.get(&format!("{}?{}", route::END_SESSION, form(&hint))).await;
    browser.get(route::ACCOUNT).await;
    drop(guard);

    let (ours, everything) = (ours.text(), everything.text());
    for expected in ["code_redeemed", "code_reused", "wrong_password", "\"failed\""] {
        assert!(ours.contains(expected), "{expected}: {ours}");
    }
    assert!(everything.len() > 10 * ours.len(), "the SDK was heard as well");
    let cookies =
        [SESSION_COOKIE, FORM_COOKIE].map(|name| browser.cookie(name).unwrap_or("-none-").to_owned());
    let tokens = reply.tokens();
    for text in [ours, everything] {
        for secret in [PASSWORD, "a wrong password", &code, &failed, &flow.verifier, &tokens.access] {
            assert!(!text.contains(secret), "{secret}");
        }
        for secret in [&tokens.refresh, id_token(&reply), &cookies[0], &cookies[1]] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
