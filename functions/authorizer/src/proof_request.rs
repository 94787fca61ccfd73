//! The request that a proof has to be for, as the gateway describes it. Its headers are never used.

use secrecy::{ExposeSecret, SecretString};
use shared::dpop::{Address, Proof, ProofError, ProofTarget};

/// The path of AppSync's endpoint for queries and mutations.
const APP_SYNC_PATH: &str = "/graphql";

/// The proofs of a request, and the call that a proof has to be for.
#[derive(Debug)]
pub(crate) struct ProofRequest {
    /// All values of the header.
    pub(crate) proofs: Vec<SecretString>,
    pub(crate) called: Called,
}

/// The method and the URL of a call.
#[derive(Debug)]
pub(crate) struct Called {
    /// The method as sent; `None`, if the event lacks it.
    pub(crate) method: Option<String>,
    /// The domain that the client called.
    pub(crate) domain: Option<String>,
    /// The path as called on the domain, with the stage or the base path.
    pub(crate) path: Option<String>,
    /// Whether the gateway has decoded the path, as HTTP APIs do.
    pub(crate) is_decoded: bool,
    /// The path below the stage or the base path, as a CDN in front of it sees it.
    pub(crate) below: Option<String>,
    /// The base URL that the API's owner sets in a stage variable.
    pub(crate) origin: Option<String>,
}

impl ProofRequest {
    /// Verifies the request's only proof, for this request and its access token. `origins` are further base
    /// URLs of the deployment.
    pub(crate) fn verify(&self, access_token: &str, origins: &[Address]) -> Result<Proof, ProofError> {
        let [proof] = &self.proofs[..] else { return Err(ProofError::Repeated) };
        let method = self.called.method.as_deref().ok_or(ProofError::Method)?;
        let addresses = self.called.addresses(origins);
        let target = ProofTarget { method, addresses: &addresses, access_token: Some(access_token) };
        Proof::verify(proof.expose_secret(), &target)
    }
}

impl Called {
    /// A query or mutation of AppSync. Its events have no URL, so the configured base URLs count.
    pub(crate) fn of_app_sync() -> Self {
        Self {
            method: Some("POST".to_owned()),
            domain: None,
            path: None,
            is_decoded: false,
            below: Some(APP_SYNC_PATH.to_owned()),
            origin: None,
        }
    }

    /// The path below a stage or a base path: the last segments of the whole path, as many as the ARN's path
    /// has. The ARN's path may be spelled differently.
    pub(crate) fn below(path: &str, arn: &str) -> String {
        let segments = |path: &str| path.split('/').filter(|segment| !segment.is_empty()).count();
        let wanted = segments(arn);
        let end = path.strip_suffix('/').unwrap_or(path);
        let start = end.rmatch_indices('/').nth(wanted.wrapping_sub(1)).map_or(end.len(), |(at, _)| at);
        let below = &path[start..];
        if below.is_empty() { "/".to_owned() } else { below.to_owned() }
    }

    fn addresses(&self, origins: &[Address]) -> Vec<Address> {
        let join = |base: &Address, path: &str| {
            if self.is_decoded { base.join_decoded(path) } else { base.join(path) }
        };
        let domain = self.domain.as_deref().and_then(|name| Address::parse(&format!("https://{name}")));
        let at_gateway = domain.and_then(|domain| join(&domain, self.path.as_deref()?));
        let origin = self.origin.as_deref().and_then(Address::parse);
        let bases = || origins.iter().chain(&origin);
        let elsewhere = bases().filter_map(|base| join(base, self.below.as_deref()?));
        // Clients call the root of a base URL with or without a slash.
        let roots = bases().filter(|_| self.below.as_deref() == Some("/")).cloned();
        at_gateway.into_iter().chain(elsewhere).chain(roots).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_called_path_leaves_out_the_stage_and_the_base_path() {
        for (path, arn, expected) in [
            ("/prod/orders/7", "orders/7", "/orders/7"),
            ("/orders/7", "orders/7", "/orders/7"),
            ("/shop/v1/a%20b", "a b", "/a%20b"),
            ("/prod/orders/", "orders", "/orders/"),
            ("/prod/orders/", "orders/", "/orders/"),
            ("/prod/", "", "/"),
            ("/prod", "", "/"),
            ("/", "", "/"),
        ] {
            assert_eq!(Called::below(path, arn), expected, "{path} {arn}");
        }
    }
}
