//! How much of everything there is.

use std::time::Duration;

use crate::program::Failure;

/// When everything here begins. It lies ahead, so that the store, which knows the machine's time, removes nothing.
pub(crate) const START: u64 = 3_999_999_600;

/// How long each step may load, in seconds, unless the command line says otherwise.
const LOADING: u64 = 600;
/// Of refreshes and authorizer calls beside each number of sessions, in a run.
const CALLS: usize = 2000;
/// Of everything but the hours.
pub(crate) const RUNS: usize = 5;
/// Processes that live through an hour.
pub(crate) const HOURS: usize = 3;

/// What the command line asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    loading: Duration,
    /// Of all that has a number.
    percent: usize,
}

/// How many sessions are to be stored, and how long that may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// All that come to be in time, if there is none.
    pub(crate) sessions: Option<usize>,
    pub(crate) within: Duration,
}

impl Scale {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let loading = arguments.first().map_or(Ok(LOADING), |seconds| seconds.parse())?;
        let percent = arguments.get(1).map_or(Ok(100), |percent| percent.parse())?;
        Ok(Self { loading: Duration::from_secs(loading), percent })
    }

    /// So much of it, and one at least.
    fn of(self, whole: usize) -> usize {
        (whole * self.percent / 100).max(1)
    }

    /// The numbers of sessions.
    pub(crate) fn steps(self) -> [Step; 3] {
        let (sessions, within) = (|whole| Some(self.of(whole)), self.loading);
        [
            Step { sessions: sessions(10_000), within },
            Step { sessions: sessions(1_000_000), within },
            Step { sessions: None, within },
        ]
    }

    /// The lengths of denylists.
    pub(crate) fn revocations(self) -> [usize; 3] {
        [1, self.of(10_000), self.of(100_000)]
    }

    pub(crate) fn calls(self) -> usize {
        self.of(CALLS)
    }

    /// Sessions of which the tokens are known: each is refreshed once in a run.
    pub(crate) fn sample(self) -> usize {
        self.calls()
    }

    /// Of an hour.
    pub(crate) fn seconds(self) -> usize {
        self.of(3600)
    }
}
