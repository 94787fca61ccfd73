//! The flow of a decision, top to bottom.

use std::time::Duration;

use serde_json::Value;
use shared::{
    clock::Timestamp,
    dpop::{Proof, ProofError},
    log::RequestLog,
    tokens::{Access, AccessToken},
};

use crate::{
    Answer, Authorizer, AuthorizerError, Policy,
    answer::Decision,
    call::Target,
    credential::{Credential, Scheme},
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

    /// Why the token doesn't allow the call, if it doesn't. Only the log has the reason.
    fn refusal(&self, request: &AuthorizationRequest, token: &AccessToken) -> &'static str {
        match token.access {
            Access::PasswordChange => refusal::PASSWORD_CHANGE,
            Access::Api if self.rules.name_none(request.target.as_ref()) => refusal::NO_RULE,
            Access::Api => refusal::SCOPE,
        }
    }

    /// Returns the token of the request, if it is valid and its session is not known to be over. An invalid
    /// token doesn't identify its user.
    async fn verify(
        &self,
        request: &AuthorizationRequest,
        log: &RequestLog,
        now: Timestamp,
    ) -> Result<AccessToken, AuthorizerError> {
        let credential = request.credential.as_ref().ok_or(AuthorizerError::NoToken)?;
        let keys = self.keys.current(now).await?;
        // A token is valid only at the API that it was issued for. Otherwise one API could use it at another
        // in the user's name (RFC 8707 section 2.2).
        let token = match &request.resource {
            Some(resource) => self.verifier.verify_for(resource, credential.token(), &keys, now)?,
            None => self.verifier.verify(credential.token(), &keys, now)?,
        };
        log.session(&token.session);
        let proof = self.prove(request, credential, &token, now)?;
        if self.revocation.is_over(&token, now).await? {
            return Err(AuthorizerError::SessionEnded);
        }
        // Last, since this may write: a request that is refused anyway leaves nothing.
        if let Some(proof) = proof
            && !self.replay.is_first(&proof, now).await?
        {
            return Err(AuthorizerError::ProofReplayed);
        }
        Ok(token)
    }

    /// Checks the proof by the key that the token is bound to. A bound token needs the scheme `DPoP`, and an
    /// unbound one `Bearer` (RFC 9449 sections 7.1 and 7.2). So a stolen bound token is useless as a bearer
    /// token.
    fn prove(
        &self,
        request: &AuthorizationRequest,
        credential: &Credential,
        token: &AccessToken,
        now: Timestamp,
    ) -> Result<Option<Proof>, AuthorizerError> {
        let jkt = match (credential.scheme, token.jkt) {
            (Scheme::Bearer, None) => return Ok(None),
            (Scheme::Dpop, Some(jkt)) => jkt,
            (Scheme::Bearer, Some(_)) => return Err(AuthorizerError::BoundAsBearer),
            (Scheme::Dpop, None) => return Err(AuthorizerError::UnboundAsDpop),
        };
        let proofs = request.proof.as_ref().filter(|request| !request.proofs.is_empty());
        let proof = proofs.ok_or(AuthorizerError::NoProof)?.verify(credential.token(), &self.origins)?;
        if proof.key != jkt {
            return Err(AuthorizerError::OtherKey);
        }
        // The authorizer has no secret for nonces, so it checks the time.
        if !proof.is_of(now) {
            return Err(ProofError::Time.into());
        }
        Ok(Some(proof))
    }

    /// Whether the token allows the call. Without a policy, a yes allows all calls.
    fn verdict(&self, request: &AuthorizationRequest, token: &AccessToken) -> Verdict {
        let target = request.target.as_ref();
        match (token.access, &request.shape) {
            (Access::PasswordChange, AnswerShape::Policy(_))
                if target.is_some_and(Target::is_password_change) =>
            {
                Verdict::Allowed
            }
            (Access::PasswordChange, _) => Verdict::InsufficientScope,
            (Access::Api, AnswerShape::Policy(stage)) => match self.rules.decide(target, &token.scope) {
                // The policy of a bound token names only this call, so a policy has to be able to name it.
                Verdict::Allowed
                    if token.jkt.is_some() && !request.call(stage, Verdict::Allowed).is_nameable() =>
                {
                    Verdict::PathNotNormal
                }
                verdict => verdict,
            },
            (Access::Api, AnswerShape::Simple) => match self.rules.decide(target, &token.scope) {
                Verdict::Allowed if !self.rules.permit_everything(&token.scope) => Verdict::InsufficientScope,
                verdict => verdict,
            },
            // AppSync's fields have no paths that rules could name.
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
                let call = request.call(stage, verdict);
                Ok(Answer::Policy(Policy::new(&call, &self.rules, token, context)?))
            }
            AnswerShape::Simple => Ok(Answer::simple(verdict == Verdict::Allowed, context)),
            AnswerShape::AppSync if verdict != Verdict::Allowed => Ok(Answer::app_sync_refusal()),
            AnswerShape::AppSync => {
                // A cached decision would also answer for requests with another proof, or none.
                let cache_ttl = if token.jkt.is_some() { Duration::ZERO } else { self.cache_ttl };
                Ok(Answer::app_sync(context, cache_ttl.min(token.expires_at.since(now))))
            }
        }
    }
}
