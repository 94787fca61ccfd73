//! The flow of a decision, top to bottom.

use serde_json::Value;
use shared::{
    clock::Timestamp,
    log::RequestLog,
    tokens::{Access, AccessToken},
};

use crate::{
    Answer, Authorizer, AuthorizerError, Policy,
    answer::Decision,
    call::{Call, Target},
    request::{AnswerShape, AuthorizationRequest},
    verdict::{Verdict, refusal},
};

impl Authorizer {
    pub(crate) async fn authorize(
        &self,
        event: Value,
        log: &RequestLog,
    ) -> Result<Decision, AuthorizerError> {
        let request = AuthorizationRequest::parse(event)?;
        let decided = self.decide(&request, log).await;
        decided.map_err(|error| match request.shape {
            AnswerShape::AppSync if error.is_refusal() => AuthorizerError::RefusedForAppSync(Box::new(error)),
            _ => error,
        })
    }

    async fn decide(
        &self,
        request: &AuthorizationRequest,
        log: &RequestLog,
    ) -> Result<Decision, AuthorizerError> {
        let now = self.clock.now();
        let token = self.verify(request, log, now).await?;
        log.withheld(self.rules.unmet(&token.scope).count());
        let verdict = self.verdict(request, &token);
        let answer = self.answer(request, verdict, &token, now)?;
        Ok(Decision { verdict, refusal: self.refusal(request, &token), answer })
    }

    /// Why the token doesn't allow the call, if it is that. Only the log tells.
    fn refusal(&self, request: &AuthorizationRequest, token: &AccessToken) -> &'static str {
        match token.access {
            Access::PasswordChange => refusal::PASSWORD_CHANGE,
            Access::Api if self.rules.name_none(request.target.as_ref()) => refusal::NO_RULE,
            Access::Api => refusal::SCOPE,
        }
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

    /// Whether the token allows the call. A yes without a policy is a yes to everything, which is more than one call.
    fn verdict(&self, request: &AuthorizationRequest, token: &AccessToken) -> Verdict {
        let target = request.target.as_ref();
        match (token.access, &request.shape) {
            (Access::PasswordChange, AnswerShape::Policy(_))
                if target.is_some_and(Target::is_password_change) =>
            {
                Verdict::Allowed
            }
            (Access::PasswordChange, _) => Verdict::InsufficientScope,
            (Access::Api, AnswerShape::Policy(_)) => self.rules.decide(target, &token.scope),
            (Access::Api, AnswerShape::Simple) => match self.rules.decide(target, &token.scope) {
                Verdict::Allowed if !self.rules.permit_everything(&token.scope) => Verdict::InsufficientScope,
                verdict => verdict,
            },
            // Its fields have no paths that rules could name.
            (Access::Api, AnswerShape::AppSync) => Verdict::Allowed,
        }
    }

    fn answer(
        &self,
        request: &AuthorizationRequest,
        verdict: Verdict,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Answer, AuthorizerError> {
        let context = self.claims.context(token)?;
        match &request.shape {
            AnswerShape::Policy(stage) => {
                let call = Call { stage, target: request.target.as_ref(), verdict };
                Ok(Answer::Policy(Policy::new(&call, &self.rules, token, context)?))
            }
            AnswerShape::Simple => Ok(Answer::simple(verdict == Verdict::Allowed, context)),
            AnswerShape::AppSync if verdict != Verdict::Allowed => Ok(Answer::app_sync_refusal()),
            AnswerShape::AppSync => {
                Ok(Answer::app_sync(context, self.cache_ttl.min(token.expires_at.since(now))))
            }
        }
    }
}
