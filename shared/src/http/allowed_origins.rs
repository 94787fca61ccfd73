//! The origins whose pages may read a function's responses.

use lambda_http::http::{HeaderMap, HeaderValue, header};

use crate::environment::{Environment, EnvironmentError, variable};

/// The origins whose pages may read the responses (Fetch section 3.3). The `Origin` header has to equal one,
/// byte by byte.
#[derive(Clone, Debug)]
pub(super) struct AllowedOrigins(Vec<HeaderValue>);

impl AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`, or `ALLOWED_ORIGIN` if that is absent. If both are absent, no origin is
    /// allowed.
    ///
    /// # Errors
    ///
    /// If a value isn't an origin.
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        for name in [variable::ALLOWED_ORIGINS, variable::ALLOWED_ORIGIN] {
            if let Some(origins) = environment.optional(name) {
                return Self::parse(origins).ok_or(EnvironmentError::Malformed(name));
            }
        }
        Ok(Self(Vec::new()))
    }

    fn parse(origins: &str) -> Option<Self> {
        origins.split(',').map(origin).collect::<Option<_>>().map(Self)
    }

    /// The origin of a request, if its page may read the response. A request with two `Origin` headers has
    /// none.
    pub(super) fn find(&self, request: &HeaderMap) -> Option<&HeaderValue> {
        let mut headers = request.get_all(header::ORIGIN).iter();
        let (Some(origin), None) = (headers.next(), headers.next()) else { return None };
        self.0.iter().find(|allowed| *allowed == origin)
    }
}

/// Parses an origin with a scheme and a host. It refuses `null`, the origin of every sandboxed page, and `*`:
/// either would allow everyone.
fn origin(text: &str) -> Option<HeaderValue> {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:[]".contains(&b);
    let is_authority = !authority.is_empty() && authority.bytes().all(is_allowed);
    HeaderValue::from_str(text).ok().filter(|_| is_authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(variables: &[(&str, &str)]) -> Result<AllowedOrigins, EnvironmentError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        AllowedOrigins::from_environment(&Environment::from_variables(variables))
    }

    fn request(origins: &[&str]) -> HeaderMap {
        origins.iter().map(|origin| (header::ORIGIN, origin.parse().unwrap())).collect()
    }

    #[test]
    fn an_origin_is_allowed_if_it_is_exactly_one_of_the_list() {
        let listed = ["https://a.example", "http://localhost:3000", "http://[::1]:5173"];
        let allowed = allowed(&[(variable::ALLOWED_ORIGINS, &listed.join(","))]).unwrap();
        for origin in listed {
            assert_eq!(allowed.find(&request(&[origin])).unwrap(), origin);
        }
        for other in [
            "null",
            "*",
            "",
            "https://A.example",
            "https://a.example/",
            "https://a.example:443",
            "http://a.example",
            "https://a.example.evil.example",
            "https://b.a.example",
            "http://localhost",
            "http://localhost:30000",
            "https://a.example,http://localhost:3000",
        ] {
            assert_eq!(allowed.find(&request(&[other])), None, "{other}");
        }
        assert_eq!(allowed.find(&request(&[])), None);
        assert_eq!(allowed.find(&request(&[listed[0], listed[1]])), None, "two");
    }

    #[test]
    fn the_list_wins_over_the_one_origin_which_counts_without_it() {
        let (list, one) = ("https://a.example,https://b.example", "https://old.example");
        let finds = |allowed: &AllowedOrigins, origin: &str| allowed.find(&request(&[origin])).is_some();
        let both = allowed(&[(variable::ALLOWED_ORIGINS, list), (variable::ALLOWED_ORIGIN, one)]).unwrap();
        assert!(finds(&both, "https://b.example") && !finds(&both, one));
        let empty = allowed(&[(variable::ALLOWED_ORIGINS, ""), (variable::ALLOWED_ORIGIN, one)]).unwrap();
        assert!(finds(&empty, one));
        assert!(!finds(&allowed(&[]).unwrap(), one));
    }

    #[test]
    fn wildcards_and_malformed_origins_are_refused() {
        for origins in [
            "*",
            "null",
            "https://",
            "https://*.example",
            "https://a.example,",
            ",https://a.example",
            "https://a.example, https://b.example",
            "https://a.example,null",
            "https://a.example/",
            "https://m\u{fc}nchen.example",
            "capacitor://localhost",
        ] {
            for name in [variable::ALLOWED_ORIGINS, variable::ALLOWED_ORIGIN] {
                let refused = allowed(&[(name, origins)]).unwrap_err();
                assert_eq!(refused, EnvironmentError::Malformed(name), "{origins}");
            }
        }
    }
}
