//! The figures of a part, and the goals that they are held against.

use serde::{Deserialize, Serialize};

/// The figures of one part, and how they came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The part's name on the command line, and that of its files.
    pub(crate) part: String,
    /// Its heading.
    pub(crate) title: String,
    /// Processor, cores, kernel and compiler.
    pub(crate) machine: String,
    /// The day it was run, in UTC: `2026-11-26`.
    pub(crate) date: String,
    /// What was measured and how: stores, versions, runs. A paragraph each.
    pub(crate) method: Vec<String>,
    /// What was measured.
    pub(crate) groups: Vec<Group>,
    /// What was meant to be reached.
    pub(crate) goals: Vec<Goal>,
}

/// Figures that are compared with one another: a table and a plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// What they are figures of: "ES256, one core".
    pub(crate) title: String,
    /// Their unit: "us a token".
    pub(crate) unit: String,
    /// Whether more of it is better, as of a rate.
    pub(crate) more_is_better: bool,
    /// The first is the one that the others are compared with.
    pub(crate) figures: Vec<Figure>,
}

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Whose it is, with version and store: "jose 6.2.17".
    pub(crate) subject: String,
    /// The middle of the runs.
    pub(crate) median: f64,
    /// The least of them.
    pub(crate) least: f64,
    /// The most of them.
    pub(crate) most: f64,
    /// How many there were.
    pub(crate) runs: usize,
}

impl Figure {
    /// Of these runs.
    ///
    /// # Panics
    ///
    /// Without a run.
    pub(crate) fn of(subject: impl Into<String>, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (least, most) = (runs[0], runs[runs.len() - 1]);
        let median = f64::midpoint(runs[(runs.len() - 1) / 2], runs[runs.len() / 2]);
        Self { subject: subject.into(), median, least, most, runs: runs.len() }
    }
}

/// A bound, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Goal {
    /// What is meant to hold: "verifies ES256 at least 1.5 times as fast as the fastest of the others".
    pub(crate) claim: String,
    /// What was found, in the unit of the bound.
    pub(crate) found: f64,
    /// What it was held against.
    pub(crate) bound: Bound,
}

/// What a figure is meant to stay above, or below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Goal {
    /// Whether it was reached.
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.found >= bound,
            Bound::AtMost(bound) => self.found <= bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_runs_or_of_the_two_in_the_middle() {
        let odd = Figure::of("odd", vec![3.0, 1.0, 2.0]);
        assert_eq!((odd.least, odd.median, odd.most, odd.runs), (1.0, 2.0, 3.0, 3));
        let even = Figure::of("even", vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!((even.least, even.median, even.most, even.runs), (1.0, 2.5, 4.0, 4));
    }

    #[test]
    fn a_goal_is_met_on_its_bound() {
        let goal = |found, bound| Goal { claim: String::new(), found, bound };
        assert!(goal(2.0, Bound::AtLeast(2.0)).is_met() && goal(2.0, Bound::AtMost(2.0)).is_met());
        assert!(!goal(1.9, Bound::AtLeast(2.0)).is_met() && !goal(2.1, Bound::AtMost(2.0)).is_met());
    }
}
