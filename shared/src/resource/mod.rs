//! Resources (RFC 8707): the APIs that an access token can be for instead of `AUDIENCE`, each with its own
//! `aud`.
//!
//! ```text
//! https://notes.example.com/mcp notes:read notes:write [Notes]
//! https://billing.example.com
//! ```

mod granted;
mod identifier;

pub use self::{
    granted::{GrantedResources, TargetError, WantedResource},
    identifier::{IdentifierError, check as check_identifier, is_same as is_same_resource},
};

use crate::{
    environment::{Environment, EnvironmentError, variable},
    route,
    scope::Scope,
    uri::authority,
};

/// The longest name, in characters. The service's name on the pages has the same limit.
const MAX_NAME_LEN: usize = 60;

/// The `aud` of a token that only allows a change of password, the one resource that it gives access to (RFC
/// 9068 section 3). Verifiers of the API's tokens check `aud`, so they refuse it.
pub(crate) fn password_audience(issuer: &str) -> String {
    format!("{issuer}{}", route::PASSWORD)
}

/// An API with its own audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The registered URI, which is the `aud` of access tokens for it (RFC 8707 section 2).
    pub identifier: String,
    /// The scopes of the resource. An access token for it has no others. If this is empty, any scope is
    /// allowed.
    pub scopes: Scope,
    /// The name that people read.
    pub name: Option<String>,
}

impl Resource {
    /// The host of the identifier, with a port if it has one.
    pub fn host(&self) -> &str {
        self.identifier.split_once("://").map(|(_, rest)| authority(rest)).unwrap_or_default()
    }

    /// The part of a scope that an access token for this resource may have.
    #[must_use]
    pub fn bound(&self, scope: &Scope) -> Scope {
        if self.scopes.is_empty() { scope.clone() } else { scope.intersection(&self.scopes) }
    }

    /// Reads `URI [SCOPE ...] [[NAME]]`.
    fn parse(entry: &str) -> Result<Self, String> {
        let (identifier, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        identifier::check(identifier).map_err(|reason| reason.to_string())?;
        let rest = rest.trim_start();
        let begin = if rest.starts_with('[') { Some(0) } else { rest.find(" [").map(|space| space + 1) };
        let (scopes, name) = begin.map_or((rest, ""), |begin| rest.split_at(begin));
        let scopes: Vec<_> = scopes.split_ascii_whitespace().collect();
        Ok(Self {
            identifier: identifier.to_owned(),
            scopes: Scope::parse(&scopes.join(" "))
                .ok_or("only scopes, and a name in brackets, may follow the URI")?,
            name: if name.is_empty() { None } else { Some(parse_name(name)?) },
        })
    }
}

/// Reads `[NAME]`.
fn parse_name(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).map(str::trim);
    let is_name = |name: &&str| {
        let is_allowed = |c: char| !c.is_control() && !matches!(c, '[' | ']' | '"' | '\\');
        (1..=MAX_NAME_LEN).contains(&name.chars().count()) && name.chars().all(is_allowed)
    };
    let name = name.filter(is_name).map(str::to_owned);
    name.ok_or("a name is 1 to 60 characters in brackets, without brackets, double quotes and backslashes, and comes last")
}

/// The registered resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(Vec<Resource>);

