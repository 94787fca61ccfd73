//! The authorizer's answer, in the format of its caller.

use std::time::Duration;

use serde::Serialize;

use crate::{context::AuthorizerContext, policy::Policy, verdict::Verdict};

/// The decision about a request.
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    /// Why the token doesn't allow the call, if it doesn't.
    pub(crate) refusal: &'static str,
    pub(crate) answer: Answer,
}

/// The output of the authorizer.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// For REST, HTTP and WebSocket APIs: an IAM policy.
    Policy(Policy),
    /// For HTTP APIs with simple responses: yes or no, for any call.
    Simple(SimpleResponse),
    /// For AppSync.
    AppSync(AppSyncResponse),
}

/// A yes or no.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimpleResponse {
    is_authorized: bool,
    context: AuthorizerContext,
}

/// A yes or no, and how long AppSync may cache it.
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

    /// A refusal for AppSync, which has no error for that. It isn't cached: the user may log in a second
    /// later.
    pub(crate) fn app_sync_refusal() -> Self {
        let resolver_context = AuthorizerContext::default();
        Self::AppSync(AppSyncResponse { is_authorized: false, resolver_context, ttl_override: 0 })
    }
}
