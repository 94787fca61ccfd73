//! Damaged keys in the store: they help no one without the key, and no session is lost.

use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, L, N, Null, S, Ss};
use shared::{route, store::attribute};

use super::sessions::assert_bound;
use crate::harness::{APP, Api, Device, PASSWORD, Tokens};

/// Damaged variants of an attribute with this text.
fn spoiled(value: &str) -> Vec<AttributeValue> {
    vec![
        S(String::new()),
        S(format!("v2:{value}")),
        S(value[..value.len() - 2].to_owned()),
        S(format!("{value}=")),
        N("1".to_owned()),
        Bool(true),
        Null(true),
        L(vec![S(value.to_owned())]),
        Ss(vec![value.to_owned()]),
        B(aws_sdk_dynamodb::primitives::Blob::new(value)),
    ]
}

struct Bound {
    api: Api,
    device: Device,
    used: Tokens,
    tokens: Tokens,
}

/// A bound session after one refresh.
async fn bound() -> Bound {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let used = api.login_of(&device).await;
    let tokens = api.refresh_of(&device, &used.refresh).await.tokens();
    Bound { api, device, used, tokens }
}

#[tokio::test]
async fn a_session_with_an_unreadable_key_opens_nothing_and_is_not_lost() {
    let Bound { api, device, used, tokens } = bound().await;
    let (stored, thief) = (api.session().await, Device::es256(2));
    let other = S(thief.jkt.clone());
    let mut values: Vec<_> = spoiled(&device.jkt).into_iter().map(Some).collect();
    values.extend([None, Some(other.clone())]);
    for value in values {
        let mut session = stored.clone();
        // Another key, or none, isn't damage: this token just isn't bound to it.
        let is_readable = value.is_none() || value.as_ref() == Some(&other);
        match &value {
            Some(value) => session.insert(attribute::JKT.to_owned(), value.clone()),
            None => session.remove(attribute::JKT),
        };
        api.put("SessionsTable", session).await;
        let before = api.stored().await;
        // A used token whose successor has another key indicates a thief. Here the test changed the key.
        let is_other_key = value.as_ref() == Some(&other);
        for token in [&tokens.refresh, &used.refresh].into_iter().take(if is_other_key { 1 } else { 2 }) {
            for sender in [Some(&device), Some(&thief), None] {
                let reply = match sender {
                    Some(device) => api.refresh_of(device, token).await,
                    None => api.refresh(token).await,
                };
                let is_owner = sender.is_some_and(|sender| sender.jkt == device.jkt);
                let expected = match is_owner {
                    true if !is_readable => 500,
                    // A retry needs the key, whether the row has one or not.
                    true if token == &used.refresh => 200,
                    _ => 400,
                };
                assert_eq!(reply.status, expected, "{value:?}: {reply:?}");
                assert_eq!(api.stored().await, before, "{value:?}: nothing changes");
            }
        }
        let listed = api.call_of(&device, &tokens.access).await;
        assert_eq!(listed.status, 200, "the authorizer goes by the token");
        assert_eq!(listed.body["sessions"].as_array().unwrap().len(), usize::from(is_readable), "{value:?}");
        // Once the row is repaired, the session goes on.
        api.put("SessionsTable", stored.clone()).await;
        assert_bound(&api.refresh_of(&device, &used.refresh).await, Some(&device));
    }
    assert_bound(&api.refresh_of(&device, &tokens.refresh).await, Some(&device));
}

/// If the requirement can't be read, the client must not count as one without it.
#[tokio::test]
async fn an_unreadable_client_gets_nothing() {
    let mut values = spoiled("required");
    values.extend(["Required", "optional", "off", "true"].map(|text| S(text.to_owned())));
    for value in values {
        let (api, device) = (Api::binding().await, Device::es256(1));
        let tokens = api.login().await;
        let client = (attribute::CLIENT_ID, APP);
        api.seeder().set("ClientsTable", client, vec![(attribute::DPOP, value.clone())]).await.unwrap();
        let api = api.restarted().await;
        let before = api.stored().await;
        for reply in [
            api.try_login(PASSWORD).await,
            api.login_with(&device.proof(&api, "POST", route::LOGIN).sign()).await,
            api.refresh(&tokens.refresh).await,
            api.refresh_of(&device, &tokens.refresh).await,
        ] {
            assert_eq!(reply.status, 500, "{value:?}: {reply:?}");
        }
        assert_eq!(api.stored().await, before, "{value:?}");
    }
}
