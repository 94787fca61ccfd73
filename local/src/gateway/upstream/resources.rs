//! The APIs in front of your servers as resources (RFC 8707). Each accepts only tokens for itself.
//!
//! In AWS each is an API with the stage variable `latchgate_resource`, and a route from its well-known path to
//! Latchgate's document. `examples/consumer` has both.

use std::{cmp::Reverse, str::FromStr};

use authorizer::NormalPath;
use axum::http::{Uri, header, request::Parts, uri::Authority};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    resource::{Resource, Resources},
    route,
};

/// A resource of `--upstream-resource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenResource(String);

/// A text that isn't such a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "--upstream-resource takes a path or a URL, and after it scopes and a name, if the API has them: /mcp, or '/mcp notes:read [Notes]'"
)]
pub struct MalformedResource;

impl FromStr for GivenResource {
    type Err = MalformedResource;

    fn from_str(text: &str) -> Result<Self, MalformedResource> {
        let is_one = !text.contains([';', '\n']) && (text.starts_with('/') || text.contains("://"));
        if is_one { Ok(Self(text.to_owned())) } else { Err(MalformedResource) }
    }
}

impl GivenResource {
    /// The entries for the parameter `ProtectedResources`. A path becomes one resource for each of these origins.
    fn entries(&self, origins: &[String]) -> Vec<String> {
        match self.0.strip_prefix('/') {
            None => vec![self.0.clone()],
            // The path `/` counts as empty.
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
                origins.iter().map(|origin| format!("{origin}{rest}")).collect()
            }
            Some(_) => origins.iter().map(|origin| format!("{origin}{}", self.0)).collect(),
        }
    }
}

/// The resources of `--upstream-resource`.
#[derive(Clone, Debug, Default)]
pub struct UpstreamResources {
    /// Sorted by path length, longest first.
    all: Vec<Resource>,
    /// The URL of this server.
    url: String,
}

impl UpstreamResources {
    /// The resources of a server that clients reach by these origins. The documents name the first.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if an entry is malformed or stands twice.
    pub fn new(given: &[GivenResource], origins: &[String]) -> Result<Self, EnvironmentError> {
        let entries: Vec<_> = given.iter().flat_map(|given| given.entries(origins)).collect();
        let mut all: Vec<_> = read(&entries.join(";"))?.iter().cloned().collect();
        all.sort_by_key(|resource| Reverse(segments(path_of(resource))));
        Ok(Self { all, url: origins.first().cloned().unwrap_or_default() })
    }

    /// The value of `ProtectedResources` with these resources added.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if the present value is malformed.
    pub fn registered(&self, already: &str) -> Result<String, EnvironmentError> {
        let registered = read(already)?;
        let missing = self.all.iter().filter(|resource| registered.find(&resource.identifier).is_none());
        let entries = missing.map(|resource| {
            let identifier = std::iter::once(&*resource.identifier);
            let words = identifier.chain(resource.scopes.tokens()).map(str::to_owned);
            let name = resource.name.iter().map(|name| format!("[{name}]"));
            words.chain(name).collect::<Vec<_>>().join(" ")
        });
        let already = Some(already.to_owned()).filter(|_| !registered.is_empty());
        Ok(already.into_iter().chain(entries).collect::<Vec<_>>().join(";"))
    }

