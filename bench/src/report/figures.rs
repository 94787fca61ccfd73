//! The figures of a part, and its goals.

use serde::{Deserialize, Serialize};

/// The figures of one part, with their method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The part's name on the command line and in file names.
    pub(crate) part: String,
    /// Its heading.
    pub(crate) title: String,
    /// Processor, cores, kernel and compiler.
    pub(crate) machine: String,
    /// The day of the run in UTC: `2026-11-26`.
    pub(crate) date: String,
    /// The method: stores, versions, runs. One paragraph per entry.
    pub(crate) method: Vec<String>,
    /// The measured figures.
    pub(crate) groups: Vec<Group>,
    /// The goals.
    pub(crate) goals: Vec<Goal>,
}

/// Comparable figures: a table and a plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// The subject of the figures: "ES256, one core".
    pub(crate) title: String,
    /// The unit of the figures: "us a token".
    pub(crate) unit: String,
    /// Whether a higher value is better, as for a rate.
    pub(crate) more_is_better: bool,
    /// The others are compared with the first.
    pub(crate) figures: Vec<Figure>,
}

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// The name, with version and store: "jose 6.2.17".
    pub(crate) subject: String,
    /// The median of the runs.
    pub(crate) median: f64,
    /// The lowest of the runs.
    pub(crate) least: f64,
    /// The highest of the runs.
    pub(crate) most: f64,
    /// The number of runs.
    pub(crate) runs: usize,
}

impl Figure {
    /// The figure of these runs.
    ///
    /// # Panics
    ///
    /// If there is no run.
    pub(crate) fn of(subject: impl Into<String>, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (least, most) = (runs[0], runs[runs.len() - 1]);
        let median = f64::midpoint(runs[(runs.len() - 1) / 2], runs[runs.len() / 2]);
        Self { subject: subject.into(), median, least, most, runs: runs.len() }
    }
}

/// A bound, and the measured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Goal {
    /// The claim: "verifies ES256 at least 1.5 times as fast as the fastest of the others".
    pub(crate) claim: String,
    /// The measured value, in the bound's unit.
    pub(crate) found: f64,
    /// The bound.
    pub(crate) bound: Bound,
}

/// A lower or upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Goal {
    /// Whether the goal is met.
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
