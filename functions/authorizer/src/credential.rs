//! The access token of a request, and its scheme.

use secrecy::{ExposeSecret, SecretString};
use shared::dpop;

/// The subprotocol that a browser offers before the token, since it can't set a WebSocket's Authorization
/// header.
const BEARER_SUBPROTOCOL: &str = "bearer";

/// The scheme of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750 section 2.1: the token alone is enough.
    Bearer,
    /// RFC 9449 section 7.1: the token needs a proof by its key.
    Dpop,
}

/// An access token with its scheme.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) scheme: Scheme,
    pub(crate) token: SecretString,
}

impl Credential {
    /// The credential in an Authorization header. The scheme's case doesn't matter (RFC 9110 section 11.1).
    pub(crate) fn of_header(header: &str) -> Option<Self> {
        let (scheme, token) = header.split_once(' ')?;
        let scheme = if scheme.eq_ignore_ascii_case("bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case(dpop::SCHEME) {
            Scheme::Dpop
        } else {
            return None;
        };
        Self::new(scheme, token.trim_start_matches(' '))
    }

    /// The credential of an AppSync request. AppSync documents tokens without a scheme; one with a scheme is
    /// accepted too.
    pub(crate) fn of_app_sync(text: &str) -> Option<Self> {
        Self::of_header(text).or_else(|| Self::new(Scheme::Bearer, text))
    }

    /// The credential in `Sec-WebSocket-Protocol: bearer, TOKEN` (RFC 6455 section 11.3.4). Tokens in the
    /// query don't count, since logs contain it.
    pub(crate) fn of_subprotocol(header: &str) -> Option<Self> {
        let (name, token) = header.split_once(',')?;
        if name.trim() == BEARER_SUBPROTOCOL { Self::new(Scheme::Bearer, token.trim()) } else { None }
    }

    fn new(scheme: Scheme, token: &str) -> Option<Self> {
        is_token(token).then(|| Self { scheme, token: token.into() })
    }

    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }
}

/// `b64token` of RFC 6750 section 2.1, `token68` of RFC 9449 section 7.1.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_one_token_after_a_scheme_in_any_case() {
        let read = |header| {
            Credential::of_header(header).map(|credential| (credential.scheme, credential.token().to_owned()))
        };
        for header in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d"] {
            assert_eq!(read(header), Some((Scheme::Bearer, "a.b-c_d".to_owned())), "{header}");
        }
        for header in ["DPoP a.b-c_d", "dpop a.b-c_d", "DPOP  a.b-c_d"] {
            assert_eq!(read(header), Some((Scheme::Dpop, "a.b-c_d".to_owned())), "{header}");
        }
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "DPoP ",
            "Basic a",
            "Bearer a b",
            "Bearer a,Bearer b",
            "DPoP a,DPoP b",
            "Bearera",
            " Bearer a",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
    }

    #[test]
    fn app_sync_gets_a_token_with_a_scheme_or_without() {
        let read = |text| {
            Credential::of_app_sync(text).map(|credential| (credential.scheme, credential.token().to_owned()))
        };
        assert_eq!(read("a.b"), Some((Scheme::Bearer, "a.b".to_owned())));
        assert_eq!(read("Bearer a.b"), Some((Scheme::Bearer, "a.b".to_owned())));
        assert_eq!(read("DPoP a.b"), Some((Scheme::Dpop, "a.b".to_owned())));
        for text in ["", "Basic a.b", "a b", "Bearer "] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_browser_offers_the_token_as_the_second_subprotocol() {
        let read =
            |header| Credential::of_subprotocol(header).map(|credential| credential.token().to_owned());
        for header in ["bearer, a.b", "bearer,a.b", " bearer , a.b "] {
            assert_eq!(read(header), Some("a.b".to_owned()), "{header}");
        }
        for header in
            ["", "bearer", "bearer,", "a.b, bearer", "chat, a.b", "Bearer, a.b", "bearer, a.b, chat"]
        {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
