//! Routing: the function or server that a method and path belong to.

use std::collections::BTreeMap;

use authorizer::NormalPath;
use axum::http::Method;

use super::upstream::{self, Upstream, Upstreams};
use crate::template::{ANY, BoundRoute};

/// The routes of the API.
#[derive(Debug)]
pub(super) struct Routes {
    /// The routes of Latchgate's functions.
    pub(super) own: Vec<BoundRoute>,
    /// The routes of your functions, which this program doesn't run.
    pub(super) others: Vec<BoundRoute>,
    /// Your servers, which receive every request that isn't for Latchgate's functions.
    pub(super) upstreams: Upstreams,
}

/// The target of a request that isn't for Latchgate's functions.
#[derive(Debug)]
pub(super) struct Other<'a> {
    /// Your server. `None` if the route is for one of your functions, which this program doesn't run.
    pub(super) upstream: Option<&'a Upstream>,
    /// The path pattern of the route.
    pub(super) resource: &'a str,
    pub(super) path_parameters: BTreeMap<String, String>,
    pub(super) is_protected: bool,
}

impl Routes {
    /// The route of this method and path, and its path parameters.
    pub(super) fn find(
        &self,
        method: &Method,
        path: &str,
    ) -> Option<(&BoundRoute, BTreeMap<String, String>)> {
        find(&self.own, method, path)
    }

    /// The target of this method and path. `None` if no route and no server takes them.
    pub(super) fn find_other(&self, method: &Method, path: &str) -> Option<Other<'_>> {
        let route = find(&self.others, method, path);
        // The authorized path and the path that is passed on are the same.
        let upstream = self.upstreams.find(path).filter(|_| upstream::passes(method));
        let is_protected = route.as_ref().is_none_or(|(route, _)| route.is_protected);
        match (route, upstream) {
            (None, None) => None,
            (Some((route, path_parameters)), upstream) => {
                Some(Other { upstream, resource: &route.path, path_parameters, is_protected })
            }
            (None, upstream) => {
                let rest = path.trim_start_matches('/');
                let (resource, path_parameters) = if rest.is_empty() {
                    ("/", BTreeMap::new())
                } else {
                    ("/{proxy+}", [("proxy".to_owned(), rest.to_owned())].into())
                };
                Some(Other { upstream, resource, path_parameters, is_protected })
            }
        }
    }

    /// Whether a route or a server has this path, for any method.
    pub(super) fn has_path(&self, path: &str) -> bool {
        self.has_route(path) || self.upstreams.find(path).is_some()
    }

    /// Whether a route of the template has this path.
    pub(super) fn has_route(&self, path: &str) -> bool {
        self.is_own(path) || self.others.iter().any(|route| parameters(&route.path, path).is_some())
    }

    /// Whether one of Latchgate's routes has this path, whatever the method.
    pub(super) fn is_own(&self, path: &str) -> bool {
        self.own.iter().any(|route| parameters(&route.path, path).is_some())
    }

    /// Whether API Gateway's answer to this spelling of a path is known, as it is for the normal form. A path with a
    /// final slash goes to your server as it is; API Gateway might route it to one of Latchgate's functions.
    pub(super) fn know(&self, path: &str) -> bool {
        NormalPath::parse(path)
            .is_some_and(|normal| !normal.ends_in_slash() || self.upstreams.find(path).is_some())
    }
}

/// The first route of this method and path. Exact paths come before patterns.
fn find<'a>(
    routes: &'a [BoundRoute],
    method: &Method,
    path: &str,
) -> Option<(&'a BoundRoute, BTreeMap<String, String>)> {
    let is_of = |route: &&BoundRoute| route.method == method.as_str() || route.method == ANY;
    let found = routes.iter().filter(is_of).filter_map(|route| Some((route, parameters(&route.path, path)?)));
    found.min_by_key(|(route, _)| route.path.ends_with("+}"))
}

