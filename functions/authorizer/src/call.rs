//! The call that a request makes.

use std::borrow::Cow;

use shared::route;

use crate::{NormalPath, verdict::Verdict};

/// The methods of API Gateway.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The route of an HTTP API that takes all calls without another route.
const DEFAULT_ROUTE: &str = "$default";

/// The stage of an API, as an ARN without method and path. No Allow of ours goes beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage(String);

/// A call to a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A method and a path.
    Path(&'static str, NormalPath),
    /// A route of a WebSocket API, like `$connect`.
    Route(String),
}

/// A call with its decision.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) stage: &'a Stage,
    /// The part of the event's ARN after the stage.
    pub(crate) arn: &'a str,
    pub(crate) target: Option<&'a Target>,
    pub(crate) verdict: Verdict,
}

/// The facts about a request besides its ARN. An event has each fact in one or two places. The first of the
/// two must have it.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) stage: &'a str,
    pub(crate) methods: [Option<&'a str>; 2],
    /// The path, possibly with a domain's base path or the stage's name before it.
    pub(crate) paths: [Option<&'a str>; 2],
    /// The route that the gateway chose, like `/orders/{id}` or `GET /orders/{id}`.
    pub(crate) routes: [Option<&'a str>; 2],
}

impl Stage {
    /// Parses `arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`, or `…/STAGE/$connect` of a
    /// WebSocket API, and keeps everything up to the stage. It refuses all other texts, such as wildcards,
    /// which API Gateway never sends.
    pub fn of_method_arn(arn: &str) -> Option<Self> {
        Self::and_call(arn).map(|(stage, _)| stage)
    }

    /// Splits the ARN after the stage, before `METHOD/PATH` or `$connect`.
    pub(crate) fn and_call(arn: &str) -> Option<(Self, &str)> {
        let mut parts = arn.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let mut path = parts.next()?.splitn(3, '/');
        let (api, stage, call) = (path.next()?, path.next()?, path.next()?);
        let is_name = |name: &str| !name.is_empty() && !name.contains(['*', '?']);
        let fits =
            head[0] == "arn" && head[2] == "execute-api" && head.into_iter().chain([api, stage]).all(is_name);
        fits.then(|| (Self(format!("{}:{api}/{stage}", head.join(":"))), call))
    }

    /// The name of the stage.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The ARN of this stage's calls that match the pattern, like `GET/orders/*`.
    pub(crate) fn resource(&self, pattern: &str) -> String {
        format!("{}/{pattern}", self.0)
    }

    /// The ARN of any stage's calls that end like the pattern, in the form that AWS documents. It's enough
    /// for a Deny, and a third as long.
    pub(crate) fn anywhere(&self, pattern: &str) -> String {
        let partition = self.0.split(':').nth(1).unwrap_or_default();
        format!("arn:{partition}:execute-api:*:*:*{pattern}")
    }
}

impl Target {
    /// Parses the part of an ARN after the stage. `None`, if its method or path isn't in normal form.
    pub(crate) fn of_arn(call: &str) -> Option<Self> {
        if call.starts_with('$') && !call.contains('/') {
            return Some(Self::Route(call.to_owned()));
        }
        let (method, path) = call.split_once('/').unwrap_or((call, ""));
        let method = METHODS.into_iter().find(|known| *known == method)?;
        Some(Self::Path(method, NormalPath::parse(&format!("/{path}"))?))
    }

    /// Returns the call, if everything in the event agrees with it. API Gateway compares the policy with the
    /// ARN. The ARN's path may be spelled differently from the others, as long as all are normal.
    pub(crate) fn confirmed(self, said: &Said<'_>) -> Option<Self> {
        match self {
            Self::Path(method, path) => {
                let path = said.confirm(method, path)?;
                Some(Self::Path(method, path))
            }
            Self::Route(ref route) => {
                let is_said = all(&said.routes)?.all(|said| said == route);
                is_said.then_some(self)
            }
        }
    }

    pub(crate) fn method(&self) -> Option<&'static str> {
        match self {
            Self::Path(method, _) => Some(method),
            Self::Route(_) => None,
        }
    }

    /// Whether this is the only call that a token for a change of password allows.
    pub(crate) fn is_password_change(&self) -> bool {
        matches!(self, Self::Path("POST", path) if path.text() == route::PASSWORD && !path.ends_in_slash())
    }

    pub(crate) fn folded_path(&self) -> Cow<'_, str> {
        match self {
            Self::Path(_, path) => path.folded().into(),
            Self::Route(route) => route.into(),
        }
    }
}

