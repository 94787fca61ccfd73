//! The stacks of `examples/consumer` that put a server behind the authorizer. They map the same headers as the local
//! server, so that a server's code runs unchanged in both places.

use std::collections::BTreeMap;

use local::{
    gateway::{CONTEXT_HEADERS, default_timeout},
    template::ApiKind,
};
use serde_yaml_ng::Value;
use shared::route;

fn definition(template: &str) -> Value {
    let template: Value = serde_yaml_ng::from_str(template).unwrap();
    template["Resources"]["Api"]["Properties"]["DefinitionBody"].clone()
}

/// The header mappings of an integration, with the text around each name removed.
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

/// The methods of the paths to the server: all except the metadata's well-known paths.
fn to_the_server(definition: &Value) -> [&Value; 2] {
    let paths = definition["paths"].as_mapping().unwrap();
    let names: Vec<_> = paths.keys().map(|path| path.as_str().unwrap()).collect();
    let metadata =
        [route::PROTECTED_RESOURCE.to_owned(), format!("{}/{{proxy+}}", route::PROTECTED_RESOURCE)];
    assert_eq!(names, ["/", "/{proxy+}", metadata[0].as_str(), metadata[1].as_str()]);
    ["/", "/{proxy+}"].map(|path| &paths[path])
}

#[test]
fn a_rest_api_maps_the_same_headers_and_streams() {
    let definition = definition(include_str!("../../examples/consumer/server-rest/template.yaml"));
    for methods in to_the_server(&definition) {
        let integration = &methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
        assert_is_ours(integration, ApiKind::Rest, ["integration.request.header.", "context.authorizer."]);
        assert_eq!(integration["responseTransferMode"], "STREAM");
    }
}

#[test]
fn an_http_api_maps_the_same_headers() {
    let definition = definition(include_str!("../../examples/consumer/server-http/template.yaml"));
    for methods in to_the_server(&definition) {
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
