//! An IAM policy that stays right when it is cached.
//!
//! API Gateway evaluates a policy for the current call. If it caches policies, it also evaluates this one for
//! any other call with the same token. So a policy says what the token may call in the whole stage. It also
//! denies the current call if the decision was to deny it: decisions consider what a path means, but policies
//! only its spelling.

use serde::Serialize;
use shared::{
    environment::{EnvironmentError, variable},
    route,
    scope::Scope,
    tokens::{Access, AccessToken},
};

use crate::{
    AuthorizerError, NormalPath, ScopeRule, ScopeRules, Stage,
    call::{Call, METHODS, Target},
    context::AuthorizerContext,
    pattern::{allowed_spellings, in_any_spelling, matches, may_overlap, products},
    scope_rules::{ANY, Calls, ScopeDefault, is_of_method},
    spellings,
    verdict::Verdict,
};

/// The longest policy that API Gateway evaluates, in bytes of JSON.
const MAX_LEN: usize = 8192;

/// The longest resource of an authorizer's policy, in characters.
const MAX_RESOURCE_LEN: usize = 512;

/// A stage's ARN of usual length.
const A_STAGE: &str = "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/production";

/// Checks that API Gateway would evaluate every policy that these rules can make, in a stage with a name of
/// usual length.
pub(crate) fn evaluable(rules: ScopeRules) -> Result<ScopeRules, EnvironmentError> {
    let unusable = |reason: &str| EnvironmentError::Unusable(variable::SCOPE_RULES, reason.to_owned());
    let stage = Stage::of_method_arn(&format!("{A_STAGE}/GET/")).ok_or_else(|| unusable("no stage"))?;
    let have_slashes = rules.have_slashes();
    for rule in rules.iter() {
        let patterns =
            [Methods::Each.allowed(rule), Methods::Each.denied(rule, rules.default(), have_slashes)];
        if !patterns.iter().flatten().all(|pattern| is_short(&stage.resource(pattern))) {
            return Err(unusable(
                "the path of a rule is too long: with its ARN it has more than 512 characters",
            ));
        }
    }
    if METHODS.into_iter().any(|method| longest(&stage, &rules, method) > MAX_LEN) {
        return Err(unusable("it is too long"));
    }
    Ok(rules)
}

/// The greatest length of a policy for this method, whichever rules a token meets, in bytes of JSON. Each
/// rule counts with the longer of its Allow and its Deny, and the call's own Deny counts too.
fn longest(stage: &Stage, rules: &ScopeRules, method: &'static str) -> usize {
    let methods = Methods::Called(Some(method));
    let have_slashes = rules.have_slashes();
    let rules_allowed: Vec<_> = rules.iter().map(|rule| (rule, methods.allowed(rule))).collect();
    // The calls that a token may make without meeting this rule.
    let may_be_allowed = |rule: &ScopeRule, pattern: &str| match rules.default() {
        ScopeDefault::Allow => !rule.is_met_by(&Scope::default()),
        ScopeDefault::Deny => rules_allowed.iter().any(|(other, allowed)| {
            !rule.is_met_with(other) && allowed.iter().any(|allowed| may_overlap(allowed, pattern))
        }),
    };
    let len_of_rule = |(rule, allowed): &(&ScopeRule, Vec<String>)| {
        let mut denied = methods.denied(rule, rules.default(), have_slashes);
        denied.retain(|pattern| may_be_allowed(rule, pattern));
        let len = |patterns: &[String]| -> usize {
            patterns.iter().map(|pattern| len_in_list(&stage.resource(pattern))).sum()
        };
        match rules.default() {
            ScopeDefault::Allow => len(&denied),
            ScopeDefault::Deny => len(allowed).max(len(&denied)),
        }
    };
    let len_of_rules: usize = rules_allowed.iter().map(len_of_rule).sum();
    let has_wildcard = rules_allowed.iter().flat_map(|(_, allowed)| allowed).any(|path| path.contains('*'));
    let needs_spellings = rules.default() == ScopeDefault::Allow || has_wildcard;
    let spellings = spellings::denied(have_slashes).filter(|_| needs_spellings);
    let len_of_spellings: usize = spellings.map(|part| len_in_list(&stage.anywhere(part))).sum();
    let rest = PolicyDocument::new(vec![stage.resource("*")], vec![String::new()]);
    rest.len() + len_of_rules + len_of_spellings + MAX_RESOURCE_LEN + "\"\",".len()
}

