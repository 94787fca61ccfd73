//! Which function a path and a method belong to.

use std::collections::BTreeMap;

use axum::http::Method;
use percent_encoding::percent_decode_str;

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

/// The parameters of a path that fits the pattern; each stands for one segment that is not empty.
fn parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    if pattern.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (expected, actual) in pattern.split('/').zip(path.split('/')) {
        let actual = percent_decode_str(actual).decode_utf8_lossy();
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !actual.is_empty() => {
                parameters.insert(name.to_owned(), actual.into_owned());
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
        assert_eq!(id("/sessions/a%20b").as_deref(), Some("a b"));
        for path in ["/sessions", "/sessions/", "/sessions/a/b", "/other/a", "sessions/a"] {
            assert_eq!(id(path), None, "{path}");
        }
    }
}
