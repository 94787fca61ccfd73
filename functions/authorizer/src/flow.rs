//! The flow of a decision, top to bottom.

use serde_json::Value;
use shared::{
    clock::Timestamp,
    log::RequestLog,
    tokens::{Access, AccessToken},
};

use crate::{
    Answer, Authorizer, AuthorizerError, Policy,
    request::{AnswerShape, AuthorizationRequest},
};

impl Authorizer {
    pub(crate) async fn authorize(&self, event: Value, log: &RequestLog) -> Result<Answer, AuthorizerError> {
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
    ) -> Result<Answer, AuthorizerError> {
        let now = self.clock.now();
        let token = self.verify(request, log, now).await?;
        log.withheld(self.rules.unmet(&token.scope).count());
        self.answer(&request.shape, &token, now)
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
        shape: &AnswerShape,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Answer, AuthorizerError> {
        let context = self.claims.context(token)?;
        let is_for_api = token.access == Access::Api;
        match shape {
            AnswerShape::Policy(stage) => {
                Ok(Answer::Policy(Policy::new(stage, &self.rules, token, context)?))
            }
            // A yes to these is a yes to everything, which is more than a token for a change of password may have.
            AnswerShape::Simple => {
                let is_permitted = is_for_api && self.rules.permit_everything(&token.scope);
                Ok(Answer::simple(is_permitted, context))
            }
            AnswerShape::AppSync if !is_for_api => Ok(Answer::app_sync_refusal()),
            AnswerShape::AppSync => {
                Ok(Answer::app_sync(context, self.cache_ttl.min(token.expires_at.since(now))))
            }
        }
    }
}
