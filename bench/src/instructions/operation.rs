//! The counted operations.

use std::hint::black_box;

use crate::program::Failure;
use refresh::{Bounds, Decision, Presented, decide};
use secrecy::ExposeSecret;
use shared::{clock::Timestamp, resource::WantedResource, tokens::AccessTokenVerifier};

use super::{
    fixed::{NOW, client_id, environment, refresh_token, session},
    issue::{AN_HOUR, issued},
    proof,
    sample::Sample,
};

const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];
/// The algorithms of devices' proofs.
const PROOF_ALGORITHMS: [&str; 2] = ["ES256", "EdDSA"];

/// An operation that a request needs once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Parses a refresh token, and verifies its HMAC.
    Parse,
    /// Parses an access token of this algorithm, and verifies its signature.
    Verify(&'static str),
    /// Checks the proof for a bound token, and verifies its signature of this algorithm.
    Prove(&'static str),
    /// Issues an access token of this algorithm and a refresh token.
    Issue(&'static str),
    /// Decides what a failed rotation means.
    Decide,
}

impl Operation {
    pub(crate) fn all() -> Vec<Self> {
        let of_each = |operation: fn(&'static str) -> Self| ALGORITHMS.map(operation);
        let [verify, issue] = [of_each(Self::Verify), of_each(Self::Issue)];
        [Self::Parse, Self::Decide]
            .into_iter()
            .chain(verify)
            .chain(PROOF_ALGORITHMS.map(Self::Prove))
            .chain(issue)
            .collect()
    }

    pub(crate) fn parse(name: &str) -> Result<Self, Failure> {
        let found = Self::all().into_iter().find(|operation| operation.name() == name);
        found.ok_or_else(|| "no such operation".into())
    }

    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Parse => "parse".to_owned(),
            Self::Verify(algorithm) => format!("verify-{algorithm}"),
            Self::Prove(algorithm) => format!("prove-{algorithm}"),
            Self::Issue(algorithm) => format!("issue-{algorithm}"),
            Self::Decide => "decide".to_owned(),
        }
    }

    /// The algorithm of the keys that it needs. An arbitrary one if it needs no signing key.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Verify(algorithm) | Self::Issue(algorithm) => algorithm,
            Self::Parse | Self::Decide | Self::Prove(_) => ALGORITHMS[0],
        }
    }

    /// The number of calls, enough to outweigh the variation of a start.
    pub(crate) fn calls(self) -> u32 {
        match self {
            Self::Decide => 100_000,
            Self::Parse => 2000,
            Self::Verify(_) | Self::Prove(_) => 200,
            Self::Issue(_) => 50,
        }
    }

    /// Performs the operation this often. All other work is independent of the number.
    pub(crate) fn perform(self, calls: u32, sample: &Sample) -> Result<(), Failure> {
        match self {
            Self::Parse => parse(calls, sample),
            Self::Verify(_) => verify(calls, sample),
            Self::Prove(algorithm) => proof::verify(calls, algorithm),
            Self::Issue(_) => {
                let keyset = sample.keyset()?;
                (0..calls).try_for_each(|_| issued(&keyset).map(|token| drop(black_box(token))))
            }
            Self::Decide => decided(calls),
        }
    }
}

fn parse(calls: u32, sample: &Sample) -> Result<(), Failure> {
    let (keyset, client_id) = (sample.keyset()?, client_id()?);
    let text = keyset.refresh.encode(&refresh_token()?, &client_id, NOW);
    for _ in 0..calls {
        black_box(keyset.refresh.verify(black_box(text.expose_secret()), &client_id)?);
    }
    Ok(())
}

fn verify(calls: u32, sample: &Sample) -> Result<(), Failure> {
    let (keyset, verifier) = (sample.keyset()?, AccessTokenVerifier::new(&environment())?);
    for _ in 0..calls {
        black_box(verifier.verify(black_box(&sample.access_token), &keyset.public, NOW)?);
    }
    Ok(())
}

/// Decides about a retry, the longest path with a good outcome.
fn decided(calls: u32) -> Result<(), Failure> {
    let mut session = session(&refresh_token()?)?;
    (session.generation, session.retry_key) = (1, Some("4f9c0f1e".to_owned()));
    let scope = session.scope.clone();
    let resource = WantedResource { audience: "https://api.example.com", named: None };
    let presented =
        Presented { generation: 0, retry_key: "4f9c0f1e", scope: Some(&scope), resource, jkt: None };
    let bounds = Bounds { now: NOW, leeway: AN_HOUR, not_before: Timestamp::from_unix(0) };
    for _ in 0..calls {
        if decide(black_box(Some(&session)), black_box(presented), bounds) != Decision::Retried {
            return Err("that was a retry".into());
        }
    }
    Ok(())
}
