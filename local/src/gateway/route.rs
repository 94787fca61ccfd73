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

/// The parameters of a path that fits the pattern, as they are spelled; each stands for one segment that is not empty.
fn parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
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
}
