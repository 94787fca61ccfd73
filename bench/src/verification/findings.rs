//! The results as a report.

use crate::{
    program::Failure,
    report::{Bound, Figure, Goal, Group, Report, machine, today},
};

use super::{
    method::method,
    ours::Found,
    sample::ALGORITHMS,
    subjects::{Kind, Subject},
};

/// The tables, each with its kinds of subjects.
const TOKENS: (&str, &[Kind]) = ("a token", &[Kind::Library, Kind::Signature]);
const ON_THE_WALL: (&str, &[Kind]) = ("a token, wall-clock time", &[Kind::Library]);
const REQUESTS: (&str, &[Kind]) = ("a whole request of an authorizer", &[Kind::Authorizer]);

/// The results of each subject, by run.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    subjects: &'a [Subject],
    found: Vec<(&'static str, usize, Found)>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(subjects: &'a [Subject]) -> Self {
        Self { subjects, found: Vec::new() }
    }

    pub(crate) fn add(&mut self, algorithm: &'static str, place: usize, found: Found) {
        self.found.push((algorithm, place, found));
    }

    pub(crate) fn report(&self, subjects: &[Subject]) -> Result<Report, Failure> {
        let goals = ALGORITHMS.into_iter().zip([1.5, 1.5, 2.8]).map(|(algorithm, bound)| Goal {
            claim: format!("the fastest of the others takes at least {bound} times as long, {algorithm}"),
            found: beside_the_fastest(&self.group(algorithm, ("", &[Kind::Library]), |found| found.cpu)),
            bound: Bound::AtLeast(bound),
        });
        let groups = |table, part| ALGORITHMS.map(|algorithm| self.group(algorithm, table, part));
        let tokens = groups(TOKENS, |found| found.cpu);
        let wall = groups(ON_THE_WALL, |found| found.wall);
        let requests = groups(REQUESTS, |found| found.cpu);
        Ok(Report {
            part: "verification".to_owned(),
            title: "Verification of access tokens".to_owned(),
            machine: machine(),
            date: today()?,
            method: method(subjects),
            goals: goals.collect(),
            groups: tokens.into_iter().chain(wall).chain(requests).collect(),
        })
    }

    fn group(&self, algorithm: &str, (what, kinds): (&str, &[Kind]), part: fn(&Found) -> f64) -> Group {
        let subjects = self.subjects.iter().enumerate();
        let subjects = subjects.filter(|(_, subject)| kinds.contains(&subject.kind));
        let figures = subjects.map(|(place, subject)| {
            let found = self.found.iter().filter(|(of, at, _)| *of == algorithm && *at == place);
            Figure::of(subject.name.as_str(), found.map(|(_, _, found)| part(found)).collect())
        });
        Group {
            title: format!("{algorithm}: {what}"),
            unit: "us".to_owned(),
            more_is_better: false,
            figures: figures.collect(),
        }
    }
}

/// The ratio of the fastest other subject's time to Latchgate's.
fn beside_the_fastest(group: &Group) -> f64 {
    let fastest = group.figures.iter().skip(1).map(|figure| figure.median).fold(f64::INFINITY, f64::min);
    fastest / group.figures[0].median
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_of_the_others_counts() {
        let figure = |us| Figure::of("", vec![us]);
        let group = Group {
            title: String::new(),
            unit: String::new(),
            more_is_better: false,
            figures: vec![figure(2.0), figure(8.0), figure(5.0)],
        };
        assert!((beside_the_fastest(&group) - 2.5).abs() < 1e-9);
    }
}
