//! The Lambda authorizer: who may pass to the endpoints behind it.
//!
//! It verifies the access token and asks whether its session is over, in the way that `REVOCATION_CHECK` says. A refusal
//! that means "log in or refresh" is the error whose message is exactly `Unauthorized`, which API Gateway turns into a
//! 401; "not with this token" is a Deny, a 403; a failure of ours is any other error, a 500. Nothing else but a verified
//! token of a session that is not known to be over is an Allow.

mod answer;
mod call;
mod context;
mod denylist;
mod error;
mod event;
mod liveness;
mod policy;
mod revocation;
mod scope_rules;

use std::{sync::Arc, time::Duration};

use lambda_http::{LambdaEvent, lambda_runtime::Diagnostic};
use serde_json::Value;
use shared::{
    aborted,
    audit::{Event, FunctionLog, Invocation, RequestLog},
    cached::Cached,
    clock::{Clock, Timestamp},
    context::{Context, StartError},
    environment::variable,
    http::chain,
    store::PublishedKeys,
    tokens::{AccessToken, AccessTokenVerifier, Audience},
};

pub use self::{
    answer::Answer,
    call::Stage,
    denylist::{INTERVAL as DENYLIST_INTERVAL, OVERLAP as DENYLIST_OVERLAP},
    error::AuthorizerError,
    policy::Policy,
    scope_rules::{ScopeDefault, ScopeRule, ScopeRules},
};
use self::{
    context::ContextClaims,
    event::{AuthorizationRequest, Wanted},
    revocation::RevocationCheck,
};

/// API Gateway and AppSync cache a decision for an hour at most, in seconds.
const MAX_CACHE_TTL: u64 = 3600;

/// The function.
#[derive(Debug)]
pub struct Authorizer {
    verifier: AccessTokenVerifier,
    keys: Cached<PublishedKeys>,
    revocation: RevocationCheck,
    rules: ScopeRules,
    claims: ContextClaims,
    cache_ttl: Duration,
    log: FunctionLog,
    clock: Arc<dyn Clock>,
}

impl Authorizer {
    /// Starts the function, with a first copy of the published keys, and of the denylist where that is asked.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or makes no sense. What can't be read now is read at the first
    /// request.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        let authorizer = Self {
            verifier: AccessTokenVerifier::new(environment)?,
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            revocation: RevocationCheck::new(environment, dynamodb)?,
            rules: ScopeRules::from_environment(environment)?,
            claims: ContextClaims::from_environment(environment),
            cache_ttl: environment.seconds(variable::CACHE_TTL, Duration::ZERO, 0..=MAX_CACHE_TTL)?,
            log: FunctionLog::new("authorizer", context),
            clock: clock.clone(),
        };
        let now = clock.now();
        let (keys, prepared) = tokio::join!(authorizer.keys.current(now), authorizer.revocation.prepare(now));
        if let Err(error) = keys.map(drop).map_err(AuthorizerError::from).and(prepared.map_err(Into::into)) {
            tracing::error!(function = "authorizer", reason = chain(&error), "started without all it needs");
        }
        Ok(authorizer)
    }

    /// Decides about one request that Lambda brings.
    ///
    /// # Errors
    ///
    /// What API Gateway is told, if it is refused, or the decision failed: nothing else than that, and by a panic least
    /// of all, of which the runtime would hand on what it says.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
        let LambdaEvent { payload, context, .. } = event;
        // On the heap: it is nested so deeply that the compiler gives up on the whole.
        let deciding = Box::pin(self.decide(payload, Some(context.request_id)));
        let decided = aborted::caught(deciding).await;
        decided.unwrap_or_else(|panic| Err(panic.into())).map_err(Diagnostic::from)
    }

    /// Decides about one request, and logs what it decided.
    ///
    /// # Errors
    ///
    /// [`AuthorizerError`], if it is refused in the way of API Gateway, or the decision failed.
    pub async fn handle(&self, event: Value) -> Result<Answer, AuthorizerError> {
        self.decide(event, None).await
    }

    async fn decide(
        &self,
        event: Value,
        lambda_request_id: Option<String>,
    ) -> Result<Answer, AuthorizerError> {
        let log = self.log.begin(Invocation::of_event(&event, lambda_request_id));
        let mut wanted = None;
        let flow = async {
            let request = AuthorizationRequest::parse(event)?;
            let decided = self.authorize(&request, &log).await;
            wanted = Some(request.wanted);
            decided
        };
        let decided = log.carry_out(Box::pin(flow)).await.unwrap_or_else(|aborted| Err(aborted.into()));
        match decided {
            Ok(answer) => {
                log.outcome(Event::AccessAllowed);
                log.answered(None);
                Ok(answer)
            }
            Err(error) => {
                log.refused(&error.ending());
                match wanted {
                    Some(Wanted::AppSync) if error.is_refusal() => Ok(Answer::app_sync_refusal()),
                    _ => Err(error),
                }
            }
        }
    }

    async fn authorize(
        &self,
        request: &AuthorizationRequest,
        log: &RequestLog,
    ) -> Result<Answer, AuthorizerError> {
        let now = self.clock.now();
        let token = self.verify(request, log, now).await?;
        log.withheld(self.rules.unmet(&token.scope).count());
        self.answer(&request.wanted, &token, now)
    }

    /// The token of the request, if it is valid and its session is not known to be over. One that is not valid says
    /// nothing of whose it is.
    async fn verify(
        &self,
        request: &AuthorizationRequest,
        log: &RequestLog,
        now: Timestamp,
    ) -> Result<AccessToken, AuthorizerError> {
        let text = request.token().ok_or(AuthorizerError::NoBearer)?;
        let keys = self.keys.current(now).await?;
        let token = self.verifier.verify(text, &keys, now)?;
        log.session(&token.session);
        if self.revocation.is_over(&token, now).await? {
            return Err(AuthorizerError::SessionEnded);
        }
        Ok(token)
    }

    fn answer(
        &self,
        wanted: &Wanted,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Answer, AuthorizerError> {
        let context = self.claims.context(token)?;
        let is_for_api = token.audience == Audience::Api;
        match wanted {
            Wanted::Policy(stage) => Ok(Answer::Policy(Policy::new(stage, &self.rules, token, context)?)),
            // A yes to these is a yes to everything, which is more than a token for a change of password may have.
            Wanted::Simple => {
                let is_permitted = is_for_api && self.rules.permit_everything(&token.scope);
                Ok(Answer::simple(is_permitted, context))
            }
            Wanted::AppSync if !is_for_api => Ok(Answer::app_sync_refusal()),
            Wanted::AppSync => Ok(Answer::app_sync(context, self.cache_ttl.min(token.expires_at.since(now)))),
        }
    }
}