impl Said<'_> {
    fn confirm(&self, method: &str, path: NormalPath) -> Option<NormalPath> {
        let paths: Option<Vec<_>> = all(&self.paths)?.map(NormalPath::parse).collect();
        let paths = paths?;
        // Some events have the path in place of the route.
        let is_path = |route: &str| NormalPath::parse(route).is_some_and(|route| paths.contains(&route));
        let is_route = |route: &str| is_route_of(route, method, &path) || is_path(route);
        let is_found = all(&self.methods)?.all(|said| said == method) && all(&self.routes)?.all(is_route);
        if !is_found || !paths.iter().all(|said| self.is_below(said, &path)) {
            return None;
        }
        // Below a stage's root, the path is the stage's name, with or without a slash.
        let is_slashed = path.text() != "/" && paths.iter().any(NormalPath::ends_in_slash);
        Some(path.with_slash(is_slashed))
    }

    /// Whether `said` is the path, or the path below a domain's base path or the stage's name. If the path is
    /// the root, any text could be such a base path. Then `said` has to be the stage's name, or the route has
    /// to be the root's or `$default`, and a rule for `/` decides.
    fn is_below(&self, said: &NormalPath, path: &NormalPath) -> bool {
        let is_of_root = |route: &str| route == DEFAULT_ROUTE || route.rsplit(' ').next() == Some("/");
        let is_root = || {
            said.text().strip_prefix('/') == Some(self.stage)
                || self.routes.iter().flatten().all(|route| is_of_root(route))
        };
        said.ends_with(path) || path.text() == "/" && is_root()
    }
}

/// The values of a fact; `None`, if the first place has none.
fn all<'a>(said: &[Option<&'a str>; 2]) -> Option<impl Iterator<Item = &'a str>> {
    said[0]?;
    Some(said.iter().copied().flatten())
}

