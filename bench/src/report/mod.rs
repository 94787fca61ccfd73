//! What a part of the benchmarks found: kept as JSON in `docs/performance/`, shown as a page and as plots.
//!
//! Only figures of one run are compared with one another, so a report is written whole or not at all.

mod machine;
mod markdown;
mod plot;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde::{Deserialize, Serialize};
use shared::clock::{Clock, SystemClock};

pub use self::{machine::machine, markdown::page};
use crate::Failure;

/// The figures of one part, and how they came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The part's name on the command line, and that of its files.
    pub part: String,
    /// Its heading.
    pub title: String,
    /// Processor, cores, kernel and compiler.
    pub machine: String,
    /// The day it was run, in UTC: `2026-11-26`.
    pub date: String,
    /// What was measured and how: stores, versions, runs. A paragraph each.
    pub method: Vec<String>,
    /// What was measured.
    pub groups: Vec<Group>,
    /// What was meant to be reached.
    pub goals: Vec<Goal>,
}

/// Figures that are compared with one another: a table and a plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What they are figures of: "ES256, one core".
    pub title: String,
    /// Their unit: "us a token".
    pub unit: String,
    /// Whether more of it is better, as of a rate.
    pub more_is_better: bool,
    /// The first is the one that the others are compared with.
    pub figures: Vec<Figure>,
}

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Whose it is, with version and store: "jose 6.2.17".
    pub subject: String,
    /// The middle of the runs.
    pub median: f64,
    /// The least of them.
    pub least: f64,
    /// The most of them.
    pub most: f64,
    /// How many there were.
    pub runs: usize,
}

impl Figure {
    /// Of these runs.
    ///
    /// # Panics
    ///
    /// Without a run.
    pub fn of(subject: impl Into<String>, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (least, most) = (runs[0], runs[runs.len() - 1]);
        let median = f64::midpoint(runs[(runs.len() - 1) / 2], runs[runs.len() / 2]);
        Self { subject: subject.into(), median, least, most, runs: runs.len() }
    }
}

/// A bound, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// What is meant to hold: "verifies ES256 at least 1.5 times as fast as the fastest of the others".
    pub claim: String,
    /// What was found, in the unit of the bound.
    pub found: f64,
    /// What it was held against.
    pub bound: Bound,
}

/// What a figure is meant to stay above, or below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Goal {
    /// Whether it was reached.
    pub fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => self.found >= bound,
            Bound::AtMost(bound) => self.found <= bound,
        }
    }
}

impl Report {
    /// Prints it, and keeps it with its plots and with the page of all.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn publish(&self) -> io::Result<()> {
        println!("{}", markdown::section(self));
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let json = serde_json::to_string_pretty(self)?;
        fs::write(folder.join(format!("{}.json", self.part)), format!("{json}\n"))?;
        fs::write(folder.join(format!("{}.svg", self.part)), plot::svg(self))?;
        fs::write(path_of_page(), page()?)
    }

    /// What was kept of every part, by its name.
    ///
    /// # Errors
    ///
    /// If one can't be read.
    pub fn kept() -> io::Result<Vec<Self>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder())?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files.iter().map(|file| Ok(serde_json::from_str(&fs::read_to_string(file)?)?)).collect()
    }
}

/// The day, in UTC, as reports have it.
///
/// # Errors
///
/// If the machine's clock is beyond what a date can be.
pub fn today() -> Result<String, Failure> {
    let now = DateTime::from_secs(i64::try_from(SystemClock.now().as_unix())?);
    // The day of an instant that begins with it.
    Ok(now.fmt(DateTimeFormat::DateTime)?[..10].to_owned())
}

/// Where the page of all parts is kept.
pub fn path_of_page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance")
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

    #[test]
    fn the_page_and_the_plots_are_what_the_kept_figures_make() {
        assert_eq!(fs::read_to_string(path_of_page()).unwrap(), page().unwrap(), "cargo xtask bench");
        for report in Report::kept().unwrap() {
            let kept = fs::read_to_string(folder().join(format!("{}.svg", report.part))).unwrap();
            assert_eq!(kept, plot::svg(&report), "cargo xtask bench {}", report.part);
        }
    }
}