/// The parameters of a path that matches the pattern, as they are spelled. Each stands for one segment that isn't
/// empty; a final `{name+}` stands for one or more.
fn parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    if let Some((before, name)) = pattern.strip_suffix("+}").and_then(|pattern| pattern.rsplit_once("/{")) {
        let at = path.match_indices('/').nth(before.matches('/').count())?.0;
        let (start, rest) = (&path[..at], path[at..].trim_start_matches('/'));
        let mut found = parameters(before, start).filter(|_| !rest.is_empty())?;
        found.insert(name.to_owned(), rest.to_owned());
        return Some(found);
    }
    if pattern.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (expected, actual) in pattern.split('/').zip(path.split('/')) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !actual.is_empty() => {
                parameters.insert(name.to_owned(), actual.to_owned());
            }
            _ if expected == actual => {}
            _ => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_one_segment() {
        let id = |path| parameters("/sessions/{id}", path).and_then(|mut found| found.remove("id"));
        assert_eq!(id("/sessions/a%20b").as_deref(), Some("a%20b"));
        for path in ["/sessions", "/sessions/", "/sessions/a/b", "/other/a", "sessions/a"] {
            assert_eq!(id(path), None, "{path}");
        }
    }

    fn routes(upstreams: &[&str]) -> Routes {
        let route = |method: &str, path: &str, is_protected| BoundRoute {
            path: path.to_owned(),
            method: method.to_owned(),
            function: String::new(),
            is_protected,
        };
        let upstreams = upstreams.iter().map(|text| text.parse().unwrap()).collect();
        Routes {
            own: vec![route("POST", "/login", false), route("GET", "/sessions", true)],
            others: vec![
                route(ANY, "/{proxy+}", true),
                route("GET", "/hello", false),
                route("GET", "/hello/{name}", true),
            ],
            upstreams: Upstreams::new(upstreams).unwrap(),
        }
    }

    #[test]
    fn a_spelling_that_is_not_normal_is_not_known() {
        let is_known = |path| routes(&[]).know(path);
        for path in ["/", "/sessions", "/sessions/a%20b", "/sessions/a%40b", "/.well-known/jwks.json"] {
            assert!(is_known(path), "{path}");
        }
        for path in [
            "/%73essions",
            "/sessions/",
            "//sessions",
            "/sessions;x",
            "/x/../sessions",
            "/sessions/a%2Fb",
            "*",
        ] {
            assert!(!is_known(path), "{path}");
        }
        let routes = routes(&["http://h:1"]);
        assert!(routes.know("/orders/"));
        assert!(!routes.know("/orders//") && !routes.know("/orders/a%2Fb") && !routes.know("/x/../orders"));
    }

    #[test]
    fn other_paths_go_to_a_server_or_a_function_of_the_user() {
        let with = routes(&["http://h:1", "/b=http://h:2"]);
        let without = routes(&[]);
        for (method, path, url, resource, is_protected) in [
            ("GET", "/hello", "http://h:1", "/hello", false),
            ("POST", "/hello", "http://h:1", "/{proxy+}", true),
            ("GET", "/hello/x", "http://h:1", "/hello/{name}", true),
            ("GET", "/login", "http://h:1", "/{proxy+}", true),
            ("PATCH", "/b/c/", "http://h:2", "/{proxy+}", true),
            ("GET", "/", "http://h:1", "/", true),
        ] {
            let method: Method = method.parse().unwrap();
            let other = with.find_other(&method, path).unwrap();
            assert_eq!((other.resource, other.is_protected), (resource, is_protected), "{method} {path}");
            assert_eq!(other.upstream.unwrap().url().to_string(), url, "{method} {path}");
            let unserved = without.find_other(&method, path);
            assert!(unserved.is_none_or(|other| other.upstream.is_none()), "{method} {path}");
        }
        assert!(with.find(&Method::POST, "/login").is_some());
        let (options, trace) = (Method::OPTIONS, Method::TRACE);
        for method in [&options, &trace] {
            assert!(with.find_other(method, "/b").is_none_or(|other| other.upstream.is_none()), "{method}");
        }
    }

    #[test]
    fn a_greedy_parameter_is_one_segment_or_more() {
        let rest = |path| parameters("/a/{rest+}", path).and_then(|mut found| found.remove("rest"));
        assert_eq!(rest("/a/b").as_deref(), Some("b"));
        assert_eq!(rest("/a/b/c%20d").as_deref(), Some("b/c%20d"));
        for path in ["/a", "/a/", "/b/c", "a/b", "/"] {
            assert_eq!(rest(path), None, "{path}");
        }
    }
}
