//! Events of the authorizer and the functions: arbitrary JSON, and JSON similar to an event.

use authorizer::Authorizer;
use proptest::{
    collection::{btree_map, vec},
    prelude::any,
    sample::Index,
    strategy::{BoxedStrategy, Just, Strategy},
};
use serde_json::{Map, Value, json};

use super::{Bench, holds};
use crate::harness::BodyEndpoint;

/// Arbitrary JSON, with some of the names in events.
fn any_json() -> BoxedStrategy<Value> {
    let leaf = proptest::prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "(TOKEN|REQUEST|1\\.0|2\\.0|Bearer [a-z.]{0,9}|arn:aws:execute-api:[a-z:/*0-9]{0,30})"
            .prop_map(Value::from),
    ];
    let name = "type|version|authorizationToken|methodArn|routeArn|headers|multiValueHeaders|requestContext|apiId|[a-z]{1,6}";
    let tree = leaf.prop_recursive(4, 24, 6, move |inner| {
        proptest::prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(name, inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    });
    tree.boxed()
}

/// The value with one of its parts replaced.
fn replaced(value: &Value, at: Index, by: &Value) -> Value {
    fn parts(value: &Value, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(values) => {
                values.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect()
            }
            _ => vec![],
        };
        for (name, value) in members {
            parts(value, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }
    }
    let (mut value, mut found) = (value.clone(), Vec::new());
    parts(&value, "", &mut found);
    *value.pointer_mut(&found[at.index(found.len())]).unwrap() = by.clone();
    value
}

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders";

/// Events whose token is accepted.
fn passing(token: &str) -> [Value; 3] {
    let header = format!("Bearer {token}");
    let request = json!({
        "type": "REQUEST", "methodArn": ARN, "headers": { "Authorization": header },
        "multiValueHeaders": { "Authorization": [header] }, "requestContext": { "apiId": "a1b2c3" },
    });
    let http = json!({ "version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": { "authorization": header } });
    [json!({ "type": "TOKEN", "authorizationToken": header, "methodArn": ARN }), request, http]
}

fn is_allow(answer: &Value) -> bool {
    answer["policyDocument"]["Statement"][0]["Effect"] == "Allow" || answer["isAuthorized"] == true
}

impl Bench {
    fn ask(&self, authorizer: &Authorizer, event: Value) -> Option<Value> {
        self.wait(authorizer.handle(event, None)).ok().map(|answer| serde_json::to_value(answer).unwrap())
    }
}

#[test]
fn the_authorizer_allows_no_arbitrary_json() {
    let bench = Bench::set();
    let authorizer = bench.wait(Authorizer::start(&bench.api.context("authorizer"))).unwrap();
    holds(any_json(), |event| {
        assert!(!bench.ask(&authorizer, event).is_some_and(|answer| is_allow(&answer)));
    });
}

#[test]
fn a_changed_authorizer_event_is_allowed_only_with_its_token_and_stage() {
    let bench = Bench::set();
    let token = bench.tokens.access.clone();
    let authorizer = bench.wait(Authorizer::start(&bench.api.context("authorizer"))).unwrap();
    for event in passing(&token) {
        assert!(
            bench.ask(&authorizer, event).is_some_and(|answer| is_allow(&answer)),
            "they pass as they are"
        );
    }
    holds((0..3_usize, any::<Index>(), any_json()), |(which, at, by)| {
        let event = replaced(&passing(&token)[which], at, &by);
        let Some(answer) = bench.ask(&authorizer, event.clone()) else { return };
        if is_allow(&answer) {
            assert!(event.to_string().contains(&token) && event.to_string().contains(ARN), "{event}");
            let allowed = &answer["policyDocument"]["Statement"][0]["Resource"];
            assert_eq!(*allowed, json!(["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*"]));
        }
    });
}

#[test]
fn a_changed_event_causes_no_panic_and_no_failure_except_without_authorizer() {
    let bench = Bench::set();
    let inputs = (proptest::sample::select(&BodyEndpoint::ALL), any::<Index>(), any_json());
    holds(inputs, |(endpoint, at, by)| {
        let event = replaced(&endpoint.form_event(&bench.tokens), at, &by);
        // The runtime doesn't read JSON that isn't similar to an event.
        let Some(reply) = bench.answer(endpoint.path(), &event) else { return };
        if reply.status >= 400 {
            reply.assert_error(reply.status, reply.body["error"].as_str().unwrap());
        }
        let is_deployed_wrongly = endpoint == BodyEndpoint::Password && reply.status == 500;
        assert!(reply.status < 500 || is_deployed_wrongly, "{event}: {reply:?}");
        bench.put_back();
    });
}
