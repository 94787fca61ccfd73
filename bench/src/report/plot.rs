//! Plots a report's figures as bars: a block for each group, a bar for each figure, and a line from its lowest to its
//! highest value.

use svg::{
    Document,
    node::element::{Line, Rectangle, Text, Title},
};

use super::{
    figures::{Figure, Group, Report},
    markdown::number,
};

/// The width of a plot in pixels, the unit of all lengths here.
const WIDTH: f64 = 860.0;
const MARGIN: f64 = 16.0;
/// The width of the subjects' names.
const NAMES: f64 = 330.0;
/// The width of the numbers after the bars.
const NUMBERS: f64 = 90.0;
const ROW: f64 = 22.0;
const BAR: f64 = 14.0;
const HEADING: f64 = 30.0;

const OURS: &str = "#0b7285";
const OTHERS: &str = "#adb5bd";
const TEXT: &str = "#495057";

pub(super) fn svg(report: &Report) -> String {
    let block = |group: &Group| group.figures.iter().fold(HEADING + MARGIN, |height, _| height + ROW);
    let height = report.groups.iter().map(block).sum::<f64>() + MARGIN;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("font-family", "system-ui, sans-serif")
        .set("font-size", 13)
        .add(Title::new(report.title.as_str()))
        .add(Rectangle::new().set("width", WIDTH).set("height", height).set("fill", "white"));
    let mut top = MARGIN;
    for group in &report.groups {
        document = draw(document, group, top);
        top += block(group);
    }
    format!("{document}\n")
}

fn draw(document: Document, group: &Group, top: f64) -> Document {
    let better = if group.more_is_better { "more is better" } else { "less is better" };
    let heading = format!("{} ({}, {better})", group.title, group.unit);
    let heading =
        Text::new(heading).set("x", MARGIN).set("y", top + BAR).set("font-weight", "bold").set("fill", TEXT);
    let most = group.figures.iter().map(|figure| figure.most).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - 2.0 * MARGIN - NAMES - NUMBERS) / most;
    let rows = group.figures.iter().scan(top + HEADING, |row, figure| {
        let y = *row;
        *row += ROW;
        Some((figure, y))
    });
    rows.fold(document.add(heading), |document, (figure, y)| bar(document, figure, y, scale))
}

fn bar(document: Document, figure: &Figure, y: f64, scale: f64) -> Document {
    let (left, middle) = (MARGIN + NAMES, y + BAR / 2.0);
    let ours = figure.subject.starts_with("Latchgate");
    let length = (figure.median * scale).max(1.0);
    let at = |value: f64| rounded(left + value * scale);
    let name = Text::new(figure.subject.as_str())
        .set("x", left - 8.0)
        .set("y", y + BAR - 3.0)
        .set("text-anchor", "end")
        .set("fill", TEXT);
    let bar = Rectangle::new()
        .set("x", left)
        .set("y", y)
        .set("width", rounded(length))
        .set("height", BAR)
        .set("fill", if ours { OURS } else { OTHERS });
    let spread = Line::new()
        .set("x1", at(figure.least))
        .set("x2", at(figure.most))
        .set("y1", middle)
        .set("y2", middle)
        .set("stroke", TEXT);
    let number = Text::new(number(figure.median))
        .set("x", rounded(at(figure.most).max(left + length) + 6.0))
        .set("y", y + BAR - 3.0)
        .set("fill", TEXT);
    document.add(name).add(bar).add(spread).add(number)
}

/// Rounded to an invisible tenth of a pixel.
fn rounded(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}
