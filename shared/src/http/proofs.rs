//! The rules for DPoP proofs at the endpoints that issue tokens (RFC 9449 sections 5 and 8).

use lambda_http::{Body, Request, RequestExt, Response, http::HeaderValue, request::RequestContext};

use crate::{
    client::Client,
    clock::Timestamp,
    dpop::{self, Address, Proof, ProofError, ProofTarget},
    environment::{Environment, EnvironmentError, variable},
    keys::RefreshKeys,
    thumbprint::Thumbprint,
};

/// Why a proof is refused or required.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// The proof is invalid, or for another request.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof needs a nonce, but has none or an expired one. This is a fresh one.
    #[error("the DPoP proof has no current nonce")]
    Nonce(String),
    /// The client is registered for DPoP, but the request has no proof.
    #[error("the client must send DPoP proofs")]
    Missing,
    /// The client is registered for DPoP, but the deployment doesn't bind tokens.
    #[error("the client must send DPoP proofs, but DPOP is off")]
    Off,
}

/// What the proof of a request that needs none shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its key, if the proof counts.
    pub key: Option<Thumbprint>,
    /// A fresh nonce, if the proof was ignored for its nonce or its time alone.
    pub nonce: Option<String>,
}

impl DpopError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Proof(error) => error.reason(),
            Self::Nonce(_) => "dpop_nonce",
            Self::Missing => "dpop_missing",
            Self::Off => "dpop_off",
        }
    }
}

/// Checks proofs at the endpoints that issue tokens.
#[derive(Clone, Debug)]
pub struct Proofs {
    binds: bool,
    /// Whether a proof needs a nonce even if its time is right.
    needs_nonce: bool,
    /// The base URLs besides the one that API Gateway reports: the issuer, and those in `DPOP_ORIGINS`.
    bases: Vec<Address>,
}

impl Proofs {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If a variable is missing or malformed.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            binds: dpop::binds(environment)?,
            needs_nonce: environment
                .choice(variable::DPOP_NONCE, [("when-needed", false), ("always", true)])?,
            bases: dpop::origins(environment)?,
        })
    }

    /// The key of a request's proof for this route; `None` without a proof.
    ///
    /// # Errors
    ///
    /// [`DpopError`], if the proof is invalid or needs a nonce.
    pub fn key(
        &self,
        request: &Request,
        route: &str,
        keys: &RefreshKeys,
        now: Timestamp,
    ) -> Result<Option<Thumbprint>, DpopError> {
        let mut values = request.headers().get_all(dpop::HEADER).iter();
        let text = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().map_err(|_| ProofError::Malformed)?,
            (Some(_), Some(_)) => return Err(ProofError::Repeated.into()),
        };
        let addresses: Vec<_> = self
            .bases
            .iter()
            .filter_map(|base| base.join(route))
            .chain(address_at_gateway(request))
            .collect();
        let target =
            ProofTarget { method: request.method().as_str(), addresses: &addresses, access_token: None };
        let proof = Proof::verify(text, &target)?;
        let is_fresh = match &proof.nonce {
            Some(nonce) => keys.has_made_dpop_nonce(nonce, now),
            None => !self.needs_nonce && proof.is_of(now),
        };
        if is_fresh { Ok(Some(proof.key)) } else { Err(DpopError::Nonce(keys.dpop_nonce(now))) }
    }

    /// Like [`Self::key`], for a request that needs no proof. If the deployment binds no tokens, an invalid
    /// proof is ignored. A valid one still counts: it identifies the retry of a token that was bound earlier.
    ///
    /// # Errors
    ///
    /// As for [`Self::key`], where tokens are bound.
    pub fn offered_key(
        &self,
        request: &Request,
        route: &str,
        keys: &RefreshKeys,
        now: Timestamp,
    ) -> Result<Option<Thumbprint>, DpopError> {
        self.offered(request, route, keys, now).map(|offered| offered.key)
    }

    /// Like [`Self::offered_key`], and tells a proof that was ignored for its nonce or its time alone.
    ///
    /// # Errors
    ///
    /// As for [`Self::key`], where tokens are bound.
    pub fn offered(
        &self,
        request: &Request,
        route: &str,
        keys: &RefreshKeys,
        now: Timestamp,
    ) -> Result<Offered, DpopError> {
        match self.key(request, route, keys, now) {
            Ok(key) => Ok(Offered { key, nonce: None }),
            Err(DpopError::Nonce(nonce)) if !self.binds => Ok(Offered { key: None, nonce: Some(nonce) }),
            Err(_) if !self.binds => Ok(Offered { key: None, nonce: None }),
            Err(error) => Err(error),
        }
    }

    /// The key to bind this client's tokens to, given the one that [`Self::key`] found.
    ///
    /// # Errors
    ///
    /// [`DpopError`], if the client has to send a proof, and either it sent none or the deployment binds no
    /// tokens.
    pub fn binding(&self, client: &Client, key: Option<Thumbprint>) -> Result<Option<Thumbprint>, DpopError> {
        match (key, client.requires_dpop) {
            (_, true) if !self.binds => Err(DpopError::Off),
            (None, true) => Err(DpopError::Missing),
            (key, _) => Ok(key.filter(|_| self.binds)),
        }
    }
}

/// The URL that API Gateway reports for the request. It doesn't come from a header, so the caller can't
/// choose it.
fn address_at_gateway(request: &Request) -> Option<Address> {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else { return None };
    Address::parse(&format!("https://{}{}", context.domain_name.as_ref()?, context.path.as_ref()?))
}

/// Adds a nonce to a response (RFC 9449 section 8.2), so that the next request has one.
pub fn offer_nonce(response: &mut Response<Body>, nonce: &str) {
    // Base64url is always a valid header value.
    if let Ok(value) = HeaderValue::from_str(nonce) {
        response.headers_mut().insert(dpop::NONCE_HEADER, value);
    }
}
