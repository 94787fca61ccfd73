//! The scope rules: a table of the scopes that calls need.
//!
//! ```text
//! GET  /orders*   orders:read      HEAD too
//! *    /orders*   orders:write     both: a call needs the scopes of all rules that name it
//! GET  /health    -                any valid token
//! $connect        chat             a WebSocket API has routes and no methods
//! ```
//!
//! `*` matches any characters, including slashes, as in the policy that the table becomes. Line breaks or `;`
//! separate rules.

use shared::{
    environment::{Environment, EnvironmentError, variable},
    scope::Scope,
};

use crate::{
    call::{METHODS, Target},
    pattern::PathPattern,
    verdict::Verdict,
};

/// No scope is needed.
const NO_SCOPE: &str = "-";
/// Every method.
pub(crate) const ANY: &str = "*";
/// Every method, as API Gateway writes it.
const ANY_OF_GATEWAY: &str = "ANY";

/// The table of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRules {
    rules: Vec<ScopeRule>,
    default: ScopeDefault,
}

/// The decision about calls that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeDefault {
    /// Any valid token may make them.
    #[default]
    Allow,
    /// They are refused.
    Deny,
}

/// A rule of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    pub(crate) calls: Calls,
    /// The scopes that a token needs, all of them.
    scope: Scope,
}

/// The calls that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// Calls with this method, or [`ANY`], and a matching path.
    Path(&'static str, PathPattern),
    /// A route of a WebSocket API, like `$connect`.
    Route(String),
}

impl ScopeRules {
    /// Reads `SCOPE_RULES` and `SCOPE_DEFAULT`. If the second is absent or `auto`, calls that no rule names
    /// are refused if there are rules.
    ///
    /// # Errors
    ///
    /// If a rule or the default is malformed.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let unusable = |name, reason: &str| EnvironmentError::Unusable(name, reason.to_owned());
        let text = environment.optional(variable::SCOPE_RULES).unwrap_or_default();
        let lines = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
        let rules = lines.map(|line| {
            ScopeRule::parse(line)
                .map_err(|reason| unusable(variable::SCOPE_RULES, &format!("{reason}, in {line:?}")))
        });
        let rules: Vec<_> = rules.collect::<Result<_, _>>()?;
        let default = match environment.optional(variable::SCOPE_DEFAULT) {
            None | Some("auto") if rules.is_empty() => ScopeDefault::Allow,
            None | Some("auto" | "deny") => ScopeDefault::Deny,
            Some("allow") => ScopeDefault::Allow,
            Some(_) => {
                return Err(unusable(variable::SCOPE_DEFAULT, "it must be auto, allow or deny"));
            }
        };
        Ok(Self { rules, default })
    }

    /// The rules that a token with this scope doesn't meet.
    pub fn unmet(&self, scope: &Scope) -> impl Iterator<Item = &ScopeRule> {
        self.rules.iter().filter(|rule| !rule.is_met_by(scope))
    }

    /// Decides about a call with a token of this scope. If there are rules, an uncertain target (`None`) is
    /// refused, whatever the scope.
    pub(crate) fn decide(&self, target: Option<&Target>, scope: &Scope) -> Verdict {
        if self.rules.is_empty() {
            return match self.default {
                ScopeDefault::Allow => Verdict::Allowed,
                ScopeDefault::Deny => Verdict::InsufficientScope,
            };
        }
        let Some(target) = target.filter(|target| self.is_slash_named(target)) else {
            return Verdict::PathNotNormal;
        };
        let folded = target.folded_path();
        let is_withheld = self.unmet(scope).any(|rule| rule.may_mean(target, &folded));
        let mut met = self.rules.iter().filter(|rule| rule.is_met_by(scope));
        if !is_withheld && (self.default == ScopeDefault::Allow || met.any(|rule| rule.names(target))) {
            Verdict::Allowed
        } else {
            Verdict::InsufficientScope
        }
    }

    /// Whether a call is refused because no rule names it, so that no scope would allow it.
    pub(crate) fn name_none(&self, target: Option<&Target>) -> bool {
        self.default == ScopeDefault::Deny
            && target.is_some_and(|target| {
                let folded = target.folded_path();
                !self.rules.iter().any(|rule| rule.names(target) || rule.may_mean(target, &folded))
            })
    }

    /// Whether a token with this scope may make every call.
    pub(crate) fn permit_everything(&self, scope: &Scope) -> bool {
        self.default == ScopeDefault::Allow && self.unmet(scope).next().is_none()
    }

    /// Whether the path has a final slash only if a rule has one.
    fn is_slash_named(&self, target: &Target) -> bool {
        let Target::Path(_, path) = target else { return true };
        let is_named = |rule: &ScopeRule| match &rule.calls {
            Calls::Path(_, pattern) => pattern.ends_in_slash() && pattern.names(path),
            Calls::Route(_) => false,
        };
        !path.ends_in_slash() || self.rules.iter().any(is_named)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ScopeRule> {
        self.rules.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn default(&self) -> ScopeDefault {
        self.default
    }

    /// Whether any rule has a final slash.
    pub(crate) fn have_slashes(&self) -> bool {
        self.rules.iter().any(|rule| matches!(&rule.calls, Calls::Path(_, path) if path.ends_in_slash()))
    }
}

impl ScopeRule {
    /// Parses a rule.
    fn parse(line: &str) -> Result<Self, &'static str> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (calls, scope) = match words[..] {
            [route, ref scope @ ..] if route.starts_with('$') => {
                (parse_route(route).ok_or("a route must have only letters and digits after its $")?, scope)
            }
            [method, path, ref scope @ ..] => {
                let method =
                    parse_method(method).ok_or("a rule must begin with a method in upper case, or *")?;
                (Calls::Path(method, PathPattern::parse(path)?), scope)
            }
            _ => return Err("a rule must be METHOD PATH SCOPE"),
        };
        let scope = match scope {
            [] => return Err("a rule must end with a scope, or - for none"),
            [NO_SCOPE] => Scope::default(),
            scope => Scope::parse(&scope.join(" ")).ok_or("the scope is malformed")?,
        };
        Ok(Self { calls, scope })
    }

    pub(crate) fn is_met_by(&self, scope: &Scope) -> bool {
        self.scope.is_within(scope)
    }

    /// Whether every token that meets the other rule meets this one too.
    pub(crate) fn is_met_with(&self, other: &Self) -> bool {
        self.is_met_by(&other.scope)
    }

    /// Whether the rule names this call, in exactly this spelling.
    fn names(&self, target: &Target) -> bool {
        match (&self.calls, target) {
            (Calls::Path(named, pattern), Target::Path(method, path)) => {
                is_of_method(named, method) && pattern.names(path)
            }
            (Calls::Route(named), Target::Route(route)) => named == route,
            (Calls::Path(..), Target::Route(_)) | (Calls::Route(_), Target::Path(..)) => false,
        }
    }

    /// Whether the rule might name the call in another spelling.
    fn may_mean(&self, target: &Target, folded_path: &str) -> bool {
        match (&self.calls, target) {
            (Calls::Path(named, pattern), Target::Path(method, _)) => {
                is_of_method(named, method) && pattern.may_mean(folded_path)
            }
            _ => self.names(target),
        }
    }
}

