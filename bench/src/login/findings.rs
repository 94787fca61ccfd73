//! The results as a report.

use crate::{
    program::Failure,
    report::{Bound, Figure, Goal, Group, Report, machine, today},
    watch::Cost,
};

use super::{
    cost::Beside,
    memory::Resident,
    method::{ARGON2, CROWD, method},
};

/// The results of all runs.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) beside: Vec<Beside>,
    /// The times of a process's first logins, in milliseconds.
    pub(crate) first: Vec<Vec<f64>>,
    /// The times of a process's first bare hashes.
    pub(crate) first_bare: Vec<Vec<f64>>,
    /// The memory of many consecutive logins.
    pub(crate) in_turn: Vec<Resident>,
    /// The memory of one login, of one per processor, and of many concurrent ones.
    pub(crate) at_once: [Vec<Resident>; 3],
}

impl Findings {
    pub(crate) fn report(&self, runs: usize, processors: usize) -> Result<Report, Failure> {
        Ok(Report {
            part: "login".to_owned(),
            title: "Logins".to_owned(),
            machine: machine(),
            date: today()?,
            method: method(runs, processors),
            groups: vec![
                self.beside("A login and its hash, wall-clock time", |cost| cost.wall),
                self.beside("A login and its hash, processor time of the process", |cost| cost.cpu),
                self.first(),
                self.memory(processors),
            ],
            goals: self.goals(processors),
        })
    }

    fn beside(&self, title: &str, part: fn(&Cost) -> f64) -> Group {
        let of = |subject: &str, cost: fn(&Beside) -> Cost| {
            Figure::of(subject, self.beside.iter().map(|run| part(&cost(run))).collect())
        };
        let figures = vec![
            of("Latchgate, a whole login", |run| run.login),
            of(&format!("{ARGON2}, memory reused"), |run| run.reused),
            of(&format!("{ARGON2}, memory taken for each hash"), |run| run.taken),
        ];
        Group { title: title.to_owned(), unit: "ms".to_owned(), more_is_better: false, figures }
    }

    fn first(&self) -> Group {
        let of = |subject: &str, runs: &[Vec<f64>], which: fn(&[f64]) -> f64| {
            Figure::of(subject, runs.iter().map(|times| which(times)).collect())
        };
        let figures = vec![
            of("Latchgate, a later login", &self.first, later),
            of("Latchgate, the first login", &self.first, |times| times[0]),
            of("Latchgate, the second login", &self.first, |times| times[1]),
            of(&format!("{ARGON2}, a later hash"), &self.first_bare, later),
            of(&format!("{ARGON2}, the first hash"), &self.first_bare, |times| times[0]),
            of(&format!("{ARGON2}, the second hash"), &self.first_bare, |times| times[1]),
        ];
        let title = "The first logins of a process, wall-clock time".to_owned();
        Group { title, unit: "ms".to_owned(), more_is_better: false, figures }
    }

    fn memory(&self, processors: usize) -> Group {
        let [one, each, crowd] = &self.at_once;
        let of = |subject: String, runs: &[Resident], which: fn(&Resident) -> f64| {
            Figure::of(subject, runs.iter().map(which).collect())
        };
        let figures = vec![
            of("Latchgate, idle".to_owned(), crowd, |resident| resident.idle),
            of("Latchgate, peak of one login".to_owned(), one, |resident| resident.peak),
            of(format!("Latchgate, peak of {CROWD} logins in turn"), &self.in_turn, |resident| resident.peak),
            of(format!("Latchgate, peak of {processors} logins at once"), each, |resident| resident.peak),
            of(format!("Latchgate, peak of {CROWD} logins at once"), crowd, |resident| resident.peak),
            of(format!("Latchgate, after {CROWD} logins at once"), crowd, |resident| resident.after),
        ];
        let title = "Resident memory of a process".to_owned();
        Group { title, unit: "MiB".to_owned(), more_is_better: false, figures }
    }

    fn goals(&self, processors: usize) -> Vec<Goal> {
        let ratio = |part: fn(&Cost) -> f64| {
            median(self.beside.iter().map(|run| part(&run.login) / part(&run.reused)).collect())
        };
        let first = median(self.first.iter().map(|times| times[0] / later(times)).collect());
        let [_, each, crowd] = &self.at_once;
        let peak = |runs: &[Resident]| median(runs.iter().map(|resident| resident.peak).collect());
        let goal = |claim: &str, found: f64, bound: f64| Goal {
            claim: claim.to_owned(),
            found,
            bound: Bound::AtMost(bound),
        };
        let memory = format!(
            "the peak of {CROWD} logins at once is at most 1.25 times that of {processors}, as many as hash at once"
        );
        vec![
            goal(
                "a login takes at most 1.05 times its hash, in wall-clock time",
                ratio(|cost| cost.wall),
                1.05,
            ),
            goal(
                "a login takes at most 1.05 times its hash, in processor time",
                ratio(|cost| cost.cpu),
                1.05,
            ),
            goal("the first login of a process takes at most 1.3 times a later one", first, 1.3),
            goal(&memory, peak(crowd) / peak(each), 1.25),
        ]
    }
}

/// The median of those after the second.
fn later(times: &[f64]) -> f64 {
    median(times[2..].to_vec())
}

fn median(runs: Vec<f64>) -> f64 {
    Figure::of("", runs).median
}
