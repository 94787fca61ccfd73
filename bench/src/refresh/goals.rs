//! The goals.

use crate::report::{Bound, Figure, Goal};

use super::{chain::Ran, findings::Findings, function::Lines, method::CONNECTIONS, store::Kept};

pub(crate) fn goals(findings: &Findings) -> Vec<Goal> {
    let of_function = |lines: Lines| median(findings, Kept::Memory, lines.name(), |ran| ran.cpu);
    let claim =
        |with: &str| format!("handler and SDK take at most 150 us of processor time for a refresh, {with}");
    vec![
        beside(findings, Kept::Memory, "oidc-provider", 1.5),
        beside(findings, Kept::File, "glewlwyd", 10.0),
        beside(findings, Kept::File, "better-auth", 4.0),
        Goal {
            claim: claim("without log line and metrics"),
            found: of_function(Lines::Unwritten),
            bound: Bound::AtMost(150.0),
        },
        Goal { claim: claim("with both"), found: of_function(Lines::Written), bound: Bound::AtMost(150.0) },
        Goal {
            claim: "they take no more processor time than the leanest of the others, which don't log either"
                .to_owned(),
            found: of_function(Lines::Unwritten) / leanest(findings),
            bound: Bound::AtMost(1.0),
        },
    ]
}

/// Latchgate's rate relative to the subject whose name begins like this.
fn beside(findings: &Findings, kept: Kept, other: &str, bound: f64) -> Goal {
    let subjects = findings.subjects(kept);
    let subject = subjects.into_iter().find(|subject| subject.starts_with(other)).unwrap_or_default();
    let rate = |subject| median(findings, kept, subject, |ran| ran.rate);
    Goal {
        claim: format!("at least {bound} times the rate of {other}, {}, 16 connections", kept.name()),
        found: rate(Findings::OURS) / rate(subject),
        bound: Bound::AtLeast(bound),
    }
}

/// The lowest processor time of a refresh among the other subjects.
fn leanest(findings: &Findings) -> f64 {
    let ours =
        [Findings::OURS, Findings::BEFORE, Findings::CEILING, Lines::Written.name(), Lines::Unwritten.name()];
    let of_kept = |kept| {
        let others = findings.subjects(kept).into_iter().filter(|subject| !ours.contains(subject));
        others.map(move |subject| median(findings, kept, subject, |ran| ran.cpu))
    };
    Kept::ALL.into_iter().flat_map(of_kept).fold(f64::INFINITY, f64::min)
}

/// The median with the middle number of connections.
fn median(findings: &Findings, kept: Kept, subject: &str, part: fn(&Ran) -> f64) -> f64 {
    Figure::of("", findings.runs(CONNECTIONS[1], kept, subject, part)).median
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(figures: &[(&str, f64, f64)]) -> Findings {
        let mut findings = Findings::default();
        for (subject, rate, cpu) in figures {
            for kept in Kept::ALL {
                findings.add(16, kept, subject, Ran { rate: *rate, median: 1.0, p99: 1.0, cpu: *cpu });
            }
        }
        findings
    }

    #[test]
    fn the_goals_compare_latchgate_with_the_leanest_other_server() {
        let findings = found(&[
            ("Latchgate", 3000.0, 10.0),
            (Findings::CEILING, 9000.0, 5.0),
            (Lines::Unwritten.name(), 4000.0, 100.0),
            (Lines::Written.name(), 3500.0, 160.0),
            ("oidc-provider 9", 1000.0, 400.0),
            ("better-auth 1", 500.0, 900.0),
            ("glewlwyd 2", 100.0, 200.0),
        ]);
        let found: Vec<f64> = goals(&findings).iter().map(|goal| goal.found).collect();
        assert_eq!(found, [3.0, 30.0, 6.0, 100.0, 160.0, 0.5]);
    }
}
