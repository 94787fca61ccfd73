//! The metadata of protected resources (RFC 9728), and their paths.

use serde_json::{Value, json};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    resource::{Resource, Resources},
    route,
    scope::Scope,
};

/// How an access token is sent (RFC 9728 section 2, RFC 6750 section 2.1).
const BEARER_METHODS: [&str; 1] = ["header"];

/// The resources with metadata: those that are registered, and our own API if `AUDIENCE` is a URL.
#[derive(Debug)]
pub(crate) struct ProtectedResources {
    all: Vec<Resource>,
    /// Scheme, host and port of the issuer.
    issuer_origin: String,
}

impl ProtectedResources {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let registered = Resources::from_environment(environment)?;
        let own = environment.optional(variable::AUDIENCE).and_then(own_api);
        let issuer_origin = origin_and_path(environment.required(variable::ISSUER)?).0.to_owned();
        Ok(Self { all: registered.iter().cloned().chain(own).collect(), issuer_origin })
    }

    /// The identifiers of all resources.
    pub(crate) fn identifiers(&self) -> Vec<&str> {
        self.all.iter().map(|resource| &*resource.identifier).collect()
    }

    /// The resource whose metadata is at this path. The API's stage and a custom domain's base path may come
    /// before [`route::PROTECTED_RESOURCE`]. After it comes the resource's path, if the resource has the
    /// issuer's origin (RFC 9728 section 3.1). Each resource also has a path with its host and path. Clients
    /// can't derive that one: a challenge, or a route at the resource's own origin, leads to it.
    pub(crate) fn find(&self, path: &str) -> Option<&Resource> {
        let (_, place) = path.split_once(route::PROTECTED_RESOURCE)?;
        let is_of_issuer = |resource: &&Resource| {
            let (origin, path) = origin_and_path(&resource.identifier);
            origin == self.issuer_origin && path == place
        };
        let is_named = |resource: &&Resource| {
            let (_, path) = origin_and_path(&resource.identifier);
            let after_host = place.strip_prefix('/').and_then(|place| place.strip_prefix(resource.host()));
            after_host.is_some_and(|rest| rest == path || path.is_empty() && rest == "/")
        };
        self.all.iter().find(is_of_issuer).or_else(|| self.all.iter().find(is_named))
    }
}

/// The document of RFC 9728 section 2. It lists the resource's `scopes`, and omits them if none are
/// registered, since any scope is allowed then. `proofs` are the algorithms for DPoP proofs, if new tokens
/// are bound. Unbound tokens work too.
pub(crate) fn document(resource: &Resource, issuer: &str, proofs: Option<&[&str]>) -> Value {
    let mut document = json!({
        "resource": resource.identifier,
        "authorization_servers": [issuer],
        "bearer_methods_supported": BEARER_METHODS,
    });
    if !resource.scopes.is_empty() {
        document["scopes_supported"] = resource.scopes.tokens().collect();
    }
    if let Some(name) = &resource.name {
        document["resource_name"] = json!(name);
    }
    if let Some(algorithms) = proofs {
        document["dpop_signing_alg_values_supported"] = json!(algorithms);
    }
    document
}

/// Our own API as a resource. Its audience may be any text, but only a URL without query and fragment is an
/// identifier.
fn own_api(audience: &str) -> Option<Resource> {
    let is_url = audience.starts_with("https://") || audience.starts_with("http://");
    let resource = Resource { identifier: audience.to_owned(), scopes: Scope::default(), name: None };
    (is_url && !resource.host().is_empty() && !audience.contains(['?', '#'])).then_some(resource)
}

/// Splits a URL into scheme, host and port, and its path. A path `/` becomes empty, since no slash follows
/// the host in a metadata path (RFC 9728 section 3.1).
fn origin_and_path(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let (origin, path) = url[host..].find('/').map_or((url, ""), |at| url.split_at(host + at));
    (origin, if path == "/" { "" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(issuer: &str, audience: &str, registered: &str) -> ProtectedResources {
        let variables = [
            (variable::ISSUER, issuer),
            (variable::AUDIENCE, audience),
            (variable::PROTECTED_RESOURCES, registered),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ProtectedResources::from_environment(&Environment::from_variables(variables)).unwrap()
    }

    #[test]
    fn metadata_is_found_by_host_and_for_the_issuers_origin_by_rfc_path() {
        let resources = resources(
            "https://login.example.com/one",
            "https://login.example.com/one",
            "https://notes.example.com/mcp; https://bare.example.com/; https://login.example.com:8443; http://localhost:8787/mcp; https://a.io/x",
        );
        for (place, identifier) in [
            ("/notes.example.com/mcp", "https://notes.example.com/mcp"),
            ("/bare.example.com", "https://bare.example.com/"),
            ("/bare.example.com/", "https://bare.example.com/"),
            ("/login.example.com:8443", "https://login.example.com:8443"),
            ("/localhost:8787/mcp", "http://localhost:8787/mcp"),
            ("/a.io/x", "https://a.io/x"),
            ("/login.example.com/one", "https://login.example.com/one"),
            ("/one", "https://login.example.com/one"),
        ] {
            for before in ["", "/prod", "/base/prod"] {
                let path = format!("{before}/.well-known/oauth-protected-resource{place}");
                let found = resources.find(&path).map(|resource| &*resource.identifier);
                assert_eq!(found, Some(identifier), "{path}");
            }
        }
        for place in [
            "",
            "/",
            "one",
            "/one/",
            "/two",
            "/mcp",
            "/notes.example.com",
            "/notes.example.com/",
            "/notes.example.com/mcp/",
            "/notes.example.com/mcp/x",
            "/other.example.com/mcp",
            "notes.example.com/mcp",
            "/https://notes.example.com/mcp",
            "/bare.example.com//",
            "/bare.example.community",
            "/login.example.com",
            "/x/notes.example.com/mcp",
        ] {
            let path = format!("/.well-known/oauth-protected-resource{place}");
            assert_eq!(resources.find(&path), None, "{path}");
        }
        assert_eq!(resources.find("/notes.example.com/mcp"), None);
    }

    #[test]
    fn the_bare_path_serves_only_the_pathless_resource_of_its_origin() {
        let bare = "/.well-known/oauth-protected-resource";
        let of = |audience: &str, registered: &str| {
            let resources = resources("https://login.example.com", audience, registered);
            resources.find(bare).map(|resource| resource.identifier.clone())
        };
        assert_eq!(of("https://login.example.com", "").as_deref(), Some("https://login.example.com"));
        assert_eq!(of("api", "https://login.example.com/ x").as_deref(), Some("https://login.example.com/"));
        assert_eq!(of("api", "https://notes.example.com"), None);
        assert_eq!(of("https://api.example.com", ""), None);
    }

    #[test]
    fn an_audience_that_is_not_a_url_has_no_metadata() {
        for audience in
            ["api", "urn:api", "https://", "https:///x", "https://a.example?x", "https://a.example#x"]
        {
            assert!(resources("https://login.example.com", audience, "").all.is_empty(), "{audience}");
        }
        let both = resources("https://login.example.com", "https://a.example", "https://b.example");
        assert_eq!(both.identifiers(), ["https://b.example", "https://a.example"]);
    }
}
