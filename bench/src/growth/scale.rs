//! The amounts of everything.

use std::time::Duration;

use crate::program::Failure;

/// The start time. It is in the future, so that the store, which uses the machine's clock, removes nothing.
pub(crate) const START: u64 = 3_999_999_600;

/// The seconds for loading in each step, unless the command line says otherwise.
const LOADING: u64 = 600;
/// Refreshes and authorizer calls in a run, for each number of sessions.
const CALLS: usize = 2000;
/// Runs of everything except the hours.
pub(crate) const RUNS: usize = 5;
/// Processes that run for an hour.
pub(crate) const HOURS: usize = 3;

/// The scale on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    loading: Duration,
    /// The percentage of all other amounts.
    percent: usize,
}

/// A number of sessions to store, and the time limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// `None` for as many as can be stored in time.
    pub(crate) sessions: Option<usize>,
    pub(crate) within: Duration,
}

impl Scale {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let loading = arguments.first().map_or(Ok(LOADING), |seconds| seconds.parse())?;
        let percent = arguments.get(1).map_or(Ok(100), |percent| percent.parse())?;
        Ok(Self { loading: Duration::from_secs(loading), percent })
    }

    /// The scaled amount, at least one.
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

    /// The size of the sample: each session in it is refreshed once in a run.
    pub(crate) fn sample(self) -> usize {
        self.calls()
    }

    /// The seconds of an hour.
    pub(crate) fn seconds(self) -> usize {
        self.of(3600)
    }
}
