//! The engine that the tests use.

/// Whether the tests use DynamoDB Local.
#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which store to use")]
pub(super) fn is_dynamodb_local() -> bool {
    std::env::var_os("LATCHGATE_TEST_ENDPOINT").is_some()
}
