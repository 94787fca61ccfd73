//! The report of the results.

use crate::{
    program::Failure,
    report::{Figure, Group, Report, machine, today},
};

use super::{
    findings::{Findings, Size},
    goals::goals,
    method::method,
    share::Share,
    subjects::Subject,
    trial::Watched,
};

impl Findings {
    pub(crate) fn report(&self, subjects: &[Subject]) -> Result<Report, Failure> {
        let sizes = subjects.iter().filter_map(|subject| Some((subject, subject.bootstrap.as_deref()?)));
        let sizes: Vec<(&Subject, Size)> =
            sizes.map(|(subject, path)| Ok((subject, Size::of(path)?))).collect::<Result<_, Failure>>()?;
        let group = |share, title: &str, unit, part| self.group(subjects, share, (title, unit), part);
        let mut groups = Vec::new();
        for share in Share::ALL {
            groups.push(group(share, "Start and first invocation", "ms", |w: &Watched| w.start + w.first));
            if share == Share::Whole {
                groups.push(group(share, "Start, until it asks for an invocation", "ms", |w| w.start));
                groups.push(group(share, "A later invocation", "ms", |w| w.warm));
            }
            groups.push(group(share, "First invocation", "ms", |w| w.first));
        }
        groups.push(group(Share::Whole, "Processor time of the start", "ms", |w| w.start_cpu));
        groups.push(group(Share::Whole, "Processor time of the first invocation", "ms", |w| w.first_cpu));
        groups.push(group(Share::Whole, "Peak of resident memory", "MiB", |w| w.memory));
        groups.push(size_group("Bootstrap", &sizes, |size| size.bootstrap));
        groups.push(size_group("Zip of the bootstrap", &sizes, |size| size.zip));
        Ok(Report {
            part: "startup".to_owned(),
            title: "Start-up".to_owned(),
            machine: machine(),
            date: today()?,
            method: method(),
            groups,
            goals: goals(self, &sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>()),
        })
    }

    fn group(
        &self,
        subjects: &[Subject],
        share: Share,
        (title, unit): (&str, &str),
        part: fn(&Watched) -> f64,
    ) -> Group {
        let figures = subjects.iter().enumerate();
        let figures =
            figures.map(|(place, subject)| Figure::of(subject.name.as_str(), self.runs(share, place, part)));
        Group {
            title: format!("{title}, with {}", share.name()),
            unit: unit.to_owned(),
            more_is_better: false,
            figures: figures.collect(),
        }
    }
}

fn size_group(title: &str, sizes: &[(&Subject, Size)], part: fn(&Size) -> f64) -> Group {
    let figures = sizes.iter().map(|(subject, size)| Figure::of(subject.name.as_str(), vec![part(size)]));
    Group {
        title: title.to_owned(),
        unit: "MB".to_owned(),
        more_is_better: false,
        figures: figures.collect(),
    }
}
