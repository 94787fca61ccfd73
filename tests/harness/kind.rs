//! The kind of API that the tests run behind.

use std::sync::LazyLock;

use local::template::ApiKind;

/// A REST API by default. `cargo xtask http-api` selects an HTTP API.
#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which kind of API to use")]
pub(crate) static API_KIND: LazyLock<ApiKind> = LazyLock::new(|| match std::env::var("LATCHGATE_TEST_API") {
    Ok(kind) if kind == "http" => ApiKind::Http,
    Ok(other) => panic!("LATCHGATE_TEST_API is {other:?}, and may be http"),
    Err(_) => ApiKind::Rest,
});