    /// All resources.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.all.iter()
    }

    /// The paths of all resources.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(path_of)
    }

    /// The resource that is called. Of the resources whose paths the called path begins with, segment by segment, the
    /// longest path wins; of those with the same path, the called host.
    pub(in crate::gateway) fn find(&self, parts: &Parts) -> Option<&Resource> {
        let path = NormalPath::parse(parts.uri.path())?;
        let takes = |resource: &&Resource| {
            // Paths are compared decoded, like those of servers.
            let begin = match path_of(resource) {
                "" => Some(String::new()),
                path => NormalPath::parse(path).map(|path| path.text().to_owned()),
            };
            let rest = begin.and_then(|begin| path.text().strip_prefix(&*begin));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let host = host(parts);
        let is_elsewhere = |resource: &&Resource| host.as_deref() != Some(resource.host());
        self.all
            .iter()
            .filter(takes)
            .min_by_key(|resource| (Reverse(segments(path_of(resource))), is_elsewhere(resource)))
    }

    /// Rewrites the well-known path of a resource on the called host (RFC 9728 section 3.1) to that of Latchgate's
    /// document, as the API's route does in AWS.
    pub(in crate::gateway) fn lead(&self, parts: &mut Parts) {
        let place = parts.uri.path().strip_prefix(route::PROTECTED_RESOURCE);
        let host = host(parts);
        let is_called = |resource: &&Resource| {
            host.as_deref() == Some(resource.host()) && place == Some(path_of(resource))
        };
        let document = self.all.iter().find(is_called).map(named_place);
        if let Some(Ok(uri)) = document.map(|document| document.parse::<Uri>()) {
            parts.uri = uri;
        }
    }

    /// The URL of the resource's metadata: its own well-known URL if the called host serves it, or else Latchgate's.
    pub(in crate::gateway) fn metadata(&self, resource: &Resource, parts: &Parts) -> String {
        if host(parts).as_deref() == Some(resource.host()) {
            let (origin, path) = origin_and_path(resource);
            return format!("{origin}{}{path}", route::PROTECTED_RESOURCE);
        }
        format!("{}{}", self.url, named_place(resource))
    }
}

fn read(entries: &str) -> Result<Resources, EnvironmentError> {
    let variables = [(variable::PROTECTED_RESOURCES.to_owned(), entries.to_owned())];
    Resources::from_environment(&Environment::from_variables(variables))
}

/// The path of the resource's document in `functions/metadata`.
fn named_place(resource: &Resource) -> String {
    format!("{}/{}{}", route::PROTECTED_RESOURCE, resource.host(), path_of(resource))
}

/// The origin and the path of the identifier. The path is empty if it is `/` or missing.
fn origin_and_path(resource: &Resource) -> (&str, &str) {
    let identifier = &resource.identifier;
    let host = identifier.find("://").map_or(0, |at| at + "://".len());
    let (origin, path) = identifier.split_at(host + resource.host().len());
    (origin, if path == "/" { "" } else { path })
}

fn path_of(resource: &Resource) -> &str {
    origin_and_path(resource).1
}

fn segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}

