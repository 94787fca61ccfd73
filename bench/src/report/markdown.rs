//! The page of all parts, and a part's section of it.

use std::{fmt::Write as _, io};

use super::{
    figures::{Bound, Figure, Goal, Group, Report},
    reasons::reason,
};

const HEAD: &str = "# Performance

`cargo xtask bench` measures Latchgate and other software side by side and writes this page; `cargo xtask bench PART` measures one
part. Each part was measured in one run on one machine. Compare the figures of a table with one another: on another machine all
of them would differ. \"Of the first\" is a figure divided by the first of its table, so a time below 1 is shorter. Unless a
chapter says otherwise, Latchgate is built as a release with thin link-time optimisation and 16 codegen units.
";

const AIMS: &str = "| part | aim | bound | found | | why not |\n|---|---|---|---|---|---|\n";

/// The page from the recorded reports.
///
/// # Errors
///
/// If a report can't be read.
pub(crate) fn page() -> io::Result<String> {
    let reports = Report::kept()?;
    let sections = reports.iter().fold(String::new(), |text, report| text + "\n" + &section(report));
    Ok(format!("{HEAD}\n{}{sections}", summary(&reports)))
}

/// The number of goals met, and of all goals.
fn summary(reports: &[Report]) -> String {
    let goals = || reports.iter().flat_map(|report| &report.goals);
    let (met, all) = (goals().filter(|goal| goal.is_met()).count(), goals().count());
    let rows: String = reports.iter().map(aims).collect();
    format!("## Aims\n\n{met} of {all} are met.\n\n{AIMS}{rows}")
}

fn aims(report: &Report) -> String {
    let row = |goal: &Goal| {
        let bound = match goal.bound {
            Bound::AtLeast(bound) => format!("≥ {}", number(bound)),
            Bound::AtMost(bound) => format!("≤ {}", number(bound)),
        };
        let met = if goal.is_met() { "met" } else { "**not met**" };
        let why_not = reason(&report.part, &goal.claim).unwrap_or_default();
        let (part, found) = (&report.part, number(goal.found));
        format!("| {part} | {} | {bound} | {found} | {met} | {why_not} |\n", goal.claim)
    };
    report.goals.iter().map(row).collect()
}

/// A part's goals and its section, for the terminal.
pub(super) fn of_part(report: &Report) -> String {
    format!("{}\n{}", aims(report), section(report))
}

fn section(report: &Report) -> String {
    let mut text = format!("## {}\n", report.title);
    for paragraph in &report.method {
        let _ = write!(text, "\n{paragraph}\n");
    }
    let _ = write!(text, "\nMeasured on {} on: {}.\n", report.date, report.machine);
    let _ = write!(text, "\n![{}](performance/{}.svg)\n", report.title, report.part);
    text += "\n<details><summary>All figures</summary>\n";
    text = report.groups.iter().fold(text, |text, group| text + "\n" + &table(group));
    text + "\n</details>\n"
}

fn table(group: &Group) -> String {
    let mut text = format!("| {} | {} | least to most | runs | of the first |\n", group.title, group.unit);
    text += "|---|---|---|---|---|\n";
    let first = group.figures.first().map_or(1.0, |first| first.median);
    for Figure { subject, median, least, most, runs } in &group.figures {
        let (median_text, least, most) = (number(*median), number(*least), number(*most));
        let of_first = number(median / first);
        let _ = writeln!(text, "| {subject} | {median_text} | {least} to {most} | {runs} | {of_first} |");
    }
    text
}

/// A number with three significant digits, or with all digits before the point.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_three_digits_or_to_whole_numbers() {
        let numbers = [0.0, 0.01234, 0.1234, 1.234, 12.34, 123.4, 12_345.6].map(number);
        assert_eq!(numbers, ["0", "0.0123", "0.123", "1.23", "12.3", "123", "12346"]);
    }
}
