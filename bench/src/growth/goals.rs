//! The goals: values that must not grow.

use crate::{
    report::{Bound, Figure, Goal},
    watch::Latency,
};

use super::{findings::Findings, latency::Runs, number::grouped};

pub(crate) fn goals(findings: &Findings) -> Vec<Goal> {
    let numbers: Vec<String> = findings.loads.iter().map(|load| grouped(load.sessions)).collect();
    let [few, more @ ..] = &numbers[..] else { return Vec::new() };
    let more = more.join(" and ");
    let mut goals = Vec::new();
    for (kind, runs) in &findings.latencies {
        let goal = |what: &str, part: fn(&Latency) -> f64| Goal {
            claim: format!("{}: at {more} sessions {what} is at most 1.2 times that at {few}", kind.name()),
            found: growth(runs, part),
            bound: Bound::AtMost(1.2),
        };
        goals.push(goal("the median", |latency| latency.median));
        goals.push(goal("the 99th percentile", |latency| latency.p99));
    }
    let memory = findings.hours.iter().map(|hour| hour.last() / hour.first()).collect();
    goals.push(Goal {
        claim: "resident memory after an hour is at most 1.05 times that after its first tenth".to_owned(),
        found: Figure::of("", memory).median,
        bound: Bound::AtMost(1.05),
    });
    goals
}

/// The highest ratio to the value at the first number of sessions, as the median over the runs.
fn growth(runs: &Runs, part: fn(&Latency) -> f64) -> f64 {
    let Some((first, others)) = runs.split_first() else { return 0.0 };
    let ratio = |other: &Vec<Latency>| {
        Figure::of("", other.iter().zip(first).map(|(other, first)| part(other) / part(first)).collect())
            .median
    };
    others.iter().map(ratio).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_worst_number_of_sessions_in_the_median_of_the_runs() {
        let runs = |medians: [f64; 3]| medians.map(|median| Latency { median, p99: 1.0 }).to_vec();
        let found = vec![runs([10.0, 20.0, 10.0]), runs([11.0, 22.0, 50.0]), runs([12.0, 30.0, 10.0])];
        assert!((growth(&found, |latency| latency.median) - 1.2).abs() < 1e-9);
        assert!((growth(&found, |latency| latency.p99) - 1.0).abs() < 1e-9);
    }
}