/// Whether a rule for the first method covers the second. Servers answer HEAD like GET (RFC 9110 section
/// 9.3.2).
pub(crate) fn is_of_method(named: &str, method: &str) -> bool {
    named == ANY || named == method || (named == "GET" && method == "HEAD")
}

fn parse_method(method: &str) -> Option<&'static str> {
    match method {
        ANY | ANY_OF_GATEWAY => Some(ANY),
        method => METHODS.into_iter().find(|known| *known == method),
    }
}

fn parse_route(route: &str) -> Option<Calls> {
    let name = route.strip_prefix('$')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then(|| Calls::Route(route.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str, default: &str) -> Result<ScopeRules, EnvironmentError> {
        let variables = [(variable::SCOPE_RULES, text), (variable::SCOPE_DEFAULT, default)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ScopeRules::from_environment(&Environment::from_variables(variables))
    }

    fn verdict(table: &ScopeRules, call: &str, scope: &str) -> Verdict {
        table.decide(Target::of_arn(call).as_ref(), &Scope::parse(scope).unwrap())
    }

    #[test]
    fn a_table_is_read_as_a_person_reads_it() {
        let table =
            rules("GET  /orders*  orders:read; * /orders* read write\n\n$connect chat;GET / -", "deny")
                .unwrap();
        let unmet = |scope| table.unmet(&Scope::parse(scope).unwrap()).count();
        assert_eq!(unmet("orders:read read"), 2, "all of a rule's scope is needed");
        assert_eq!(unmet("orders:read read write chat"), 0);
        assert_eq!(rules("", "").unwrap(), <ScopeRules as Default>::default());
        assert_eq!(rules("ANY /orders x", "").unwrap(), rules("* /orders x", "").unwrap());
    }

    #[test]
    fn with_rules_a_call_that_no_rule_names_is_denied_by_default() {
        for (text, default, expected) in [
            ("", "", ScopeDefault::Allow),
            ("", "auto", ScopeDefault::Allow),
            ("", "deny", ScopeDefault::Deny),
            ("GET / -", "", ScopeDefault::Deny),
            ("GET / -", "auto", ScopeDefault::Deny),
            ("GET / -", "allow", ScopeDefault::Allow),
        ] {
            assert_eq!(rules(text, default).unwrap().default(), expected, "{text:?} {default:?}");
        }
    }

    #[test]
    fn a_call_needs_the_scopes_of_all_rules_that_might_name_it() {
        use Verdict::{Allowed, InsufficientScope, PathNotNormal};
        let table = rules("GET /orders read; * /admin* admin; $connect chat; PUT /a/ read", "deny").unwrap();
        for (call, scope, expected) in [
            ("GET/orders", "read", Allowed),
            ("HEAD/orders", "read", Allowed),
            ("HEAD/orders", "", InsufficientScope),
            ("POST/orders", "read", InsufficientScope),
            ("GET/Orders", "read", InsufficientScope),
            ("GET/orders/", "read", PathNotNormal),
            ("GET/%6Frders", "read", PathNotNormal),
            ("get/orders", "read", PathNotNormal),
            ("TRACE/orders", "read", PathNotNormal),
            ("DELETE/admin/x", "admin", Allowed),
            ("DELETE/admin/x", "read", InsufficientScope),
            ("GET/x/admin", "admin", InsufficientScope),
            ("$connect", "chat", Allowed),
            ("$connect", "read", InsufficientScope),
            ("$other", "chat", InsufficientScope),
            ("PUT/a/", "read", Allowed),
            ("PUT/a", "read", InsufficientScope),
        ] {
            assert_eq!(verdict(&table, call, scope), expected, "{call} {scope}");
        }
        let open = rules("GET /orders read; PUT /a/ read", "allow").unwrap();
        for (call, expected) in [
            ("GET/other", Allowed),
            ("GET/orders", InsufficientScope),
            ("HEAD/orders", InsufficientScope),
            ("GET/ORDERS", InsufficientScope),
            ("POST/orders", Allowed),
            ("GET/other/", PathNotNormal),
            ("PUT/a", InsufficientScope),
            ("PUT/a/", InsufficientScope),
        ] {
            assert_eq!(verdict(&open, call, ""), expected, "{call}");
        }
        assert_eq!(
            verdict(&rules("", "").unwrap(), "GET//", ""),
            Allowed,
            "without rules every spelling is one"
        );
        assert_eq!(verdict(&rules("", "deny").unwrap(), "GET/", ""), InsufficientScope);
    }

    #[test]
    fn only_a_token_that_meets_every_rule_may_make_every_call() {
        for (text, default, scope, expected) in [
            ("", "", "", true),
            ("", "deny", "", false),
            ("GET /orders read", "allow", "read", true),
            ("GET /orders read", "allow", "", false),
            ("GET /orders read; GET /me -", "allow", "read", true),
            ("GET /orders read; PUT /orders write", "allow", "read", false),
            ("GET /orders read", "deny", "read", false),
        ] {
            let table = rules(text, default).unwrap();
            assert_eq!(table.permit_everything(&Scope::parse(scope).unwrap()), expected, "{text} {scope}");
        }
    }

    #[test]
    fn a_rule_is_met_with_one_that_needs_at_least_its_scope() {
        let table = rules("GET /a read; GET /b read write; GET /c -", "").unwrap();
        let [read, both, none] = table.iter().collect::<Vec<_>>()[..] else { unreachable!() };
        assert!(read.is_met_with(both) && none.is_met_with(read) && read.is_met_with(read));
        assert!(!both.is_met_with(read) && !read.is_met_with(none));
    }

    #[test]
    fn a_table_has_slashes_if_the_path_of_a_rule_ends_in_one() {
        for (text, expected) in [
            ("GET /a -; PUT /a/ -", true),
            ("GET /a/ -", true),
            ("GET /a -", false),
            ("$connect -", false),
            ("", false),
        ] {
            assert_eq!(rules(text, "").unwrap().have_slashes(), expected, "{text}");
        }
    }

    #[test]
    fn a_call_that_no_rule_names_differs_from_one_without_the_scope() {
        let is_unnamed = |rules: &ScopeRules, call: &str| rules.name_none(Target::of_arn(call).as_ref());
        let table = rules("GET /orders read; $connect chat", "").unwrap();
        for (call, expected) in [
            ("GET/orders", false),
            ("HEAD/orders", false),
            ("GET/Orders", false),
            ("POST/orders", true),
            ("GET/sessions", true),
            ("$connect", false),
            ("$other", true),
        ] {
            assert_eq!(is_unnamed(&table, call), expected, "{call}");
        }
        assert!(!is_unnamed(&rules("GET /orders read", "allow").unwrap(), "GET/sessions"));
        assert!(!table.name_none(None));
    }

    #[test]
    fn a_malformed_rule_is_named_and_keeps_the_function_from_starting() {
        for (bad, said) in [
            ("GET /orders", "end with a scope"),
            ("get /orders read", "upper case"),
            ("FETCH /orders read", "method"),
            ("GET orders read", "begin with /"),
            ("GET /orders?x=1 read", "without a query"),
            ("GET /orders/{id} read", "{parameter}"),
            ("GET /${x} read", "{parameter}"),
            ("GET /%6Frders read", "normal form"),
            ("GET //orders read", "normal form"),
            ("GET /orders re\"ad", "scope is malformed"),
            ("GET", "METHOD PATH SCOPE"),
            ("$ chat", "letters"),
            ("$connect", "end with a scope"),
        ] {
            let error = rules(bad, "").unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("SCOPE_RULES"), "{bad}: {error}");
        }
        assert!(rules("", "maybe").unwrap_err().to_string().contains("SCOPE_DEFAULT"));
    }
}
