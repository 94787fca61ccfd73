//! The page of all parts, and a part's section of it.

use std::{fmt::Write as _, io};

use super::figures::{Bound, Figure, Group, Report};

const HEAD: &str = "# Performance

`cargo xtask bench` measures Latchgate beside what people use instead, and writes this page; `cargo xtask bench PART` measures
one part of it. Whatever a part compares was measured in one run, on one machine: what counts is how the figures of a table
relate, not what they are. \"Of the first\" is a figure divided by the table's first, so that for times less is better than 1.
";

/// The page, made of what is kept.
///
/// # Errors
///
/// If what is kept can't be read.
pub fn page() -> io::Result<String> {
    let sections =
        Report::kept()?.iter().fold(HEAD.to_owned(), |page, report| page + "\n" + &section(report));
    Ok(sections)
}

pub(super) fn section(report: &Report) -> String {
    let mut text = format!("## {}\n", report.title);
    for paragraph in &report.method {
        let _ = write!(text, "\n{paragraph}\n");
    }
    let _ = write!(text, "\nMeasured on {} on: {}.\n", report.date, report.machine);
    if !report.goals.is_empty() {
        text += "\n| goal | bound | found | |\n|---|---|---|---|\n";
    }
    for goal in &report.goals {
        let bound = match goal.bound {
            Bound::AtLeast(bound) => format!("≥ {}", number(bound)),
            Bound::AtMost(bound) => format!("≤ {}", number(bound)),
        };
        let met = if goal.is_met() { "met" } else { "**not met**" };
        let _ = writeln!(text, "| {} | {bound} | {} | {met} |", goal.claim, number(goal.found));
    }
    let _ = write!(text, "\n![{}](performance/{}.svg)\n", report.title, report.part);
    report.groups.iter().fold(text, |text, group| text + "\n" + &table(group))
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

/// With three significant digits, or all those before the point.
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
    fn a_number_has_as_many_digits_as_tell_something() {
        let numbers = [0.0, 0.01234, 0.1234, 1.234, 12.34, 123.4, 12_345.6].map(number);
        assert_eq!(numbers, ["0", "0.0123", "0.123", "1.23", "12.3", "123", "12346"]);
    }
}
