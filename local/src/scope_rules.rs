//! Hints about the scope rules at the start. Only the authorizer rejects rules.

use crate::template::{BoundRoute, near};

/// A line for each rule that may be a mistake: its path is neither served here nor passed on to a server of yours, or
/// its scopes contain a comma.
pub fn doubts(rules: &str, routes: &[BoundRoute], is_sent_on: impl Fn(&str) -> bool) -> Vec<String> {
    let rules = rules.split(['\n', ';']).map(str::trim).filter(|rule| !rule.is_empty());
    rules.flat_map(|rule| [unserved(rule, routes, &is_sent_on), comma(rule)]).flatten().collect()
}

/// A line if the rules close Latchgate's own endpoints behind the authorizer, because no rule names them.
pub fn closed(rules: &str, default: &str, routes: &[BoundRoute]) -> Option<String> {
    let mut rules = rules.split(['\n', ';']).map(str::trim).filter(|rule| !rule.is_empty()).peekable();
    let denies = default == "deny" || (default != "allow" && rules.peek().is_some());
    if !denies {
        return None;
    }
    let rules: Vec<_> = rules.collect();
    let is_named = |route: &BoundRoute| {
        rules.iter().any(|rule| {
            let mut words = rule.split_ascii_whitespace();
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            (matches!(method, "*" | "ANY") || method == route.method)
                && matches(path.as_bytes(), route.path.as_bytes())
        })
    };
    let closed = routes.iter().filter(|route| route.is_protected && !is_named(route));
    let closed: Vec<_> = closed.map(|route| format!("{} {}", route.method, route.path)).collect();
    let example = closed.first()?.split('{').next()?;
    let any = if example.ends_with('/') { "*" } else { "" };
    let closed = closed.join(", ");
    Some(format!(
        "no scope rule names {closed}: with ScopeDefault={default}, calls that no rule names are refused. A \
         rule like \"{example}{any} -\" opens one to any valid token, and ScopeDefault=allow opens all"
    ))
}

fn unserved(rule: &str, routes: &[BoundRoute], is_sent_on: impl Fn(&str) -> bool) -> Option<String> {
    let mut words = rule.split_ascii_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    if !path.starts_with('/') || is_sent_on(path) {
        return None;
    }
    let is_meant = |route: &&BoundRoute| matches(path.as_bytes(), route.path.as_bytes());
    let mut meant = routes.iter().filter(is_meant).peekable();
    if meant.peek().is_none() {
        let hint = near::hint(near::nearest(path, routes.iter().map(|route| route.path.as_str())).as_deref());
        return Some(format!(
            "the scope rule {rule:?} is for a path that nothing here serves{hint}. That is right only if an \
             API of your own has the path"
        ));
    }
    let is_of_method = |route: &BoundRoute| {
        matches!(method, "*" | "ANY" | "OPTIONS")
            || route.method == method
            || (route.method == "GET" && method == "HEAD")
    };
    (!meant.any(is_of_method)).then(|| {
        format!("the scope rule {rule:?} is for a method that the path doesn't have here. That is right only if an API of your own has it")
    })
}

fn comma(rule: &str) -> Option<String> {
    let has_comma =
        rule.split_ascii_whitespace().skip(1).any(|word| word.contains(',') && !word.starts_with('/'));
    has_comma.then(|| {
        format!("the scope rule {rule:?} has a comma: scopes are separated by spaces, so this is one scope with a comma in it")
    })
}

/// Whether the pattern matches a path of the route: `*` in the pattern is any text, `{…}` in the route is one segment.
fn matches(pattern: &[u8], route: &[u8]) -> bool {
    match (pattern, route) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            matches(rest, route) || route.split_first().is_some_and(|(_, route)| matches(pattern, route))
        }
        (_, [b'{', ..]) => {
            let end = route.iter().position(|b| *b == b'}').map_or(route.len(), |end| end + 1);
            let segment = pattern.iter().position(|b| matches!(b, b'/' | b'*')).unwrap_or(pattern.len());
            let after = &pattern[segment..];
            // The text that a `*` in the segment matches may reach beyond the segment.
            (segment > 0 || after.first() == Some(&b'*')) && matches(after, &route[end..])
        }
        ([a, pattern @ ..], [b, route @ ..]) => a == b && matches(pattern, route),
        ([], _) | (_, []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts_of(rules: &str) -> Vec<String> {
        let route = |method: &str, path: &str| BoundRoute {
            method: method.to_owned(),
            path: path.to_owned(),
            function: "sessions".to_owned(),
            is_protected: true,
        };
        doubts(rules, &[route("GET", "/sessions"), route("DELETE", "/sessions/{session_id}")], |path| {
            path.starts_with("/mine")
        })
    }

    #[test]
    fn rules_for_served_paths_raise_no_doubt() {
        for rules in [
            "",
            "GET /sessions read; DELETE /sessions/* write",
            "HEAD /sessions read",
            "* /* read",
            "* /sessions/x -",
            "DELETE /*/me read",
            "$connect chat",
            "nonsense",
            "POST /mine/orders* write",
            "GET",
        ] {
            assert_eq!(doubts_of(rules), Vec::<String>::new(), "{rules}");
        }
    }

    #[test]
    fn endpoints_that_no_rule_names_are_reported_as_closed() {
        let route = |method: &str, path: &str, is_protected| BoundRoute {
            method: method.to_owned(),
            path: path.to_owned(),
            function: "sessions".to_owned(),
            is_protected,
        };
        let routes = [
            route("DELETE", "/sessions/{session_id}", true),
            route("GET", "/sessions", true),
            route("OPTIONS", "/sessions", false),
            route("POST", "/login", false),
        ];
        for (rules, default, named) in [
            ("", "auto", None),
            ("GET /orders* read", "allow", None),
            ("* /sessions* -", "auto", None),
            ("GET /sessions -; DELETE /sessions/* -", "deny", None),
            ("GET /orders* read", "auto", Some("names DELETE /sessions/{session_id}, GET /sessions: with")),
            ("", "deny", Some("names DELETE /sessions/{session_id}, GET /sessions: with")),
            ("GET /sessions -", "auto", Some("\"DELETE /sessions/* -\"")),
            (
                "POST /sessions* -; DELETE /sessions/* x",
                "auto",
                Some("names GET /sessions: with ScopeDefault=auto"),
            ),
        ] {
            let said = closed(rules, default, &routes);
            match named {
                None => assert_eq!(said, None, "{rules} {default}"),
                Some(named) => {
                    assert!(said.as_ref().is_some_and(|said| said.contains(named)), "{rules}: {said:?}");
                }
            }
        }
    }

    #[test]
    fn a_slip_is_named() {
        for (rules, said) in [
            ("GET /orders* read", "nothing here serves. That is right"),
            ("GET /session read", "did you mean /sessions?"),
            ("GET /sessions/x/y read", "nothing here serves"),
            ("POST /sessions read", "a method that the path doesn't have"),
            ("GET /sessions read,write", "separated by spaces"),
        ] {
            let doubts = doubts_of(rules);
            assert!(doubts.len() == 1 && doubts[0].contains(said), "{rules}: {doubts:?}");
        }
    }
}
