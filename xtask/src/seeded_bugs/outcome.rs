//! What became of a bug.

use std::{fmt, time::Duration};

use super::{
    bug::{Bug, Expected},
    suite::Suite,
};

/// A bug, and the suites that noticed it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) bug: Bug,
    /// With how many tests of theirs.
    pub(crate) caught: Vec<(&'static Suite, usize)>,
    /// What the compiler said, if it refused the bug.
    pub(crate) errors: Option<String>,
    pub(crate) build_time: Duration,
    pub(crate) test_time: Duration,
}

/// How that compares with what the bug says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    AsExpected,
    /// It proves nothing: the compiler is no test of ours.
    DoesNotCompile,
    /// By none of the suites.
    NotCaught,
    /// Not by these, which it names.
    Missed(Vec<&'static str>),
    /// It says that no test can see it.
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

/// A line for people, and one for each surprise.
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