/// Whether the gateway may have chosen this route for the call: `/orders/{id}` of a REST API; `GET
/// /orders/{id}`, `ANY /{proxy+}` or `$default` of an HTTP API. If not, the gateway took another spelling for
/// the same path.
fn is_route_of(route: &str, method: &str, path: &NormalPath) -> bool {
    if route == DEFAULT_ROUTE {
        return true;
    }
    let route = match route.split_once(' ') {
        Some((of, route)) if of == "ANY" || of == method => route,
        Some(_) => return false,
        None => route,
    };
    let (mut expected, mut actual) = (route.split('/'), path.text().split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(expected), Some(actual)) if expected == actual => {}
            (Some(expected), Some(actual))
                if expected.starts_with('{') && expected.ends_with('}') && !actual.is_empty() =>
            {
                // This part takes the rest of the path.
                if expected.ends_with("+}") {
                    return true;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_arn_is_cut_to_its_stage() {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod";
        for call in ["GET/me/x", "GET/", "$connect"] {
            assert_eq!(Stage::of_method_arn(&format!("{arn}/{call}")), Some(Stage(arn.to_owned())), "{call}");
        }
        let default = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/$default";
        assert_eq!(Stage::of_method_arn(&format!("{default}/GET/me")), Some(Stage(default.to_owned())));
    }

    #[test]
    fn a_stage_has_the_name_and_the_length_of_its_arn() {
        for name in ["prod", "$default"] {
            let arn = format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2/{name}");
            let stage = Stage::of_method_arn(&format!("{arn}/GET/me")).unwrap();
            assert_eq!((stage.name(), stage.len()), (name, arn.len()));
        }
    }

    #[test]
    fn a_call_is_a_method_with_a_path_or_a_route() {
        let path = |path: &str| Some(Target::Path("GET", NormalPath::parse(path).unwrap()));
        for (call, expected) in [
            ("GET", path("/")),
            ("GET/", path("/")),
            ("GET/me", path("/me")),
            ("$connect", Some(Target::Route("$connect".to_owned()))),
            ("$connect/me", None),
            ("FETCH/me", None),
        ] {
            assert_eq!(Target::of_arn(call), expected, "{call}");
        }
    }

    #[test]
    fn only_one_call_changes_a_password() {
        for (call, expected) in [
            ("POST/password", true),
            ("GET/password", false),
            ("POST/password/", false),
            ("POST/passwords", false),
            ("$password", false),
        ] {
            assert_eq!(Target::of_arn(call).unwrap().is_password_change(), expected, "{call}");
        }
    }

    #[test]
    fn an_arn_that_would_reach_further_is_refused() {
        for arn in [
            "",
            "*",
            "arn:aws:execute-api:eu-west-1:123456789012:*/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/*/GET/me",
            "arn:aws:execute-api:*:123456789012:a1b2/prod/GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2//GET/me",
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod",
            "arn:aws:lambda:eu-west-1:123456789012:a1b2/prod/GET/me",
        ] {
            assert_eq!(Stage::of_method_arn(arn), None, "{arn}");
        }
    }

    /// The text of the path on which all agree, with its slash.
    fn agreed(call: &str, method: &str, paths: [&str; 2], routes: [&str; 2]) -> Option<String> {
        let said =
            |texts: [&'static str; 2]| texts.map(Some).map(|text| text.filter(|text| !text.is_empty()));
        let leak = |texts: [&str; 2]| texts.map(|text| &*text.to_owned().leak());
        let method: &'static str = method.to_owned().leak();
        let said = Said {
            stage: "prod",
            methods: [Some(method), None],
            paths: said(leak(paths)),
            routes: said(leak(routes)),
        };
        match Target::of_arn(call)?.confirmed(&said)? {
            Target::Path(_, path) => {
                Some(format!("{}{}", path.text(), if path.ends_in_slash() { "/" } else { "" }))
            }
            Target::Route(route) => Some(route),
        }
    }

    #[test]
    fn an_event_of_every_kind_of_api_agrees_with_itself() {
        for (call, paths, routes, expected) in [
            // A REST API, at its own address and below a domain's base path.
            ("GET/orders/7", ["/orders/7", "/prod/orders/7"], ["/orders/{id}", "/orders/{id}"], "/orders/7"),
            (
                "GET/orders/7",
                ["/shop/orders/7", "/shop/orders/7"],
                ["/orders/{id}", "/orders/{id}"],
                "/orders/7",
            ),
            ("GET/a%20b", ["/a%20b", "/prod/a%20b"], ["/{proxy+}", "/{proxy+}"], "/a b"),
            ("GET/a b", ["/a%20b", ""], ["/{proxy+}", ""], "/a b"),
            ("GET/a/b/c", ["/a/b/c", ""], ["/a/{proxy+}", ""], "/a/b/c"),
            ("GET/", ["/", "/prod/"], ["/", "/"], "/"),
            ("GET/", ["/shop", "/shop"], ["/", "/"], "/"),
            ("GET/orders", ["/orders/", "/prod/orders/"], ["/orders", "/orders"], "/orders/"),
            // An HTTP API, in 2.0 and in 1.0.
            ("GET/orders", ["/prod/orders", "/prod/orders"], ["GET /orders", "GET /orders"], "/orders"),
            ("GET/orders", ["/orders", "/orders"], ["ANY /orders", ""], "/orders"),
            ("GET/x/y", ["/x/y", "/x/y"], ["$default", "$default"], "/x/y"),
            ("GET/x/y", ["/x/y", "/x/y"], ["ANY /{proxy+}", ""], "/x/y"),
            ("GET/", ["/prod/", "/prod/"], ["$default", ""], "/"),
            ("GET/", ["/v1", "/v1"], ["$default", "$default"], "/"),
            ("GET/", ["/shop/v1/", ""], ["$default", ""], "/"),
            ("GET/orders/7", ["/orders/7", ""], ["/orders/7", "/orders/7"], "/orders/7"),
        ] {
            assert_eq!(
                agreed(call, "GET", paths, routes).as_deref(),
                Some(expected),
                "{call} {paths:?} {routes:?}"
            );
        }
        let connect =
            Said { stage: "prod", methods: [None; 2], paths: [None; 2], routes: [Some("$connect"), None] };
        let route = Target::Route("$connect".to_owned());
        assert_eq!(Target::of_arn("$connect").and_then(|target| target.confirmed(&connect)), Some(route));
    }

    #[test]
    fn an_event_that_contradicts_itself_is_refused() {
        for (call, method, paths, routes) in [
            ("GET/orders", "POST", ["/orders", ""], ["/orders", ""]),
            ("GET/orders", "GET", ["/admin", ""], ["/orders", ""]),
            ("GET/orders", "GET", ["/orders", "/prod/admin"], ["/orders", ""]),
            ("GET/orders", "GET", ["/orders", ""], ["/admin", ""]),
            ("GET/orders", "GET", ["/orders", ""], ["/orders", "/admin"]),
            ("GET/orders", "GET", ["/orders", ""], ["", ""]),
            ("GET/orders", "GET", ["", ""], ["/orders", ""]),
            ("GET/orders", "GET", ["/orders", ""], ["POST /orders", ""]),
            ("GET/orders", "GET", ["/xorders", ""], ["/orders", ""]),
            ("GET/orders/a/b", "GET", ["/orders/a/b", ""], ["/orders/{id}", ""]),
            ("GET/orders/7", "GET", ["/orders/7", ""], ["/orders/{id", ""]),
            ("GET/orders/7", "GET", ["/orders/7", ""], ["/orders/id}", ""]),
            ("GET/", "GET", ["/admin", ""], ["/", "/admin"]),
            ("GET/", "GET", ["/v1", ""], ["$default", "GET /v1"]),
            ("GET/", "GET", ["/v1", ""], ["ANY /{proxy+}", ""]),
            ("GET/", "GET", ["/v1/%2Fa", ""], ["$default", ""]),
            ("GET/", "GET", ["", ""], ["$default", ""]),
            ("GET/a", "GET", ["/v1", ""], ["$default", ""]),
            // The gateway took one path for another.
            ("GET/%73essions", "GET", ["/%73essions", ""], ["/sessions", ""]),
            ("GET/sessions", "GET", ["/%73essions", ""], ["/sessions", ""]),
            ("GET/Sessions", "GET", ["/Sessions", ""], ["/sessions", ""]),
            ("GET/sessions", "GET", ["//sessions", ""], ["/sessions", ""]),
        ] {
            assert_eq!(agreed(call, method, paths, routes), None, "{call} {paths:?} {routes:?}");
        }
    }
}