/// The length in a JSON list, with its comma.
fn len_in_list(resource: &str) -> usize {
    serde_json::to_string(resource).map_or(MAX_LEN, |json| json.len() + ",".len())
}

fn is_short(resource: &str) -> bool {
    resource.chars().count() <= MAX_RESOURCE_LEN
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

/// The methods that a policy covers.
#[derive(Clone, Copy, Debug)]
enum Methods {
    /// Each method separately.
    Each,
    /// Only the call's method, which is enough for the call, and shorter. If calls without a rule pass, a
    /// Deny covers all of its rule's methods. A `*` for any method also matches some paths that merely end
    /// like the rule's.
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
            // A gateway that caches decisions would let other calls pass without a proof.
            _ if token.jkt.is_some() => PolicyDocument::of_call_alone(call),
            Access::Api => PolicyDocument::of_call(call, rules, |rule| rule.is_met_by(&token.scope)),
            Access::PasswordChange => PolicyDocument::of_password_change(call.stage),
        };
        if !document.fits() {
            return Err(AuthorizerError::PolicyTooLong);
        }
        Ok(Self { principal_id: token.session.user_id.to_string(), document, context })
    }
}

impl Call<'_> {
    /// Whether a policy can allow exactly this call.
    pub(crate) fn is_nameable(&self) -> bool {
        PolicyDocument::naming(self).is_some()
    }
}

impl PolicyDocument {
    fn of_call(call: &Call<'_>, rules: &ScopeRules, is_met: impl Fn(&ScopeRule) -> bool) -> Self {
        let (Verdict::Allowed | Verdict::InsufficientScope, Some(target)) = (call.verdict, call.target)
        else {
            // Without rules, the call doesn't matter.
            return if call.verdict == Verdict::Allowed {
                Self::of_stage(call.stage, rules, Methods::Each, is_met)
            } else {
                Self::new(vec![], vec![call.stage.resource("*")])
            };
        };
        let of_methods = |methods| {
            let mut policy = Self::of_stage(call.stage, rules, methods, &is_met);
            if call.verdict == Verdict::InsufficientScope {
                policy.deny(resource_of(call.stage, target));
            }
            policy
        };
        let whole = of_methods(Methods::Each);
        let policy = if whole.fits() { whole } else { of_methods(Methods::Called(target.method())) };
        // A Deny with wildcards may match more than its rule, even this call. Dropping it would let other
        // calls pass while the policy is cached, so the policy covers only this call.
        match (call.verdict, target) {
            (Verdict::Allowed, Target::Path(method, path)) if !path.text().contains('*') => {
                let resources = resources_of(call.stage, method, path);
                if !resources.iter().any(|resource| policy.denies(resource)) {
                    return policy;
                }
                let of_this_call = Self::new(resources, vec![]);
                if of_this_call.fits() { of_this_call } else { policy }
            }
            _ => policy,
        }
    }

    /// A policy that allows this call alone, if the decision allows it.
    fn of_call_alone(call: &Call<'_>) -> Self {
        let named = Some(call).filter(|call| call.verdict == Verdict::Allowed).and_then(Self::naming);
        named.unwrap_or_else(|| Self::new(vec![], vec![call.stage.resource("*")]))
    }

