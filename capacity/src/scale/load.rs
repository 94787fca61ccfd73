//! How much is asked of each function, and how many environments that takes.

use shared::{cached::FRESH_TTL, client::Clients};

use super::limits::REQUESTS_PER_ENVIRONMENT;
use crate::{
    Operation,
    memory::{Memory, MemoryError},
};

/// Calls of protected endpoints for each refresh. A client in use refreshes once in an `AccessTtl`, half an hour by default:
/// an assumption, and not a high one.
pub(crate) const CALLS: f64 = 10.0;
/// Logins for each refresh: a session is refreshed for weeks. An assumption.
pub(crate) const LOGINS: f64 = 0.02;
/// Logouts for each refresh; most sessions are left to expire. An assumption.
pub(crate) const LOGOUTS: f64 = 0.01;
/// Seconds that an environment lives: Lambda replaces each now and then, "every few hours" (AWS Lambda Developer Guide,
/// "Understanding the Lambda execution environment lifecycle"). An assumption.
pub(crate) const ENVIRONMENT_TTL: f64 = 7200.0;

/// What is asked for in a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) refreshes: f64,
}

impl Load {
    pub(crate) fn logins(self) -> f64 {
        self.refreshes * LOGINS
    }

    pub(crate) fn logouts(self) -> f64 {
        self.refreshes * LOGOUTS
    }

    pub(crate) fn calls(self) -> f64 {
        self.refreshes * CALLS
    }

    /// Requests to the gateway: this API's own, and those that the authorizer is asked about.
    pub(crate) fn requests(self) -> f64 {
        self.refreshes + self.logins() + self.logouts() + self.calls()
    }
}

/// The environments of one function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleet {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// How long each takes.
    pub(crate) milliseconds: f64,
}

impl Fleet {
    fn of(operation: Operation, rate: f64, memory: &Memory) -> Result<Self, MemoryError> {
        let milliseconds = operation.milliseconds(memory.of(operation.function())?);
        Ok(Self { rate, milliseconds })
    }

    /// Executions at the same time: Little's law, and four standard deviations of a Poisson process more.
    pub(crate) fn at_once(self) -> f64 {
        let mean = self.rate * self.milliseconds / 1000.0;
        (mean + 4.0 * mean.sqrt()).ceil()
    }

    /// Environments that are warm: enough for what is executed at the same time, and, as Lambda promises ten requests a second
    /// of each, for the rate. There may be fewer; whoever pulls something into each should not count on it.
    pub(crate) fn environments(self) -> f64 {
        self.at_once().max((self.rate / REQUESTS_PER_ENVIRONMENT).ceil())
    }

    /// Environments that start in a second, when the load stays as it is.
    pub(crate) fn starts(self) -> f64 {
        self.environments() / ENVIRONMENT_TTL
    }

    /// Reads a second of what each environment copies at its start and then this often.
    pub(crate) fn copies(self, every: f64) -> f64 {
        self.environments() / every + self.starts()
    }
}

/// The environments of the functions that matter here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleets {
    pub(crate) login: Fleet,
    pub(crate) refresh: Fleet,
    pub(crate) logout: Fleet,
    pub(crate) authorizer: Fleet,
}

impl Fleets {
    pub(crate) fn of(load: Load, memory: &Memory) -> Result<Self, MemoryError> {
        Ok(Self {
            login: Fleet::of(Operation::Login, load.logins(), memory)?,
            refresh: Fleet::of(Operation::Refresh, load.refreshes, memory)?,
            logout: Fleet::of(Operation::Logout, load.logouts(), memory)?,
            authorizer: Fleet::of(Operation::AuthorizeBySession, load.calls(), memory)?,
        })
    }

    pub(crate) fn all(&self) -> [Fleet; 4] {
        [self.login, self.refresh, self.logout, self.authorizer]
    }

    pub(crate) fn at_once(&self) -> f64 {
        self.all().into_iter().map(Fleet::at_once).sum()
    }

    /// Reads a second of the record of a client that all of them use.
    pub(crate) fn client_reads(&self) -> f64 {
        [self.login, self.refresh, self.logout]
            .into_iter()
            .map(|fleet| fleet.copies(Clients::CACHE_TTL.as_secs_f64()).min(fleet.rate))
            .sum()
    }

    /// Requests a second for the keyset.
    pub(crate) fn secret_reads(&self) -> f64 {
        [self.login, self.refresh, self.logout]
            .into_iter()
            .map(|fleet| fleet.copies(FRESH_TTL.as_secs_f64()))
            .sum()
    }

    /// Queries a second of the published keys.
    pub(crate) fn key_reads(&self) -> f64 {
        self.authorizer.copies(FRESH_TTL.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_what_littles_law_says_or_what_lambda_promises_of_each() {
        let slow = Fleet { rate: 100.0, milliseconds: 1000.0 };
        assert!((slow.at_once() - 140.0).abs() < 1e-9 && (slow.environments() - 140.0).abs() < 1e-9);
        let quick = Fleet { rate: 100.0, milliseconds: 10.0 };
        assert!((quick.at_once() - 5.0).abs() < 1e-9 && (quick.environments() - 10.0).abs() < 1e-9);
    }
}
