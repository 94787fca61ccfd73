//! An IAM policy that stays right when it is cached.
//!
//! API Gateway evaluates a policy for the call that it asks about and, where it remembers policies, for whatever else is
//! called with the same token. So a policy says what the token may call in the whole stage, and denies this call where it
//! was decided so: a decision goes by the path's meaning, a policy only by how it is spelled.

use serde::Serialize;
use shared::{
    environment::{EnvironmentError, variable},
    route,
    tokens::{Access, AccessToken},
};

use crate::{
    AuthorizerError, ScopeRule, ScopeRules, Stage,
    call::{Call, METHODS, Target},
    context::AuthorizerContext,
    pattern::in_any_spelling,
    scope_rules::{ANY, Calls, ScopeDefault, is_of_method},
    spellings,
    verdict::Verdict,
};

/// The longest policy that API Gateway evaluates, in bytes of JSON.
const MAX_LEN: usize = 8192;

/// The longest resource of a policy of an authorizer, in characters.
const MAX_RESOURCE_LEN: usize = 512;

/// As long as the ARN of a stage usually gets.
const A_STAGE: &str = "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/production";

/// The rules, if API Gateway would evaluate the policies that they make, in a stage with a name of usual length.
pub(crate) fn evaluable(rules: ScopeRules) -> Result<ScopeRules, EnvironmentError> {
    let unusable = |reason: &str| EnvironmentError::Unusable(variable::SCOPE_RULES, reason.to_owned());
    let stage = Stage::of_method_arn(&format!("{A_STAGE}/GET/")).ok_or_else(|| unusable("no stage"))?;
    let first = rules.iter().next();
    let is_first = |rule: &ScopeRule| first.is_some_and(|first| std::ptr::eq(first, rule));
    for method in METHODS {
        let methods = Methods::Called(Some(method));
        let policies = [
            PolicyDocument::of_stage(&stage, &rules, methods, |_| true),
            PolicyDocument::of_stage(&stage, &rules, methods, |_| false),
            PolicyDocument::of_stage(&stage, &rules, methods, is_first),
        ];
        if policies.iter().any(|policy| !policy.has_short_resources()) {
            return Err(unusable(
                "the path of a rule is too long: with its ARN it has more than 512 characters",
            ));
        }
        if !policies.iter().all(PolicyDocument::fits) {
            return Err(unusable("it is too long"));
        }
    }
    Ok(rules)
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

/// The methods for which a policy says what may be called.
#[derive(Clone, Copy, Debug)]
enum Methods {
    /// Each by itself.
    Each,
    /// Only that of the call: enough for it, and shorter. A Deny is for every method, and then also for some paths that
    /// only end like its own.
    Called(Option<&'static str>),
}

impl Policy {
    pub(crate) fn new(
        call: &Call<'_>,
        rules: &ScopeRules,
        token: &AccessToken,
        context: AuthorizerContext,
    ) -> Result<Self, AuthorizerError> {
        let document = match token.access {
            Access::Api => PolicyDocument::of_call(call, rules, |rule| rule.is_met_by(&token.scope)),
            Access::PasswordChange => PolicyDocument::of_password_change(call.stage),
        };
        if !document.fits() {
            return Err(AuthorizerError::PolicyTooLong);
        }
        Ok(Self { principal_id: token.session.user_id.to_string(), document, context })
    }
}

impl PolicyDocument {
    fn of_call(call: &Call<'_>, rules: &ScopeRules, is_met: impl Fn(&ScopeRule) -> bool) -> Self {
        let (Verdict::Allowed | Verdict::InsufficientScope, Some(target)) = (call.verdict, call.target)
        else {
            // Without rules it doesn't matter what is called.
            return if call.verdict == Verdict::Allowed {
                Self::of_stage(call.stage, rules, Methods::Each, is_met)
            } else {
                Self::new(vec![], vec![call.stage.resource("*")])
            };
        };
        let whole = Self::of_stage(call.stage, rules, Methods::Each, &is_met);
        let mut policy = if whole.fits() {
            whole
        } else {
            Self::of_stage(call.stage, rules, Methods::Called(target.method()), &is_met)
        };
        if call.verdict == Verdict::InsufficientScope {
            policy.deny(resource_of(call.stage, target));
        }
        policy
    }

    /// What of the stage may be called. A rule that is not met is an explicit Deny, which outweighs whatever else
    /// applies to the same call: so a call that several rules name needs all of their scopes.
    fn of_stage(
        stage: &Stage,
        rules: &ScopeRules,
        methods: Methods,
        is_met: impl Fn(&ScopeRule) -> bool,
    ) -> Self {
        let (met, unmet): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| is_met(rule));
        let have_slashes = rules.have_slashes();
        let denied = unmet.into_iter().flat_map(|rule| methods.denied(rule, have_slashes));
        let mut denied: Vec<_> = denied.map(|pattern| stage.resource(&pattern)).collect();
        let allowed = match rules.default() {
            ScopeDefault::Allow => vec![stage.resource("*")],
            ScopeDefault::Deny => {
                let allowed = met.into_iter().flat_map(|rule| methods.allowed(rule));
                allowed.map(|pattern| stage.resource(&pattern)).collect()
            }
        };
        // A policy has to say something.
        if allowed.is_empty() {
            return Self::new(allowed, vec![stage.resource("*")]);
        }
        if !rules.is_empty() {
            denied.extend(spellings::denied(have_slashes).map(|part| stage.anywhere(part)));
        }
        Self::new(allowed, denied)
    }

    /// The one call of a token that is good for a change of password and nothing else.
    fn of_password_change(stage: &Stage) -> Self {
        Self::new(vec![stage.resource(&format!("POST{}", route::PASSWORD))], vec![])
    }

    fn new(allowed: Vec<String>, denied: Vec<String>) -> Self {
        let statements = [("Allow", allowed), ("Deny", denied)].into_iter();
        let statement = statements
            .filter(|(_, resource)| !resource.is_empty())
            .map(|(effect, resource)| Statement { effect, action: "execute-api:Invoke", resource })
            .collect();
        Self { version: "2012-10-17", statement }
    }

    fn deny(&mut self, resource: String) {
        match self.statement.iter_mut().find(|statement| statement.effect == "Deny") {
            Some(denied) => denied.resource.push(resource),
            None => self.statement.extend(Self::new(vec![], vec![resource]).statement),
        }
    }

    fn fits(&self) -> bool {
        self.has_short_resources() && serde_json::to_string(self).is_ok_and(|json| json.len() <= MAX_LEN)
    }

    fn has_short_resources(&self) -> bool {
        let mut resources = self.statement.iter().flat_map(|statement| &statement.resource);
        resources.all(|resource| resource.chars().count() <= MAX_RESOURCE_LEN)
    }
}

impl Methods {
    fn allowed(self, rule: &ScopeRule) -> Vec<String> {
        let (named, path) = match &rule.calls {
            Calls::Route(route) => return vec![route.clone()],
            Calls::Path(named, path) => (*named, path),
        };
        let is_named = |method: &str| is_of_method(named, method);
        let methods: Vec<_> = match self {
            Self::Each if named == ANY && path.begins_with_any() => vec![ANY],
            Self::Each => METHODS.into_iter().filter(|method| is_named(method)).collect(),
            Self::Called(method) => method.into_iter().filter(|method| is_named(method)).collect(),
        };
        products(&methods, &path.allowed())
    }

    fn denied(self, rule: &ScopeRule, have_slashes: bool) -> Vec<String> {
        let (named, path) = match &rule.calls {
            Calls::Route(route) => return vec![route.clone()],
            Calls::Path(named, path) => (*named, path),
        };
        let methods: Vec<_> = match self {
            Self::Called(_) if named == ANY => vec![ANY],
            Self::Each if named == ANY && path.begins_with_any() => vec![ANY],
            Self::Each | Self::Called(_) => {
                METHODS.into_iter().filter(|method| is_of_method(named, method)).collect()
            }
        };
        products(&methods, &path.denied(have_slashes))
    }
}

fn products(methods: &[&str], paths: &[String]) -> Vec<String> {
    methods.iter().flat_map(|method| paths.iter().map(move |path| format!("{method}{path}"))).collect()
}

/// The call in every normal spelling. What would be too long ends in `*`, and is then for more than the call.
fn resource_of(stage: &Stage, target: &Target) -> String {
    let mut resource = stage.resource(&match target {
        Target::Path(method, path) => {
            let slash = if path.ends_in_slash() { "/" } else { "" };
            format!("{method}{}{slash}", in_any_spelling(path.text()))
        }
        Target::Route(route) => route.clone(),
    });
    if resource.chars().count() > MAX_RESOURCE_LEN {
        let end = resource.char_indices().nth(MAX_RESOURCE_LEN - 1).map_or(resource.len(), |(at, _)| at);
        resource.truncate(end);
        resource.push('*');
    }
    resource
}

#[cfg(test)]
mod tests;
