//! All parameters of a request, valid or not, so that a client can be told about errors.

use lambda_http::{Request, RequestExt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use shared::http::{RequestError, form_pairs, parameter::RESOURCE};

/// Everything but the unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The error for a repeated parameter, whose value is ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

/// Sorted names and values. Any value may be a secret, so there is no `Debug`.
pub(crate) struct Pairs(Vec<(String, SecretString)>);

impl Pairs {
    /// Reads the query.
    pub(crate) fn of_query(request: &Request) -> Self {
        let query = request.query_string_parameters_ref();
        let pairs = query.into_iter().flat_map(|query| query.iter());
        Self::sorted(pairs.map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    /// Reads a form.
    pub(crate) fn of_form(request: &Request) -> Result<Self, RequestError> {
        form_pairs(request).map(Self::sorted)
    }

    fn sorted(mut pairs: Vec<(String, SecretString)>) -> Self {
        pairs.sort_by(|(a, x), (b, y)| (a, x.expose_secret()).cmp(&(b, y.expose_secret())));
        Self(pairs)
    }

    /// Whether a parameter has this name, even without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// The value of this parameter. An empty value counts as absent (RFC 6749 section 3.1).
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        self.secret(name).map(|value| value.map(ExposeSecret::expose_secret))
    }

    /// The secret value of this parameter. An empty value counts as absent.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<&SecretString>, Repeated> {
        let mut found = self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Repeated),
            (value, None) => Ok(value.filter(|value| !value.expose_secret().is_empty())),
        }
    }

    /// The non-empty values of `resource`, the only parameter that may be repeated (RFC 8707 section 2).
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(|(name, _)| name == RESOURCE);
        values.map(|(_, value)| value.expose_secret()).filter(|value| !value.is_empty())
    }

    /// Whether any other parameter is repeated, known or not (RFC 6749 section 3.1).
    pub(crate) fn has_repeated(&self) -> bool {
        self.0.windows(2).any(|two| two[0].0 == two[1].0 && two[0].0 != RESOURCE)
    }

    /// A query with these parameters, if they have a value. Equal requests give equal queries. Other
    /// parameters may be misplaced secrets, so they are left out.
    pub(crate) fn to_query(&self, names: &[&str]) -> String {
        let meant = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        query(meant.map(|(name, value)| (name.as_str(), value.expose_secret())))
    }
}

/// Encodes a query (RFC 6749 appendix B). A space becomes `%20`, which form parsers accept too.
pub(crate) fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text| utf8_percent_encode(text, RESERVED);
    let pairs = pairs.filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The parameters of a query with these values.
    pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Pairs {
        let mut query: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in pairs {
            query.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        Pairs::of_query(&Request::default().with_query_string_parameters(query))
    }

    #[test]
    fn a_repeated_parameter_is_refused_even_if_it_is_empty() {
        let pairs = pairs(&[("a", "1"), ("b", ""), ("c", "1"), ("c", "1"), ("d", ""), ("d", "2")]);
        assert_eq!(pairs.one("a"), Ok(Some("1")));
        assert_eq!(pairs.one("b"), Ok(None));
        assert_eq!(pairs.one("c"), Err(Repeated));
        assert_eq!(pairs.one("d"), Err(Repeated));
        assert_eq!(pairs.one("e"), Ok(None));
        assert!(pairs.has("b") && !pairs.has("e"));
        assert!(pairs.has_repeated());
        assert!(!self::pairs(&[("a", "1"), ("b", "1")]).has_repeated());
        let several = self::pairs(&[("resource", "b"), ("resource", ""), ("resource", "a")]);
        assert!(!several.has_repeated());
        assert_eq!(several.resources().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(several.to_query(&["resource"]), "resource=a&resource=b");
    }

    #[test]
    fn a_query_round_trips_with_special_characters() {
        let pairs =
            pairs(&[("state", "a state & more=+%"), ("b", ""), ("a", "\u{e4}~-._"), ("password", "x")]);
        assert_eq!(
            pairs.to_query(&["state", "a", "b"]),
            "a=%C3%A4~-._&state=a%20state%20%26%20more%3D%2B%25"
        );
    }

    #[test]
    fn a_form_is_read_like_a_query() {
        let form = |kind: &str, body: &str| {
            let request = lambda_http::http::Request::post("/").header("content-type", kind);
            Pairs::of_form(&request.body(body.into()).unwrap())
        };
        let kind = "application/x-www-form-urlencoded";
        let pairs = form(kind, "b=1+2&a=%C3%A4&c=1&c=2").ok().unwrap();
        assert_eq!((pairs.one("b"), pairs.one("a")), (Ok(Some("1 2")), Ok(Some("\u{e4}"))));
        assert_eq!(pairs.one("c"), Err(Repeated));
        assert_eq!(form("application/json", "{}").err(), Some(RequestError::MediaType));
        assert_eq!(form(kind, "a=%ff").err(), Some(RequestError::Malformed));
    }
}