impl Resources {
    /// Reads `PROTECTED_RESOURCES`. An absent variable means no resources.
    ///
    /// # Errors
    ///
    /// If an entry is malformed, repeated, or names a resource that has tokens already: `AUDIENCE`, or the
    /// change of password.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let text = environment.optional(variable::PROTECTED_RESOURCES).unwrap_or_default();
        let audience = environment.optional(variable::AUDIENCE).unwrap_or_default();
        let password = environment.optional(variable::ISSUER).map(password_audience).unwrap_or_default();
        let mut resources = Self::default();
        for entry in text.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let unusable = |reason: &str| {
                let reason = format!("{reason}, in {entry:?}");
                EnvironmentError::Unusable(variable::PROTECTED_RESOURCES, reason)
            };
            let resource = Resource::parse(entry).map_err(|reason| unusable(&reason))?;
            if resources.find(&resource.identifier).is_some() {
                return Err(unusable("the URI occurs twice"));
            }
            if identifier::is_same(&resource.identifier, audience) {
                return Err(unusable("the URI is the Audience, which is no resource: leave it out"));
            }
            if identifier::is_same(&resource.identifier, &password) {
                return Err(unusable("the URI is reserved for the change of password"));
            }
            resources.0.push(resource);
        }
        Ok(resources)
    }

    /// The resource that a text names, byte by byte except for the slash of an empty path (RFC 3986 section
    /// 6.2.3).
    pub fn find(&self, named: &str) -> Option<&Resource> {
        self.0.iter().find(|resource| identifier::is_same(&resource.identifier, named))
    }

    /// All resources, in the order of the variable.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }

    /// Whether no resource is registered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(text: &str) -> Result<Resources, EnvironmentError> {
        let variables = [
            (variable::PROTECTED_RESOURCES, text),
            (variable::AUDIENCE, "https://api.example.com"),
            (variable::ISSUER, "https://login.example.com"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Resources::from_environment(&Environment::from_variables(variables))
    }

    fn resource(identifier: &str, scopes: &str, name: Option<&str>) -> Resource {
        Resource {
            identifier: identifier.to_owned(),
            scopes: Scope::parse(scopes).unwrap(),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn an_entry_has_a_uri_and_perhaps_scopes_and_a_name() {
        let text = "https://a.example/mcp  a:read a[1] [Notes of\u{e9} all];https://b.example\n\
                    https://c.example [C];; http://[::1]:3000/mcp x ;";
        let expected = [
            resource("https://a.example/mcp", "a:read a[1]", Some("Notes of\u{e9} all")),
            resource("https://b.example", "", None),
            resource("https://c.example", "", Some("C")),
            resource("http://[::1]:3000/mcp", "x", None),
        ];
        let read = resources(text).unwrap();
        assert_eq!(read.iter().cloned().collect::<Vec<_>>(), expected);
        assert_eq!(read.iter().map(Resource::host).collect::<Vec<_>>()[2..], ["c.example", "[::1]:3000"]);
        assert!(resources("").unwrap().is_empty() && resources(" ; \n").unwrap().is_empty());
    }

    #[test]
    fn a_malformed_entry_is_refused_and_named() {
        for (text, said) in [
            ("api", "the URI is not absolute"),
            ("http://a.example", "loopback"),
            ("https://a.example#x", "fragment"),
            ("https://a.example sc\"ope", "may follow the URI"),
            ("https://a.example [A", "a name is"),
            ("https://a.example [A] scope", "a name is"),
            ("https://a.example []", "a name is"),
            ("https://a.example [A] [B]", "a name is"),
            ("https://a.example; https://a.example/ x", "occurs twice"),
            ("https://api.example.com/ [API]", "the Audience"),
            ("https://login.example.com/password", "change of password"),
        ] {
            let error = resources(text).unwrap_err().to_string();
            assert!(error.contains("PROTECTED_RESOURCES") && error.contains(said), "{text}: {error}");
        }
        let long = format!("https://a.example [{}]", "x".repeat(MAX_NAME_LEN + 1));
        assert!(resources(&long).is_err());
    }

    #[test]
    fn a_resource_is_found_by_its_identifier_and_returned_as_registered() {
        let resources = resources("https://a.example;https://b.example/;https://a.example/mcp").unwrap();
        let found = |named| resources.find(named).map(|resource| &*resource.identifier);
        assert_eq!(found("https://a.example/"), Some("https://a.example"));
        assert_eq!(found("https://b.example"), Some("https://b.example/"));
        for other in ["https://a.example/mcp/", "https://A.example", "https://a.example?x", "a", ""] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn scopes_that_mean_nothing_at_a_resource_are_left_out() {
        let scope = Scope::parse("openid read write").unwrap();
        assert_eq!(resource("https://a.example", "", None).bound(&scope), scope);
        let bound = resource("https://a.example", "read other", None).bound(&scope);
        assert_eq!(bound, Scope::parse("read").unwrap());
    }
}
