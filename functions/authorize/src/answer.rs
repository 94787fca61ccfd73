//! A user's answer to a question about a client.

/// A user's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The client may have what it asks for.
    Allow,
    /// The user has just used this client, and continues to it.
    Continue,
    /// The user refuses, whichever the question.
    Deny,
}
