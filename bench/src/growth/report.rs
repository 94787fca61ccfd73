//! The report of the results.

use crate::{
    program::Failure,
    report::{Figure, Group, Report, machine, today},
    watch::Latency,
};

use super::{
    findings::Findings, goals::goals, hour::Passed, latency::Runs, load::Load, method::method,
    number::grouped,
};

impl Findings {
    pub(crate) fn report(&self) -> Result<Report, Failure> {
        let mut groups = Vec::new();
        for (kind, runs) in &self.latencies {
            groups.push(
                self.beside_sessions(&format!("{}, median", kind.name()), runs, |latency| latency.median),
            );
            let title = format!("{}, 99th percentile", kind.name());
            groups.push(self.beside_sessions(&title, runs, |latency| latency.p99));
        }
        groups.extend(self.denylist());
        groups.push(self.memory());
        Ok(Report {
            part: "growth".to_owned(),
            title: "Growth".to_owned(),
            machine: machine(),
            date: today()?,
            method: method(self),
            groups,
            goals: goals(self),
        })
    }

    fn beside_sessions(&self, title: &str, runs: &Runs, part: fn(&Latency) -> f64) -> Group {
        let figure = |(load, runs): (&Load, &Vec<Latency>)| {
            let subject = format!("Latchgate, {} sessions", grouped(load.sessions));
            Figure::of(subject, runs.iter().map(part).collect())
        };
        group(title, "us", self.loads.iter().zip(runs).map(figure).collect())
    }

    fn denylist(&self) -> [Group; 3] {
        let figures = |runs: Vec<Vec<f64>>| {
            let lengths = self.scale.revocations().into_iter().zip(runs);
            let subject = |length| format!("Latchgate, live revocations: {}", grouped(length));
            lengths.map(|(length, runs)| Figure::of(subject(length), runs)).collect()
        };
        let medians = |runs: &Runs| {
            let of = |runs: &Vec<Latency>| runs.iter().map(|latency| latency.median).collect();
            runs.iter().map(of).collect()
        };
        let milliseconds = |starts: &Vec<f64>| starts.iter().map(|start| start / 1e3).collect();
        let starts = self.feeds.starts.iter().map(milliseconds).collect();
        [
            group(
                "An authorizer call, denylist in memory, median",
                "us",
                figures(medians(&self.feeds.calls)),
            ),
            group(
                "An authorizer call that pulls what is new, median",
                "us",
                figures(medians(&self.feeds.pulls)),
            ),
            group("A start of the authorizer, which loads the denylist", "ms", figures(starts)),
        ]
    }

    fn memory(&self) -> Group {
        let of = |subject: &str, which: fn(&Passed) -> f64| {
            Figure::of(subject, self.hours.iter().map(which).collect())
        };
        let figures = vec![
            of("Latchgate, after the first tenth", Passed::first),
            of("Latchgate, before the first request", |hour| hour.start),
            of("Latchgate, at the end", Passed::last),
        ];
        group("Resident memory over an hour of requests", "MiB", figures)
    }
}

fn group(title: &str, unit: &str, figures: Vec<Figure>) -> Group {
    Group { title: title.to_owned(), unit: unit.to_owned(), more_is_better: false, figures }
}
