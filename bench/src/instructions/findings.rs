//! The counts as a report.

use crate::{
    peers::said_by,
    program::Failure,
    report::{Bound, Figure, Goal, Group, Report, machine, today},
};

use super::operation::Operation;

const PART: &str = "instructions";
const GROUPS: [&str; 5] = [
    "Parse a refresh token, and verify its HMAC",
    "Decide what a failed rotation means",
    "Verify an access token",
    "Verify the proof of a call with a bound token",
    "Issue an access token and a refresh token",
];

/// Instructions per call, by run.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<(Operation, Vec<f64>)>);

impl Findings {
    pub(crate) fn add(&mut self, operation: Operation, instructions: f64) {
        match self.0.iter_mut().find(|(counted, _)| *counted == operation) {
            Some((_, runs)) => runs.push(instructions),
            None => self.0.push((operation, vec![instructions])),
        }
    }

    pub(crate) fn report(&self) -> Result<Report, Failure> {
        let groups = GROUPS.map(|title| self.group(title));
        let before = Report::kept()?.into_iter().find(|report| report.part == PART);
        let most = before.map_or(1.0, |before| most(&before.groups, &groups));
        Ok(Report {
            part: PART.to_owned(),
            title: "Instructions".to_owned(),
            machine: machine(),
            date: today()?,
            method: vec![format!(
                "Counted by callgrind ({}), which emulates a processor with vector instructions but without those for SHA. For \
                 each operation one process makes one call and another many; the figure is the difference, divided by the number \
                 of further calls. The decision is the one on a retry.",
                said_by("valgrind".as_ref(), &["--version"])?
            )],
            groups: groups.into(),
            goals: vec![Goal {
                claim: "no operation takes more than 1.05 times the instructions of the last recorded run"
                    .to_owned(),
                found: most,
                bound: Bound::AtMost(1.05),
            }],
        })
    }

    fn group(&self, title: &str) -> Group {
        let of_group = self.0.iter().filter(|(operation, _)| title_of(*operation) == title);
        let figure = |(operation, runs): &(Operation, Vec<f64>)| {
            let subject = match operation {
                Operation::Verify(algorithm) | Operation::Prove(algorithm) | Operation::Issue(algorithm) => {
                    format!("Latchgate, {algorithm}")
                }
                Operation::Parse | Operation::Decide => "Latchgate".to_owned(),
            };
            Figure::of(subject, runs.clone())
        };
        Group {
            title: title.to_owned(),
            unit: "instructions".to_owned(),
            more_is_better: false,
            figures: of_group.map(figure).collect(),
        }
    }
}

fn title_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Parse => GROUPS[0],
        Operation::Decide => GROUPS[1],
        Operation::Verify(_) => GROUPS[2],
        Operation::Prove(_) => GROUPS[3],
        Operation::Issue(_) => GROUPS[4],
    }
}

/// The highest ratio of a count to the earlier one.
fn most(before: &[Group], now: &[Group]) -> f64 {
    let figures = |groups: &[Group]| -> Vec<(String, String, f64)> {
        let of_group = |group: &Group| {
            let title = group.title.clone();
            let figures = group.figures.iter();
            let figures = figures.map(move |figure| (title.clone(), figure.subject.clone(), figure.median));
            figures.collect::<Vec<_>>()
        };
        groups.iter().flat_map(of_group).collect()
    };
    let before = figures(before);
    let ratio = |(title, subject, now): &(String, String, f64)| {
        let same = before.iter().find(|(t, s, _)| t == title && s == subject);
        same.map(|(_, _, before)| now / before)
    };
    figures(now).iter().filter_map(ratio).reduce(f64::max).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_that_grew_most_counts() {
        let groups = |parse, issue| {
            let mut findings = Findings::default();
            findings.add(Operation::Parse, parse);
            findings.add(Operation::Issue("ES256"), issue);
            GROUPS.map(|title| findings.group(title))
        };
        assert!((most(&groups(100.0, 1000.0), &groups(90.0, 1100.0)) - 1.1).abs() < 1e-9);
        assert!((most(&[], &groups(90.0, 1100.0)) - 1.0).abs() < 1e-9);
    }
}
