//! What scope which calls need: a table that a person reads.
//!
//! ```text
//! GET  /orders*   orders:read
//! *    /orders*   orders:write     both: a call needs the scopes of all rules that name it
//! GET  /health    -                any valid token
//! $connect        chat             a WebSocket API has routes and no methods
//! ```
//!
//! `*` stands for any run of characters, slashes included, since that is what it means in the policy that the table
//! becomes. Rules are separated by line breaks or `;`.

use shared::{
    environment::{Environment, EnvironmentError, variable},
    scope::Scope,
};

/// Any token will do.
const NO_SCOPE: &str = "-";
const METHODS: [&str; 8] = ["*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRules {
    rules: Vec<ScopeRule>,
    default: ScopeDefault,
}

/// What becomes of calls that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeDefault {
    /// Any valid token will do.
    #[default]
    Allow,
    /// They are refused.
    Deny,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    /// Method and path as they stand in an ARN, like `GET/orders/*`.
    pattern: String,
    /// What a token needs to have all of.
    scope: Scope,
}

impl ScopeRules {
    /// The table in the variables `SCOPE_RULES` and `SCOPE_DEFAULT`.
    ///
    /// # Errors
    ///
    /// If a rule is none.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let unusable = |name, reason: &str| EnvironmentError::Unusable(name, reason.to_owned());
        let default = match environment.optional(variable::SCOPE_DEFAULT) {
            None | Some("allow") => ScopeDefault::Allow,
            Some("deny") => ScopeDefault::Deny,
            Some(_) => return Err(unusable(variable::SCOPE_DEFAULT, "it is neither allow nor deny")),
        };
        let text = environment.optional(variable::SCOPE_RULES).unwrap_or_default();
        let lines = text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
        let rules = lines.map(|line| {
            ScopeRule::parse(line)
                .map_err(|reason| unusable(variable::SCOPE_RULES, &format!("{reason}, in {line:?}")))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, default })
    }

    /// The rules that a token with this scope doesn't meet.
    pub fn unmet(&self, scope: &Scope) -> impl Iterator<Item = &ScopeRule> {
        self.rules.iter().filter(|rule| !rule.is_met_by(scope))
    }

    /// Whether a token with this scope may call whatever there is.
    pub(crate) fn permit_everything(&self, scope: &Scope) -> bool {
        self.default == ScopeDefault::Allow && self.unmet(scope).next().is_none()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ScopeRule> {
        self.rules.iter()
    }

    pub(crate) fn default(&self) -> ScopeDefault {
        self.default
    }
}

impl ScopeRule {
    /// Reads one line.
    fn parse(line: &str) -> Result<Self, &'static str> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (pattern, scope) = match words[..] {
            [route, ref scope @ ..] if route.starts_with('$') => {
                (parse_route(route).ok_or("a route has letters and digits alone after its $")?, scope)
            }
            [method, path, ref scope @ ..] => {
                let method = METHODS.contains(&method).then_some(method);
                let method = method.ok_or("a rule begins with a method in upper case, or *")?;
                (format!("{method}{}", parse_path(path)?), scope)
            }
            _ => return Err("a rule is METHOD PATH SCOPE"),
        };
        let scope = match scope {
            [] => return Err("a rule names a scope last, or - for none"),
            [NO_SCOPE] => Scope::default(),
            scope => Scope::parse(&scope.join(" ")).ok_or("that is no scope")?,
        };
        Ok(Self { pattern, scope })
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(crate) fn is_met_by(&self, scope: &Scope) -> bool {
        self.scope.is_within(scope)
    }
}

fn parse_route(route: &str) -> Option<String> {
    let name = route.strip_prefix('$')?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| route.to_owned())
}

/// The characters of a path (RFC 3986 section 3.3) that mean nothing else in a policy, and `*`.
fn parse_path(path: &str) -> Result<&str, &'static str> {
    if path.contains(['{', '}']) {
        return Err("a path has * where a route has {parameter}");
    }
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b"/*-._~!&'()+,=:@%".contains(&b);
    if path.starts_with('/') && path.bytes().all(is_known) {
        Ok(path)
    } else {
        Err("a path begins with / and has no query")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str, default: &str) -> Result<ScopeRules, EnvironmentError> {
        let variables = [(variable::SCOPE_RULES, text), (variable::SCOPE_DEFAULT, default)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ScopeRules::from_environment(&Environment::from_variables(variables))
    }

    #[test]
    fn a_table_is_read_as_a_person_reads_it() {
        let table =
            rules("GET  /orders*  orders:read; * /orders* read write\n\n$connect chat;GET / -", "deny");
        let table = table.unwrap();
        let patterns: Vec<_> = table.iter().map(ScopeRule::pattern).collect();
        assert_eq!(patterns, ["GET/orders*", "*/orders*", "$connect", "GET/"]);
        let unmet =
            |scope| table.unmet(&Scope::parse(scope).unwrap()).map(ScopeRule::pattern).collect::<Vec<_>>();
        assert_eq!(unmet("orders:read read"), ["*/orders*", "$connect"], "all of a rule's scope is needed");
        assert_eq!(unmet("orders:read read write chat"), [""; 0]);
        assert_eq!(rules("", "").unwrap(), <ScopeRules as Default>::default());
    }

    #[test]
    fn what_is_no_rule_keeps_the_function_from_starting_and_is_named() {
        for (bad, said) in [
            ("GET /orders", "scope last"),
            ("get /orders read", "upper case"),
            ("FETCH /orders read", "method"),
            ("GET orders read", "begins with /"),
            ("GET /orders?x=1 read", "no query"),
            ("GET /orders/{id} read", "{parameter}"),
            ("GET /${x} read", "{parameter}"),
            ("GET /orders re\"ad", "no scope"),
            ("GET", "METHOD PATH SCOPE"),
            ("$ chat", "letters"),
            ("$connect", "scope last"),
        ] {
            let error = rules(bad, "").unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("SCOPE_RULES"), "{bad}: {error}");
        }
        assert!(rules("", "maybe").unwrap_err().to_string().contains("SCOPE_DEFAULT"));
        let long = "GET /a-path-that-is-long-enough-to-matter read;".repeat(100);
        let error = crate::policy::evaluable(rules(&long, "").unwrap()).unwrap_err();
        assert!(error.to_string().contains("too long"));
    }
}
