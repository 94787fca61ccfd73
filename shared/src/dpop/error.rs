//! Why a DPoP proof is refused.

/// Why a DPoP proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is more than one header.
    #[error("more than one DPoP header")]
    Repeated,
    /// Not a JWT in the compact serialisation, or too long.
    #[error("the DPoP proof is not a JWT")]
    Malformed,
    /// The `typ` is wrong, the `alg` isn't accepted, or there is a `crit`.
    #[error("the header of the DPoP proof is invalid")]
    Header,
    /// The `jwk` is missing, private, weak, or for another algorithm.
    #[error("the key of the DPoP proof is invalid")]
    Key,
    /// The signature isn't by the proof's key.
    #[error("the signature of the DPoP proof is invalid")]
    Signature,
    /// A claim is missing or malformed.
    #[error("the claim {0} of the DPoP proof is missing or malformed")]
    Claim(&'static str),
    /// The proof is for another method.
    #[error("the DPoP proof is for another method")]
    Method,
    /// The proof is for another URL.
    #[error("the DPoP proof is for another address")]
    Address,
    /// The proof is too old, or from the future.
    #[error("the iat of the DPoP proof is too far from the current time")]
    Time,
    /// The proof is for another access token.
    #[error("the DPoP proof is for another access token")]
    Token,
}

impl ProofError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Repeated => "dpop_repeated",
            Self::Malformed => "dpop_malformed",
            Self::Header => "dpop_header",
            Self::Key => "dpop_key",
            Self::Signature => "dpop_signature",
            Self::Claim(_) => "dpop_claim",
            Self::Method => "dpop_method",
            Self::Address => "dpop_address",
            Self::Time => "dpop_time",
            Self::Token => "dpop_token",
        }
    }
}
