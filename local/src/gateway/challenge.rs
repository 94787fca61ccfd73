//! The `WWW-Authenticate` challenge of an API in front of a server of yours.

use shared::{dpop, resource::Resource};

use super::Failure;

/// The challenge of a REST API for this resource, if the failure is one of authorization. Its text is fixed, whatever
/// was wrong (RFC 9728 section 5.1, RFC 6750 section 3), as in `examples/consumer`.
pub(super) fn challenge(failure: Failure, resource: &Resource, metadata: &str) -> Option<String> {
    let error = match failure {
        Failure::Unauthorized => "",
        Failure::Denied => r#", error="insufficient_scope""#,
        _ => return None,
    };
    let scope = resource.scopes.to_text().map_or_else(String::new, |scope| format!(r#", scope="{scope}""#));
    let algorithms = dpop::ALGORITHMS.join(" ");
    Some(format!(
        r#"Bearer realm="latchgate"{error}{scope}, resource_metadata="{metadata}", DPoP algs="{algorithms}"{error}"#
    ))
}
