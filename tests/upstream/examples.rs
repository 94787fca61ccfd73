//! The stacks of `examples/consumer` that put a server behind the authorizer: they map what is mapped here, so that a
//! server's code runs the same in both places.

use std::collections::BTreeMap;

use local::{
    gateway::{CONTEXT_HEADERS, default_timeout},
    template::ApiKind,
};
use serde_yaml_ng::Value;

fn definition(template: &str) -> Value {
    let template: Value = serde_yaml_ng::from_str(template).unwrap();
    template["Resources"]["Api"]["Properties"]["DefinitionBody"].clone()
}

/// What of an integration's mapping is about headers, without what stands before and after each name.
fn headers(integration: &Value, before: [&str; 2]) -> BTreeMap<String, String> {
    let mapping = integration["requestParameters"].as_mapping().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mapping = mapping.iter().map(|(name, value)| (text(name), text(value)));
    let headers = mapping.filter_map(|(name, value)| {
        Some((name.strip_prefix(before[0])?.to_owned(), value.strip_prefix(before[1])?.to_owned()))
    });
    headers.collect()
}

fn assert_is_ours(integration: &Value, kind: ApiKind, before: [&str; 2]) {
    let expected = CONTEXT_HEADERS.map(|(name, member)| (name.to_owned(), member.to_owned()));
    assert_eq!(headers(integration, before), expected.into(), "{kind:?}");
    let timeout = integration["timeoutInMillis"].as_u64().unwrap();
    assert_eq!(u128::from(timeout), default_timeout(kind).as_millis(), "{kind:?}");
    assert_eq!(integration["type"], "http_proxy");
}

#[test]
fn a_rest_api_maps_the_same_headers_and_streams() {
    let definition = definition(include_str!("../../examples/consumer/server-rest/template.yaml"));
    let paths = definition["paths"].as_mapping().unwrap();
    assert_eq!(paths.keys().map(|path| path.as_str().unwrap()).collect::<Vec<_>>(), ["/", "/{proxy+}"]);
    for methods in paths.values() {
        let integration = &methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
        assert_is_ours(integration, ApiKind::Rest, ["integration.request.header.", "context.authorizer."]);
        assert_eq!(integration["responseTransferMode"], "STREAM");
    }
}

#[test]
fn an_http_api_maps_the_same_headers() {
    let definition = definition(include_str!("../../examples/consumer/server-http/template.yaml"));
    let paths = definition["paths"].as_mapping().unwrap();
    assert_eq!(paths.keys().map(|path| path.as_str().unwrap()).collect::<Vec<_>>(), ["/", "/{proxy+}"]);
    for methods in paths.values() {
        let names: Vec<_> = methods.as_mapping().unwrap().keys().map(|m| m.as_str().unwrap()).collect();
        assert_eq!(names, ["get", "head", "post", "put", "patch", "delete"]);
        for method in methods.as_mapping().unwrap().values() {
            let integration = &method["x-amazon-apigateway-integration"]["$ref"];
            assert_eq!(integration, "#/components/x-amazon-apigateway-integrations/server");
        }
    }
    let integration = &definition["components"]["x-amazon-apigateway-integrations"]["server"];
    assert_is_ours(integration, ApiKind::Http, ["overwrite:header.", "$context.authorizer."]);
    assert_eq!(integration["requestParameters"]["overwrite:path"], "$request.path");
}