/// The called host, with its port.
fn host(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    parts.uri.authority().map(Authority::as_str).or(header).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const ORIGINS: [&str; 2] = ["http://127.0.0.1:8787", "http://localhost:8787"];

    fn resources(given: &[&str]) -> UpstreamResources {
        let given: Vec<_> = given.iter().map(|text| text.parse().unwrap()).collect();
        UpstreamResources::new(&given, &ORIGINS.map(str::to_owned)).unwrap()
    }

    fn parts(host: &str, path: &str) -> Parts {
        Request::get(path).header(header::HOST, host).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_path_is_a_resource_of_each_host_and_is_registered_once() {
        let all = resources(&["/mcp notes:read notes:write [Notes]", "https://files.example.com/files"]);
        let expected = "http://127.0.0.1:8787/mcp notes:read notes:write [Notes];\
                        http://localhost:8787/mcp notes:read notes:write [Notes];https://files.example.com/files";
        assert_eq!(all.registered("").unwrap(), expected);
        let already = "https://files.example.com/files x; http://localhost:8787/mcp";
        let expected = format!("{already};http://127.0.0.1:8787/mcp notes:read notes:write [Notes]");
        assert_eq!(all.registered(already).unwrap(), expected);
        assert_eq!(all.registered(&expected).unwrap(), expected);
        assert_eq!(resources(&["/"]).registered("").unwrap(), ORIGINS.join(";"));
        assert_eq!(resources(&["/ a"]).registered("").unwrap(), ORIGINS.map(|o| format!("{o} a")).join(";"));
    }

    #[test]
    fn the_longest_path_wins_and_then_the_host_that_is_called() {
        let all = resources(&["/mcp", "/mcp/admin", "https://files.example.com/files"]);
        for (host, path, identifier) in [
            ("127.0.0.1:8787", "/mcp", Some("http://127.0.0.1:8787/mcp")),
            ("LOCALHOST:8787", "/mcp", Some("http://localhost:8787/mcp")),
            ("localhost:8787", "/mcp/tools", Some("http://localhost:8787/mcp")),
            ("127.0.0.1:8787", "/mcp/", Some("http://127.0.0.1:8787/mcp")),
            ("localhost:8787", "/mcp/admin/x", Some("http://localhost:8787/mcp/admin")),
            ("[::1]:8787", "/mcp", Some("http://127.0.0.1:8787/mcp")),
            ("127.0.0.1:8787", "/files/a", Some("https://files.example.com/files")),
            ("127.0.0.1:8787", "/mcps", None),
            ("127.0.0.1:8787", "/", None),
            ("127.0.0.1:8787", "/x/mcp", None),
        ] {
            let found = all.find(&parts(host, path)).map(|resource| &*resource.identifier);
            assert_eq!(found, identifier, "{host} {path}");
        }
        let root = resources(&["/", "/mcp"]);
        let found = |path| root.find(&parts(ORIGINS[0], path)).map(|resource| resource.identifier.clone());
        assert_eq!(found("/orders").as_deref(), Some(ORIGINS[0]));
        assert_eq!(found("/mcp").as_deref(), Some("http://127.0.0.1:8787/mcp"));
    }

    #[test]
    fn a_challenge_and_the_well_known_place_lead_to_the_same_document() {
        let all = resources(&["/mcp", "/", "https://files.example.com/files"]);
        let place = route::PROTECTED_RESOURCE;
        for (host, path, metadata) in [
            ("127.0.0.1:8787", "/mcp", format!("http://127.0.0.1:8787{place}/mcp")),
            ("localhost:8787", "/mcp", format!("http://localhost:8787{place}/mcp")),
            ("localhost:8787", "/orders", format!("http://localhost:8787{place}")),
            ("[::1]:8787", "/mcp", format!("http://127.0.0.1:8787{place}/127.0.0.1:8787/mcp")),
            ("localhost:8787", "/files", format!("http://127.0.0.1:8787{place}/files.example.com/files")),
        ] {
            let parts = parts(host, path);
            assert_eq!(all.metadata(all.find(&parts).unwrap(), &parts), metadata, "{host} {path}");
        }
        for (host, path, document) in [
            ("localhost:8787", "/mcp", "/localhost:8787/mcp"),
            ("127.0.0.1:8787", "/mcp", "/127.0.0.1:8787/mcp"),
            ("127.0.0.1:8787", "", "/127.0.0.1:8787"),
            ("127.0.0.1:8787", "/files", "/files"),
            ("files.example.com", "/files", "/files.example.com/files"),
            ("127.0.0.1:8787", "/mcp/x", "/mcp/x"),
            ("[::1]:8787", "/mcp", "/mcp"),
        ] {
            let mut parts = parts(host, &format!("{place}{path}"));
            all.lead(&mut parts);
            assert_eq!(parts.uri.path(), format!("{place}{document}"), "{host} {path}");
        }
    }

    #[test]
    fn a_malformed_resource_is_refused() {
        for text in ["", "mcp", "notes:read", "/mcp; /orders", "localhost:8787/mcp"] {
            assert_eq!(text.parse::<GivenResource>(), Err(MalformedResource), "{text}");
        }
        for given in [
            &["http://notes.example.com/mcp"][..],
            &["/mcp?a=b"],
            &["/../x"],
            &["/mcp [A] b"],
            &["/mcp", "/mcp x"],
            &["/mcp", "http://localhost:8787/mcp"],
        ] {
            let given: Vec<_> = given.iter().map(|text| text.parse().unwrap()).collect();
            assert!(UpstreamResources::new(&given, &ORIGINS.map(str::to_owned)).is_err(), "{given:?}");
        }
    }
}
