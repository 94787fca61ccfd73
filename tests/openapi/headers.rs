//! The headers of answers are exactly those that functions and gateway responses set.

use std::collections::BTreeSet;

use shared::dpop;

use super::code;
use crate::harness::openapi::DOCUMENT;

/// The files in which functions set headers.
const FILES: [&str; 5] = [
    "shared/src/http/reply.rs",
    "shared/src/http/endpoint.rs",
    "functions/metadata/src/flow.rs",
    "functions/authorize/src/pages/headers.rs",
    "functions/authorize/src/redirect.rs",
];
/// Headers that the files read from a request, and undocumented ones: `Content-Type` appears as a media type, and
/// `Allow` belongs to 405, which no operation has.
const OTHERS: [&str; 5] =
    ["authorization", "origin", "access-control-request-headers", "content-type", "allow"];
/// Headers of pages without a constant in these files, or set elsewhere.
const OF_PAGES: [&str; 2] = ["permissions-policy", "set-cookie"];
/// API Gateway's new name for one of their headers.
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
    expected.extend([REMAPPED, dpop::NONCE_HEADER].into_iter().chain(OF_PAGES).map(str::to_owned));
    assert_eq!(documented, expected);
}

#[test]
fn retry_after_is_documented_for_every_429_and_503() {
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
