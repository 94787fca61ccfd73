//! What is counted.

use std::hint::black_box;

use crate::program::Failure;
use refresh::{Bounds, Decision, Presented, decide};
use secrecy::ExposeSecret;
use shared::{clock::Timestamp, tokens::AccessTokenVerifier};

use super::{
    fixed::{NOW, client_id, environment, refresh_token, session},
    issue::{AN_HOUR, issued},
    sample::Sample,
};

const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

/// Something that is done once a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A refresh token becomes what it says, its HMAC verified.
    Parse,
    /// An access token of this algorithm becomes its claims, its signature verified.
    Verify(&'static str),
    /// A grant becomes an access token of this algorithm and a refresh token.
    Issue(&'static str),
    /// A failed rotation becomes the decision on what it means.
    Decide,
}

impl Operation {
    pub(crate) fn all() -> Vec<Self> {
        let of_each = |operation: fn(&'static str) -> Self| ALGORITHMS.map(operation);
        let [verify, issue] = [of_each(Self::Verify), of_each(Self::Issue)];
        [Self::Parse, Self::Decide].into_iter().chain(verify).chain(issue).collect()
    }

    pub(crate) fn parse(name: &str) -> Result<Self, Failure> {
        let found = Self::all().into_iter().find(|operation| operation.name() == name);
        found.ok_or_else(|| "no such operation".into())
    }

    /// On a command line.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Parse => "parse".to_owned(),
            Self::Verify(algorithm) => format!("verify-{algorithm}"),
            Self::Issue(algorithm) => format!("issue-{algorithm}"),
            Self::Decide => "decide".to_owned(),
        }
    }

    /// That of the keys it needs; any, if it needs none that sign.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Verify(algorithm) | Self::Issue(algorithm) => algorithm,
            Self::Parse | Self::Decide => ALGORITHMS[0],
        }
    }

    /// So many that what varies from start to start is little beside them.
    pub(crate) fn calls(self) -> u32 {
        match self {
            Self::Decide => 100_000,
            Self::Parse => 2000,
            Self::Verify(_) => 200,
            Self::Issue(_) => 50,
        }
    }

    /// So many times, and nothing else that takes longer the more often it is.
    pub(crate) fn perform(self, calls: u32, sample: &Sample) -> Result<(), Failure> {
        match self {
            Self::Parse => parse(calls, sample),
            Self::Verify(_) => verify(calls, sample),
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

/// Of a retry: the longest way that ends well.
fn decided(calls: u32) -> Result<(), Failure> {
    let mut session = session(&refresh_token()?)?;
    (session.generation, session.retry_key) = (1, Some("4f9c0f1e".to_owned()));
    let scope = session.scope.clone();
    let presented = Presented { generation: 0, retry_key: "4f9c0f1e", scope: Some(&scope) };
    let bounds = Bounds { now: NOW, leeway: AN_HOUR, not_before: Timestamp::from_unix(0) };
    for _ in 0..calls {
        if decide(black_box(Some(&session)), black_box(presented), bounds) != Decision::Retried {
            return Err("that was a retry".into());
        }
    }
    Ok(())
}
