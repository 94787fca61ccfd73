//! docs/operations/costs.md and scale.md: dated pages, of which the tests hold what they can count.

use std::{fs, str::FromStr};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_yaml_ng::Value;
use shared::{clock::Timestamp, ids::SessionId, store::Revocations};

const COSTS: &str = include_str!("../docs/operations/costs.md");
const SCALE: &str = include_str!("../docs/operations/scale.md");

/// What costs.md says that an operation asks of DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stated {
    pub(crate) round_trips: usize,
    pub(crate) calls: usize,
    pub(crate) writes: f64,
    pub(crate) reads: f64,
}

impl Stated {
    /// The row of this operation.
    #[track_caller]
    pub(crate) fn of(operation: &str) -> Self {
        let row = rows("operation").into_iter().find(|row| row[0] == operation);
        let row = row.unwrap_or_else(|| panic!("costs.md says nothing of {operation}"));
        Self {
            round_trips: number(row[1]),
            calls: number(row[2]),
            writes: number(row[3]),
            reads: number(row[4]),
        }
    }
}

/// Bytes that the page says a request logs.
pub(crate) fn logged_bytes() -> usize {
    between(COSTS, "A request logs ", " bytes in two lines")
}

/// Custom metrics that the page says are written in an ordinary hour.
pub(crate) fn metrics() -> usize {
    between(COSTS, "| ", " custom metrics |")
}

/// Bytes of a row of the denylist, as scale.md says.
pub(crate) fn denylist_row_bytes() -> usize {
    between(SCALE, "is ", " bytes. All rows")
}

pub(crate) fn number<T: FromStr>(text: &str) -> T {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// The number between these words of a page.
fn between<T: FromStr>(page: &str, start: &str, end: &str) -> T {
    let rests = page.match_indices(start).map(|(at, _)| &page[at + start.len()..]);
    let words = rests.filter_map(|rest| rest.split_once(end)).map(|(word, _)| word);
    let mut words = words.filter(|word| !word.contains(char::is_whitespace));
    number(words.next().unwrap_or_else(|| panic!("nothing between {start} and {end}")))
}

/// The rows of the table in costs.md whose first column is headed like this.
pub(crate) fn rows(first_column: &str) -> Vec<Vec<&'static str>> {
    let head = format!("| {first_column} |");
    let table = COSTS.split("\n\n").find(|block| block.starts_with(&head)).unwrap();
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    table.lines().skip(2).map(cells).collect()
}

#[test]
fn every_operation_of_the_page_is_counted_by_a_test() {
    let tests = include_str!("costs.rs");
    for row in rows("operation") {
        assert!(tests.contains(&format!("{:?}", row[0])), "{}", row[0]);
    }
}

#[test]
fn the_price_of_an_operation_is_that_of_its_units() {
    let price = |kind| between::<f64>(COSTS, " ", &format!(" a million {kind} units"));
    let (write, read) = (price("write"), price("read"));
    for row in rows("a million of") {
        let stated = Stated::of(row[0]);
        let price = stated.writes * write + stated.reads * read;
        assert!((number::<f64>(row[1]) - price).abs() < 0.0051, "{}: {price}", row[0]);
    }
}

/// The size by the DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and strings by their length, a number
/// by a byte for two digits and one more.
#[test]
fn a_row_of_the_denylist_has_as_many_bytes_as_the_page_says() {
    let row = Revocations::row(&SessionId::of_secret(b"any"), Timestamp::from_unix(1_800_000_123));
    let size = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.trim_end_matches('0').len().div_ceil(2) + 1,
        other => panic!("{other:?}"),
    };
    let bytes: usize = row.iter().map(|(name, value)| name.len() + size(value)).sum();
    assert_eq!(bytes, denylist_row_bytes());
}

/// An alarm is paid for by its metrics: one, or those that its expression reads.
#[test]
fn the_alarms_watch_as_many_metrics_as_the_page_says() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let templates = fs::read_dir(root).unwrap().map(|file| file.unwrap().path());
    let templates = templates.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("template") && path.extension().is_some_and(|e| e == "yaml")
    });
    let mut metrics = 0;
    for path in templates {
        let template: Value = serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let resources = template["Resources"].as_mapping().unwrap().values();
        for alarm in resources.filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm") {
            metrics += alarm["Properties"]["Metrics"].as_sequence().map_or(1, |queries| {
                queries.iter().filter(|query| query.get("MetricStat").is_some()).count()
            });
        }
    }
    assert_eq!(metrics, between::<usize>(COSTS, "alarms on ", " metrics |"));
}
