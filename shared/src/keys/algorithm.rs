//! The one list of the algorithms that sign access tokens.
//!
//! Code that depends on the algorithm matches this type without a catch-all arm. So the compiler names each
//! place that a new algorithm touches: the key's halves in `public.rs` and `signing.rs`, and its generation
//! in `functions/keys/src/generate.rs`. A test compares the parameter of template.yaml with
//! [`SigningAlgorithm::ALL`].

use std::{fmt, str::FromStr};

use jsonwebtoken::Algorithm;

/// The algorithm of a signing key (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256: small, and known to every library.
    #[default]
    Es256,
    /// EdDSA on Ed25519: the fastest.
    EdDsa,
    /// RSA with SHA-256 and 2048 bits: the algorithm that API Gateway's own JWT authorizer takes.
    Rs256,
}

impl SigningAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The `alg` of its keys and of the tokens that they sign.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The `kty` and the `crv` of its keys (RFC 7518 section 6.1, RFC 8037 section 2).
    pub const fn key_type(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Es256 => ("EC", Some("P-256")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
            Self::Rs256 => ("RSA", None),
        }
    }

    /// The JWT library's name for it.
    pub(crate) const fn to_jwt(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Rs256 => Algorithm::RS256,
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for an algorithm that is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be one of {}", SigningAlgorithm::ALL.map(SigningAlgorithm::name).join(", "))]
pub struct UnknownAlgorithm;

impl FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}
