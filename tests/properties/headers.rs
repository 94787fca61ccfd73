//! Request headers.

use proptest::{prelude::any, sample::select, strategy::Strategy};
use serde_json::json;

use super::{Bench, holds};
use crate::harness::{BodyEndpoint, PASSWORD};

/// A possible value in an event: text, of which HTTP allows visible characters, spaces and tabs.
fn value() -> impl Strategy<Value = String> {
    proptest::prop_oneof![
        "[\\t -~]{0,60}",
        "\\PC{0,30}",
        "(Basic|Bearer|basic) [A-Za-z0-9+/=]{0,40}",
        "(application|text)/[a-z+;= -]{0,40}",
    ]
}

#[test]
fn no_header_causes_a_panic_or_opens_a_way_in() {
    let bench = Bench::set();
    let names =
        ["Authorization", "Content-Type", "Idempotency-Key", "Origin", "User-Agent", "Cookie", "Host", "X-A"];
    let inputs = (select(&BodyEndpoint::ALL), select(names.to_vec()), value(), any::<bool>());
    holds(inputs, |(endpoint, name, value, is_in_both)| {
        let mut event = endpoint.form_event(&bench.tokens);
        event["headers"][name] = json!(value);
        if is_in_both || name == "Content-Type" {
            event["multiValueHeaders"][name] = json!([value]);
        }
        // The runtime refuses to read invalid header values.
        let Some(reply) = bench.answer(endpoint.path(), &event) else { return };
        assert!(!format!("{:?} {:?}", reply.headers, reply.body["error"]).contains(PASSWORD));
        if reply.status == 200 {
            let decides = match name {
                "Authorization" => endpoint != BodyEndpoint::Password,
                "Content-Type" => {
                    !value.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
                }
                _ => false,
            };
            assert!(!decides, "{name}: {value:?}");
            bench.put_back();
        } else {
            bench.assert_refused(&reply);
        }
    });
}
