//! What the caller of the authorizer is told, in the shape that it takes.

use std::time::Duration;

use serde::Serialize;

use crate::{context::AuthorizerContext, policy::Policy, verdict::Verdict};

/// What a request comes to.
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    /// Why the token doesn't allow the call, if it is that.
    pub(crate) refusal: &'static str,
    pub(crate) answer: Answer,
}

/// The output of the authorizer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// For REST, HTTP and WebSocket APIs: an IAM policy.
    Policy(Policy),
    /// For HTTP APIs that enabled simple responses: yes or no, for whatever the caller calls.
    Simple(SimpleResponse),
    /// For AppSync.
    AppSync(AppSyncResponse),
}

/// Yes or no.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimpleResponse {
    is_authorized: bool,
    context: AuthorizerContext,
}

/// Yes or no, and for how long AppSync may remember it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSyncResponse {
    is_authorized: bool,
    #[serde(skip_serializing_if = "AuthorizerContext::is_empty")]
    resolver_context: AuthorizerContext,
    /// In seconds.
    ttl_override: u64,
}

impl Answer {
    pub(crate) fn simple(is_authorized: bool, context: AuthorizerContext) -> Self {
        Self::Simple(SimpleResponse { is_authorized, context })
    }

    pub(crate) fn app_sync(resolver_context: AuthorizerContext, cache_ttl: Duration) -> Self {
        let ttl_override = cache_ttl.as_secs();
        Self::AppSync(AppSyncResponse { is_authorized: true, resolver_context, ttl_override })
    }

    /// AppSync has no error for a refusal. It is not remembered: the next login may be a second away.
    pub(crate) fn app_sync_refusal() -> Self {
        let resolver_context = AuthorizerContext::default();
        Self::AppSync(AppSyncResponse { is_authorized: false, resolver_context, ttl_override: 0 })
    }
}
