//! The origins of the pages, for checking where a form comes from.

use lambda_http::{Request, RequestExt, http::header, request::RequestContext};
use shared::environment::{Environment, EnvironmentError, variable};

/// The header in which browsers say whether a form comes from this origin (Fetch Metadata section 2.2).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The origins of the API besides the one that API Gateway reports: those of the issuer and of a CDN.
#[derive(Clone, Debug)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    /// Reads `ISSUER` and `DPOP_ORIGINS`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let origins = environment.optional(variable::DPOP_ORIGINS).unwrap_or_default().split(',');
        let urls = [environment.required(variable::ISSUER)?].into_iter().chain(origins);
        Ok(Self(urls.filter_map(|url| origin_of(url.trim())).collect()))
    }

    /// Whether a POST comes from our pages. Browsers name the origin of every POST. If something on the way
    /// removes it, `Sec-Fetch-Site` must not say that the form is another site's.
    pub(crate) fn is_own(&self, request: &Request) -> bool {
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => {
                let mut sites = request.headers().get_all(SEC_FETCH_SITE).iter();
                sites.all(|site| site == "same-origin")
            }
            (Some(origin), None) => {
                let is_ours = |ours: &str| origin == ours;
                self.0.iter().any(|ours| is_ours(ours))
                    || at_gateway(request).is_some_and(|ours| is_ours(&ours))
            }
            (Some(_), Some(_)) => false,
        }
    }
}

/// The origin that API Gateway reports for the request. It doesn't come from a header, which a page could
/// choose.
fn at_gateway(request: &Request) -> Option<String> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { return None };
    Some(format!("https://{}", context.domain_name.as_ref()?.to_ascii_lowercase()))
}

/// The origin of a URL as browsers write it (RFC 6454 section 6.2): in lower case, without the scheme's
/// default port.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    let scheme = scheme.to_ascii_lowercase();
    let authority = authority.to_ascii_lowercase();
    let own_port = match &*scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    Some(format!("{scheme}://{}", authority.strip_suffix(own_port).unwrap_or(&authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        let variables = [
            (variable::ISSUER, "https://login.example.com/tenant"),
            (variable::DPOP_ORIGINS, "https://CDN.example.com:443/x, http://127.0.0.1:8787"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Origins::from_environment(&Environment::from_variables(variables)).unwrap()
    }

    fn is_own(headers: &[(&str, &str)]) -> bool {
        let event = r#"{ "httpMethod": "POST", "path": "/account", "requestContext":
            { "httpMethod": "POST", "domainName": "abc.execute-api.eu-west-1.amazonaws.com" } }"#;
        let mut request = shared::http::request_of(serde_json::from_str(event).unwrap());
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        origins().is_own(&request)
    }

    #[test]
    fn a_form_comes_from_where_the_api_is_reached() {
        for origin in [
            "https://login.example.com",
            "https://cdn.example.com",
            "http://127.0.0.1:8787",
            "https://abc.execute-api.eu-west-1.amazonaws.com",
        ] {
            assert!(is_own(&[("origin", origin)]), "{origin}");
            assert!(is_own(&[("origin", origin), ("sec-fetch-site", "same-origin")]), "{origin}");
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://login.example.com",
            "https://login.example.com:8443",
            "https://login.example.com.evil.example",
            "https://LOGIN.example.com",
            "https://login.example.com/",
            "http://127.0.0.1:3000",
            "http://abc.execute-api.eu-west-1.amazonaws.com",
        ] {
            assert!(!is_own(&[("origin", origin)]), "{origin}");
            assert!(!is_own(&[("origin", origin), ("sec-fetch-site", "same-origin")]), "{origin}");
        }
        let ours = ("origin", "https://login.example.com");
        assert!(!is_own(&[ours, ours]), "two");
        assert!(!is_own(&[("host", "evil.example"), ("origin", "https://evil.example")]));
    }

    #[test]
    fn without_an_origin_the_browser_may_not_say_that_it_is_of_another_site() {
        assert!(is_own(&[]));
        assert!(is_own(&[("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!is_own(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!is_own(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
    }
}
