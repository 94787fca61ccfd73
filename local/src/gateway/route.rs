//! Which function a path and a method belong to.

use std::collections::BTreeMap;

use authorizer::NormalPath;
use axum::http::Method;

use crate::template::BoundRoute;

/// The routes of the API.
#[derive(Debug)]
pub(super) struct Routes(pub(super) Vec<BoundRoute>);

impl Routes {
    /// The route of this method and path, and the path's parameters.
    pub(super) fn find(
        &self,
        method: &Method,
        path: &str,
    ) -> Option<(&BoundRoute, BTreeMap<String, String>)> {
        self.0
            .iter()
            .filter(|route| route.method == method.as_str())
            .find_map(|route| Some((route, parameters(&route.path, path)?)))
    }

    /// Whether any method has this path.
    pub(super) fn has_path(&self, path: &str) -> bool {
        self.0.iter().any(|route| parameters(&route.path, path).is_some())
    }
}

/// Whether API Gateway's answer to a path in this spelling is known: of a path in its normal form that no slash ends.
/// Another spelling it may route to the same function, or decode, or refuse.
pub(super) fn is_known(path: &str) -> bool {
    NormalPath::parse(path).is_some_and(|path| !path.ends_in_slash())
}

/// The parameters of a path that fits the pattern, as they are spelled; each stands for one segment that is not empty, and
/// `{name+}` at the end for one or more.
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

    #[test]
    fn a_spelling_that_is_not_normal_is_not_known() {
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
