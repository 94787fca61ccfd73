//! The report of the results.

use crate::{
    program::Failure,
    report::{Figure, Group, Report, machine, today},
};

use super::{
    chain::Ran,
    findings::Findings,
    function::Lines,
    goals::goals,
    method::{CONNECTIONS, method},
    store::Kept,
};

impl Findings {
    pub(crate) fn report(&self, others: &[&str], milliseconds: u64) -> Result<Report, Failure> {
        let mut groups = Vec::new();
        for kept in Kept::ALL {
            for connections in CONNECTIONS {
                groups.push(self.rates(connections, kept));
            }
        }
        for kept in Kept::ALL {
            for connections in CONNECTIONS {
                groups.push(self.latencies(connections, kept, "median", |ran| ran.median));
                groups.push(self.latencies(connections, kept, "99th percentile", |ran| ran.p99));
            }
        }
        groups.extend(Kept::ALL.map(|kept| self.processors(kept)));
        Ok(Report {
            part: "refresh".to_owned(),
            title: "Refreshes under load".to_owned(),
            machine: machine(),
            date: today()?,
            method: method(others, milliseconds),
            groups,
            goals: goals(self),
        })
    }

    fn rates(&self, connections: usize, kept: Kept) -> Group {
        let title = format!("Refreshes a second, {}, {}", kept.name(), of(connections));
        let subjects = self.subjects(kept);
        let subjects = subjects.into_iter().filter(|subject| *subject != Lines::Written.name());
        self.group(title, "1/s", connections, (kept, subjects), |ran| ran.rate)
    }

    fn latencies(&self, connections: usize, kept: Kept, which: &str, part: fn(&Ran) -> f64) -> Group {
        let title = format!("A refresh, {}, {}, {which}", kept.name(), of(connections));
        let subjects = self.subjects(kept);
        let subjects = subjects.into_iter().filter(|subject| *subject != Lines::Written.name());
        self.group(title, "us", connections, (kept, subjects), part)
    }

    fn processors(&self, kept: Kept) -> Group {
        let title = format!("Processor time of a refresh, {}, {}", kept.name(), of(CONNECTIONS[1]));
        let mut subjects = self.subjects(kept);
        // The others are compared with the function alone.
        subjects.sort_by_key(|subject| *subject != Lines::Unwritten.name());
        self.group(title, "us", CONNECTIONS[1], (kept, subjects.into_iter()), |ran| ran.cpu)
    }

    fn group<'a>(
        &self,
        title: String,
        unit: &str,
        connections: usize,
        (kept, subjects): (Kept, impl Iterator<Item = &'a str>),
        part: fn(&Ran) -> f64,
    ) -> Group {
        let figure = |subject| Figure::of(subject, self.runs(connections, kept, subject, part));
        Group {
            title,
            unit: unit.to_owned(),
            more_is_better: unit == "1/s",
            figures: subjects.map(figure).collect(),
        }
    }
}

fn of(connections: usize) -> String {
    if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") }
}
