//! The operations' input, made in advance so that making it isn't counted.

use crate::{api::Tokens, program::Failure};
use keys::KeyPlan;
use serde::{Deserialize, Serialize};
use shared::{
    keys::{Keyset, SigningAlgorithm},
    random::SystemRandom,
};

use super::{fixed::NOW, issue::issued};

/// A keyset with a key of one algorithm. Everything else is the same in every run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sample {
    keyset: String,
    /// An access token signed with these keys.
    pub(crate) access_token: String,
}

impl Sample {
    pub(crate) fn make(algorithm: &str) -> Result<Self, Failure> {
        let plan = KeyPlan { algorithm: algorithm.parse::<SigningAlgorithm>()?, ..KeyPlan::default() };
        let keyset = plan.first(NOW, &SystemRandom::new())?.to_json();
        let mut sample = Self { keyset, access_token: String::new() };
        let answer = issued(&sample.keyset()?)?;
        sample.access_token = serde_json::from_str::<Tokens>(&answer)?.access_token;
        Ok(sample)
    }

    pub(crate) fn keyset(&self) -> Result<Keyset, Failure> {
        Ok(Keyset::parse(&self.keyset)?)
    }
}
