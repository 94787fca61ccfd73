//! Why API Gateway answers for itself.

/// A request that no function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such path, or it doesn't have that method.
    NoRoute,
    /// The caller didn't say who it is, or the authorizer failed with `Unauthorized`.
    Unauthorized,
    /// The authorizer's policy doesn't allow it.
    Denied,
    /// The authorizer failed otherwise.
    AuthorizerFailed,
    /// What the authorizer answered is not a policy.
    AuthorizerMalformed,
    /// The body is larger than API Gateway takes.
    TooLarge,
    /// The body didn't come whole.
    BodyUnread,
    /// The function failed, or its event could not be made.
    Integration,
}
