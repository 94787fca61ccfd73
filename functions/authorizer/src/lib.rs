//! The Lambda authorizer, which guards the endpoints behind it.
//!
//! It verifies the access token and checks whether its session is over, as `REVOCATION_CHECK` says. There are
//! three kinds of refusals:
//!
//! - "Log in or refresh" is an error with exactly the message `Unauthorized`, which API Gateway turns into a
//!   401.
//! - "Not with this token" is a Deny, a 403.
//! - A failure of ours is any other error, a 500.
//!
//! Only a verified token whose session is not known to be over gets an Allow. If there are scope rules, the
//! call also has to be in its normal form.

mod answer;
mod call;
mod context;
mod credential;
mod denylist;
mod error;
mod flow;
mod liveness;
mod path;
mod pattern;
mod policy;
mod proof_request;
mod pull;
mod replay;
mod request;
mod revocation;
mod scope_rules;
mod spellings;
mod verdict;

use std::{sync::Arc, time::Duration};

use lambda_http::{LambdaEvent, lambda_runtime::Diagnostic};
use serde_json::Value;
use shared::{
    cached::Cached,
    clock::Clock,
    context::{Context, StartError},
    dpop::{self, Address},
    environment::variable,
    error::chain,
    keys::PublishedKeys,
    log::{Event, FunctionLog, Invocation, RequestLog},
    tokens::AccessTokenVerifier,
};

pub use self::verdict::refusal;
pub use self::{
    answer::Answer,
    call::Stage,
    denylist::INTERVAL as DENYLIST_INTERVAL,
    error::AuthorizerError,
    path::NormalPath,
    policy::Policy,
    scope_rules::{ScopeDefault, ScopeRule, ScopeRules},
};
use self::{answer::Decision, context::ContextClaims, replay::ReplayCheck, revocation::RevocationCheck};

/// The longest time that API Gateway and AppSync cache a decision, in seconds.
const MAX_CACHE_TTL: u64 = 3600;

/// The function.
#[derive(Debug)]
pub struct Authorizer {
    verifier: AccessTokenVerifier,
    keys: Cached<PublishedKeys>,
    revocation: RevocationCheck,
    /// The APIs' base URLs, besides those that API Gateway reports.
    origins: Vec<Address>,
    replay: ReplayCheck,
    rules: ScopeRules,
    claims: ContextClaims,
    cache_ttl: Duration,
    log: FunctionLog,
    clock: Arc<dyn Clock>,
}

impl Authorizer {
    /// Starts the function with a first copy of the published keys, and of the denylist if it is used.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or malformed. If a read fails now, the first request
    /// repeats it.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, random, .. } = context;
        let authorizer = Self {
            verifier: AccessTokenVerifier::new(environment)?,
            keys: Cached::new(PublishedKeys::new(environment, dynamodb)?),
            revocation: RevocationCheck::new(environment, dynamodb)?,
            origins: dpop::origins(environment)?,
            replay: ReplayCheck::new(environment, dynamodb, random)?,
            rules: policy::evaluable(ScopeRules::from_environment(environment)?)?,
            claims: ContextClaims::from_environment(environment)?,
            cache_ttl: environment.seconds(variable::CACHE_TTL, Duration::ZERO, 0..=MAX_CACHE_TTL)?,
            log: FunctionLog::new("authorizer", context)?.with_prefix("access"),
            clock: clock.clone(),
        };
        let now = clock.now();
        let (keys, prepared) = tokio::join!(authorizer.keys.current(now), authorizer.revocation.prepare(now));
        if let Err(error) = keys.map(drop).map_err(AuthorizerError::from).and(prepared.map_err(Into::into)) {
            tracing::error!(function = "authorizer", reason = chain(&error), "started without all it needs");
        }
        Ok(authorizer)
    }

    /// Decides about a request from Lambda.
    ///
    /// # Errors
    ///
    /// The message for API Gateway, if the request is refused or the decision fails.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Answer, Diagnostic> {
        Ok(self.handle(event.payload, Some(event.context.request_id)).await?)
    }

    /// Decides about a request, and logs the decision. The second parameter is Lambda's identifier of the
    /// request.
    ///
    /// # Errors
    ///
    /// [`AuthorizerError`], if API Gateway has to be refused by an error, or the decision fails.
    pub async fn handle(
        &self,
        event: Value,
        lambda_request_id: Option<String>,
    ) -> Result<Answer, AuthorizerError> {
        let log = RequestLog::begin(&self.log, Invocation::of_event(&event, lambda_request_id));
        match log.carry_out(Box::pin(self.authorize(event, &log))).await {
            Ok(Decision { verdict, refusal, answer }) => {
                match verdict.ending(refusal) {
                    None => {
                        log.outcome(Event::AccessAllowed);
                        log.answered(None);
                    }
                    Some(ending) => log.refused(&ending),
                }
                Ok(answer)
            }
            Err(error) => {
                log.refused(&error.ending());
                match error {
                    AuthorizerError::RefusedForAppSync(_) => Ok(Answer::app_sync_refusal()),
                    error => Err(error),
                }
            }
        }
    }
}
