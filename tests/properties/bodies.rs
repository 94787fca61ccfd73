//! Request bodies.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::{collection::vec, prelude::any, sample::select, strategy::Strategy};
use serde_json::Value;

use super::{Bench, holds, mutation::Mutation};
use crate::harness::{BodyEndpoint, form};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn endpoint() -> impl Strategy<Value = BodyEndpoint> {
    select(&BodyEndpoint::ALL)
}

/// The event of a POST with these bytes, as text if possible.
fn event(bench: &Bench, endpoint: BodyEndpoint, media_type: &str, body: &[u8]) -> Value {
    let Ok(text) = std::str::from_utf8(body) else {
        let mut event = endpoint.event(&bench.tokens, media_type, &STANDARD.encode(body));
        event["isBase64Encoded"] = true.into();
        return event;
    };
    endpoint.event(&bench.tokens, media_type, text)
}

#[test]
fn any_bytes_at_all_are_refused() {
    let bench = Bench::set();
    holds((endpoint(), select(&[FORM, JSON]), vec(any::<u8>(), 0..300)), |(endpoint, media_type, body)| {
        let event = event(&bench, endpoint, media_type, &body);
        bench.assert_refused(&bench.answer(endpoint.path(), &event).unwrap());
    });
}

#[test]
fn any_text_that_looks_like_a_body_is_refused() {
    let bench = Bench::set();
    let form = "([a-z_]{1,8}=[a-zA-Z0-9%+_.]{0,12}&){0,6}";
    let json =
        r#"\{("[a-z_\\]{1,8}":("[ -~]{0,9}"|[0-9eE.-]{1,4}|\[|\]|null),){0,4}"client_id":"demo-app"\}"#;
    let bodies = proptest::prop_oneof![
        form.prop_map(|body| (FORM, body)),
        json.prop_map(|body| (JSON, body)),
        "\\PC{0,60}".prop_map(|body| (JSON, body)),
    ];
    holds((endpoint(), bodies), |(endpoint, (media_type, body))| {
        let event = endpoint.event(&bench.tokens, media_type, &body);
        bench.assert_refused(&bench.answer(endpoint.path(), &event).unwrap());
    });
}

/// The members that the endpoint reads, if the body is readable.
fn known(endpoint: BodyEndpoint, body: &[u8]) -> Option<Value> {
    let parsed: Value = serde_json::from_slice(body).ok()?;
    let mut known: serde_json::Map<String, Value> = parsed.as_object()?.clone();
    let names =
        ["client_secret", "scope", "device_name", "refresh_token", "token", "everywhere", "grant_type"];
    let own = ["client_id", "username", "password", "current_password", "new_password", "token_type_hint"];
    known.retain(|name, _| names.contains(&name.as_str()) || own.contains(&name.as_str()));
    if endpoint == BodyEndpoint::Password {
        // Any new password is acceptable.
        known.remove("new_password");
    }
    Some(known.into())
}

#[test]
fn a_changed_body_is_refused_unless_it_says_the_same() {
    let bench = Bench::set();
    holds((endpoint(), Mutation::any()), |(endpoint, mutation)| {
        let valid = endpoint.json(&bench.tokens).to_string();
        let body = mutation.of(valid.as_bytes());
        let reply = bench.answer(endpoint.path(), &event(&bench, endpoint, JSON, &body)).unwrap();
        if reply.status != 200 {
            return bench.assert_refused(&reply);
        }
        let is_unknown_token = endpoint == BodyEndpoint::Logout && {
            // RFC 7009 section 2.2: an invalid token counts as already revoked.
            bench.wait(bench.api.stored()) == bench.stored
        };
        let same = known(endpoint, &body) == known(endpoint, valid.as_bytes());
        assert!(same || is_unknown_token, "{}", String::from_utf8_lossy(&body));
        bench.put_back();
    });
}

#[test]
fn the_order_of_parameters_does_not_matter_and_a_repeated_one_is_refused() {
    let bench = Bench::set();
    let inputs = endpoint().prop_flat_map(|endpoint| {
        let tokens = crate::harness::Tokens { access: String::new(), refresh: String::new() };
        let order: Vec<usize> = (0..endpoint.parameters(&tokens).len()).collect();
        (
            proptest::strategy::Just(endpoint),
            proptest::strategy::Just(order).prop_shuffle(),
            any::<Option<proptest::sample::Index>>(),
        )
    });
    holds(inputs, |(endpoint, order, repeated)| {
        let parameters = endpoint.parameters(&bench.tokens);
        let mut pairs: Vec<_> = order.into_iter().map(|i| parameters[i]).collect();
        if let Some(at) = &repeated {
            let pair = *at.get(&pairs);
            pairs.insert(at.index(pairs.len() + 1), pair);
        }
        let event = endpoint.event(&bench.tokens, FORM, &form(&pairs));
        let reply = bench.answer(endpoint.path(), &event).unwrap();
        if repeated.is_some() {
            reply.assert_error(400, "invalid_request");
            bench.assert_refused(&reply);
        } else {
            assert_eq!(reply.status, 200, "{reply:?}");
            bench.put_back();
        }
    });
}
