//! The headers of answers: those that functions and gateway responses set, and no others.

use std::collections::BTreeSet;

use super::code;
use crate::harness::openapi::DOCUMENT;

/// Where functions set headers.
const FILES: [&str; 3] =
    ["shared/src/http/reply.rs", "shared/src/http/endpoint.rs", "functions/metadata/src/flow.rs"];
/// What they read of a request there; and what isn't documented: `Content-Type` stands as a media type, and `Allow` is of a 405, which
/// no operation has.
const OTHERS: [&str; 5] =
    ["authorization", "origin", "access-control-request-headers", "content-type", "allow"];
/// What API Gateway makes of a header of theirs.
const REMAPPED: &str = "x-amzn-remapped-www-authenticate";

fn of_functions() -> BTreeSet<String> {
    let constants = FILES.iter().flat_map(|file| code::named_after(&code::read(file), "header::"));
    let constants = constants.filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
    let names = constants.map(|constant| constant.to_lowercase().replace('_', "-"));
    names.filter(|name| !OTHERS.contains(&name.as_str())).collect()
}

fn of_template() -> BTreeSet<String> {
    let template: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    let responses = template["Resources"]["Api"]["Properties"]["GatewayResponses"].as_mapping().unwrap();
    let headers = responses
        .values()
        .flat_map(|response| response["ResponseParameters"]["Headers"].as_mapping().unwrap());
    headers.map(|(name, _)| name.as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn every_header_that_is_set_is_documented_and_no_other() {
    let responses = DOCUMENT.operations.iter().flat_map(|operation| operation.responses.values());
    let documented: BTreeSet<String> =
        responses.flat_map(|response| response.headers.keys().cloned()).collect();
    let mut expected = &of_functions() | &of_template();
    expected.insert(REMAPPED.to_owned());
    assert_eq!(documented, expected);
}

#[test]
fn whoever_is_told_to_try_again_is_told_when() {
    for operation in &DOCUMENT.operations {
        for (status, response) in &operation.responses {
            let says_when = response.headers.contains_key("retry-after");
            let is_any_error_of_head = operation.method == "HEAD" && *status >= 400;
            assert_eq!(
                says_when,
                is_any_error_of_head || [429, 503].contains(status),
                "{} {status}",
                operation.path
            );
        }
    }
}
