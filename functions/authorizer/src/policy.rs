//! An IAM policy that stays right when it is cached.
//!
//! API Gateway remembers a policy by the token, and evaluates it for whatever is called with that token while it
//! remembers. So a policy says what the token may call in the whole stage, and never what was called this time.

use serde::Serialize;
use shared::{
    environment::{EnvironmentError, variable},
    route,
    tokens::{Access, AccessToken},
};

use crate::{
    AuthorizerError, ScopeRule, ScopeRules, Stage, context::AuthorizerContext, scope_rules::ScopeDefault,
};

/// The longest policy that API Gateway evaluates, in bytes of JSON.
const MAX_LEN: usize = 8192;

/// As long as the ARN of a stage usually gets.
const A_STAGE: &str = "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/production";

/// The rules, if API Gateway would evaluate the policies that they make, in a stage with a name of usual length.
pub(crate) fn evaluable(rules: ScopeRules) -> Result<ScopeRules, EnvironmentError> {
    let stage = Stage::of_method_arn(&format!("{A_STAGE}/GET/"));
    let fits = stage.is_some_and(|stage| {
        [true, false].iter().all(|is_met| PolicyDocument::new(&stage, &rules, |_| *is_met).fits())
    });
    if fits {
        Ok(rules)
    } else {
        Err(EnvironmentError::Unusable(variable::SCOPE_RULES, "it is too long".to_owned()))
    }
}

/// The output of a Lambda authorizer of a REST, HTTP or WebSocket API.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    principal_id: String,
    #[serde(rename = "policyDocument")]
    document: PolicyDocument,
    context: AuthorizerContext,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: &'static str,
    resource: Vec<String>,
}

impl Policy {
    pub(crate) fn new(
        stage: &Stage,
        rules: &ScopeRules,
        token: &AccessToken,
        context: AuthorizerContext,
    ) -> Result<Self, AuthorizerError> {
        let document = match token.access {
            Access::Api => PolicyDocument::new(stage, rules, |rule| rule.is_met_by(&token.scope)),
            Access::PasswordChange => PolicyDocument::of_password_change(stage),
        };
        if !document.fits() {
            return Err(AuthorizerError::PolicyTooLong);
        }
        Ok(Self { principal_id: token.session.user_id.to_string(), document, context })
    }
}

impl PolicyDocument {
    /// What of the stage may be called. A rule that is not met is an explicit Deny, which outweighs whatever else
    /// applies to the same call: so a call that several rules name needs all of their scopes.
    pub(crate) fn new(stage: &Stage, rules: &ScopeRules, is_met: impl Fn(&ScopeRule) -> bool) -> Self {
        let (met, unmet): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| is_met(rule));
        let resources = |rules: Vec<&ScopeRule>| -> Vec<String> {
            rules.into_iter().map(|rule| stage.resource(rule.pattern())).collect()
        };
        let everything = || vec![stage.resource("*")];
        let (allowed, denied) = match rules.default() {
            ScopeDefault::Allow => (everything(), resources(unmet)),
            // A policy has to say something.
            ScopeDefault::Deny if met.is_empty() => (vec![], everything()),
            ScopeDefault::Deny => (resources(met), resources(unmet)),
        };
        let statements = [("Allow", allowed), ("Deny", denied)].into_iter();
        let statement = statements
            .filter(|(_, resource)| !resource.is_empty())
            .map(|(effect, resource)| Statement { effect, action: "execute-api:Invoke", resource })
            .collect();
        Self { version: "2012-10-17", statement }
    }

    /// The one call of a token that is good for a change of password and nothing else.
    fn of_password_change(stage: &Stage) -> Self {
        let resource = vec![stage.resource(&format!("POST{}", route::PASSWORD))];
        let statement = Statement { effect: "Allow", action: "execute-api:Invoke", resource };
        Self { version: "2012-10-17", statement: vec![statement] }
    }

    pub(crate) fn fits(&self) -> bool {
        serde_json::to_string(self).is_ok_and(|json| json.len() <= MAX_LEN)
    }
}