    /// A policy that allows exactly this call. `None`, if no resource can name it exactly.
    fn naming(call: &Call<'_>) -> Option<Self> {
        let resources = match call.target {
            Some(Target::Path(method, path)) if !path.text().contains('*') => {
                resources_of(call.stage, method, path)
            }
            // As the gateway itself spells it. A route is that already.
            _ => vec![call.stage.resource(call.arn)],
        };
        // A wildcard or a variable would match more.
        let is_exact = |resource: &String| !resource[call.stage.len()..].contains(['*', '?', '{']);
        if resources.is_empty() || !resources.iter().all(is_exact) {
            return None;
        }
        Some(Self::new(resources, vec![])).filter(Self::fits)
    }

    /// The policy for the stage. A rule that the token doesn't meet becomes a Deny, which outweighs any
    /// Allow. So a call that several rules name needs all their scopes.
    fn of_stage(
        stage: &Stage,
        rules: &ScopeRules,
        methods: Methods,
        is_met: impl Fn(&ScopeRule) -> bool,
    ) -> Self {
        let (met, unmet): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| is_met(rule));
        let have_slashes = rules.have_slashes();
        let allowed: Vec<_> = match rules.default() {
            ScopeDefault::Allow => vec!["*".to_owned()],
            ScopeDefault::Deny => met.into_iter().flat_map(|rule| methods.allowed(rule)).collect(),
        };
        // A policy needs a statement.
        if allowed.is_empty() {
            return Self::new(vec![], vec![stage.resource("*")]);
        }
        // Calls without an Allow are refused without a Deny.
        let is_reached = |pattern: &String| allowed.iter().any(|allowed| may_overlap(allowed, pattern));
        let denied = unmet.into_iter().flat_map(|rule| methods.denied(rule, rules.default(), have_slashes));
        let mut denied: Vec<_> = denied.filter(is_reached).map(|pattern| stage.resource(&pattern)).collect();
        // An Allow without a wildcard matches only one spelling.
        if !rules.is_empty() && allowed.iter().any(|pattern| pattern.contains('*')) {
            denied.extend(spellings::denied(have_slashes).map(|part| stage.anywhere(part)));
        }
        Self::new(allowed.iter().map(|pattern| stage.resource(pattern)).collect(), denied)
    }

    /// The policy of a token that only allows a change of password.
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

    fn denies(&self, resource: &str) -> bool {
        let mut denied = self.statement.iter().filter(|statement| statement.effect == "Deny");
        denied.any(|statement| statement.resource.iter().any(|pattern| matches(pattern, resource)))
    }

    fn fits(&self) -> bool {
        let mut resources = self.statement.iter().flat_map(|statement| &statement.resource);
        resources.all(|resource| is_short(resource)) && self.len() <= MAX_LEN
    }

    /// The length in bytes of JSON.
    fn len(&self) -> usize {
        serde_json::to_string(self).map_or(usize::MAX, |json| json.len())
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

    fn denied(self, rule: &ScopeRule, default: ScopeDefault, have_slashes: bool) -> Vec<String> {
        let (named, path) = match &rule.calls {
            Calls::Route(route) => return vec![route.clone()],
            Calls::Path(named, path) => (*named, path),
        };
        let is_named = |method: &str| is_of_method(named, method);
        let methods: Vec<_> = match self {
            // No other method is allowed.
            Self::Called(method) if default == ScopeDefault::Deny => {
                method.into_iter().filter(|method| is_named(method)).collect()
            }
            Self::Called(_) if named == ANY => vec![ANY],
            Self::Each if named == ANY && path.begins_with_any() => vec![ANY],
            Self::Each | Self::Called(_) => METHODS.into_iter().filter(|method| is_named(method)).collect(),
        };
        products(&methods, &path.denied(have_slashes))
    }
}

/// The resources of a call, in each spelling that a policy can name.
fn resources_of(stage: &Stage, method: &'static str, path: &NormalPath) -> Vec<String> {
    let spellings = products(&[method], &allowed_spellings(path));
    spellings.iter().map(|spelling| stage.resource(spelling)).collect()
}

/// The resource of a call in every normal spelling. If it is too long, it ends in `*` and matches more than
/// the call.
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
