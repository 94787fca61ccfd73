//! The outcome of a seeded bug.

use std::{fmt, time::Duration};

use super::{
    bug::{Bug, Expected},
    suite::Suite,
};

/// A bug, and the suites that noticed it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) bug: Bug,
    /// The suites that noticed it, each with its number of failed tests.
    pub(crate) caught: Vec<(&'static Suite, usize)>,
    /// The compiler's errors, if the bug doesn't compile.
    pub(crate) errors: Option<String>,
    pub(crate) build_time: Duration,
    pub(crate) test_time: Duration,
}

/// The outcome compared with the bug's expectation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    AsExpected,
    /// The bug doesn't compile, so it proves nothing about the tests.
    DoesNotCompile,
    /// No suite noticed it.
    NotCaught,
    /// These suites, which the bug names, didn't notice it.
    Missed(Vec<&'static str>),
    /// The bug expects that no test can see it, but one did.
    CaughtAfterAll,
}

impl Outcome {
    pub(crate) fn verdict(&self) -> Verdict {
        let caught = |suite: &&Suite| self.caught.iter().any(|(other, _)| other.name == suite.name);
        match &self.bug.expected {
            _ if self.errors.is_some() => Verdict::DoesNotCompile,
            Expected::NotCaught(_) if self.caught.is_empty() => Verdict::AsExpected,
            Expected::NotCaught(_) => Verdict::CaughtAfterAll,
            Expected::CaughtBy(_) if self.caught.is_empty() => Verdict::NotCaught,
            Expected::CaughtBy(suites) => {
                let missed: Vec<_> = suites.iter().filter(|s| !caught(s)).map(|s| s.name).collect();
                if missed.is_empty() { Verdict::AsExpected } else { Verdict::Missed(missed) }
            }
        }
    }
}

/// Writes a line about the outcome, and one for each surprise.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caught: Vec<_> = self.caught.iter().map(|(s, failed)| format!("{} {failed}", s.name)).collect();
        let caught = if caught.is_empty() { "nobody".to_owned() } else { caught.join(", ") };
        let (built, tested) = (self.build_time.as_secs(), self.test_time.as_secs());
        writeln!(f, "{} ({built} s + {tested} s): caught by {caught}", self.bug.name)?;
        match self.verdict() {
            Verdict::AsExpected => Ok(()),
            Verdict::DoesNotCompile => {
                writeln!(f, "    DOES NOT COMPILE\n{}", self.errors.as_deref().unwrap_or_default())
            }
            Verdict::NotCaught => writeln!(f, "    NOT CAUGHT"),
            Verdict::Missed(suites) => writeln!(f, "    NOT CAUGHT by {}", suites.join(", ")),
            Verdict::CaughtAfterAll => writeln!(f, "    CAUGHT, although it says that nobody can"),
        }
    }
}
