//! What is stored is not what opens: the tables, dumped after a busy run, hold nothing that works as a token.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::harness::{Api, PASSWORD, SECRET, Tokens};

/// Every string in every table, and every part of one around its separators.
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
        // The secret and the HMAC inside the token, as the table would have to encode them.
        let bytes = URL_SAFE_NO_PAD.decode(&token.refresh["lgr1_".len()..]).unwrap();
        let tag = bytes.len() - 32;
        for part in [&bytes[tag - 24..tag - 4], &bytes[tag..]] {
            assert!(!dump.contains(&URL_SAFE_NO_PAD.encode(part)));
        }
    }
}
