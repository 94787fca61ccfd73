//! DPoP (RFC 9449): tokens that work only together with a key.
//!
//! With each request a client sends a proof, a JWT signed with the client's own key. A token that is issued
//! on a proof names the key by its thumbprint, and is useless without another proof by that key. This module
//! checks proofs. Its callers find the URL of a request, and decide whether a proof is required.

mod address;
mod error;
mod key;
mod nonce;
mod proof;

use crate::environment::{Environment, EnvironmentError, variable};

pub use self::{
    address::Address,
    error::ProofError,
    proof::{Proof, ProofTarget, WINDOW},
};

/// The header that carries a proof (RFC 9449 section 4.1).
pub const HEADER: &str = "dpop";
/// The names of the algorithms that a proof may use. `Ed25519` is RFC 9864's name for EdDSA on Ed25519, which
/// new clients use.
pub const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "Ed25519", "RS256"];
/// The header in which a server hands out a nonce (RFC 9449 section 8.1).
pub const NONCE_HEADER: &str = "dpop-nonce";
/// The scheme of an access token that is bound to a key (RFC 9449 section 7.1), and the `token_type` of the
/// response with it (section 5).
pub const SCHEME: &str = "DPoP";

/// Whether the deployment binds new sessions to the key of a proof. Bound sessions stay bound, even if this
/// changes.
///
/// # Errors
///
/// [`EnvironmentError`], if `DPOP` is neither `off` nor `on`.
pub fn binds(environment: &Environment) -> Result<bool, EnvironmentError> {
    environment.choice(variable::DPOP, [("off", false), ("on", true)])
}

/// The base URLs of the deployment, besides those that API Gateway reports: the issuer, and the URLs in
/// `DPOP_ORIGINS`, for example of a CDN.
///
/// # Errors
///
/// [`EnvironmentError`], if `DPOP_ORIGINS` has a text that isn't a URL.
pub fn origins(environment: &Environment) -> Result<Vec<Address>, EnvironmentError> {
    let issuer = environment.optional(variable::ISSUER).and_then(Address::parse).map(Ok);
    let origins = environment.optional(variable::DPOP_ORIGINS).unwrap_or_default().split(',').map(str::trim);
    let reason = || "one of its origins is not an http or https URL".to_owned();
    let origins = origins.filter(|origin| !origin.is_empty()).map(|origin| {
        Address::parse(origin).ok_or_else(|| EnvironmentError::Unusable(variable::DPOP_ORIGINS, reason()))
    });
    issuer.into_iter().chain(origins).collect()
}
