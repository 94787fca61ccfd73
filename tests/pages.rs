//! docs/operations/costs.md and scale.md: the tests check the numbers that they can count.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{clock::Timestamp, ids::SessionId, store::Revocations};

const COSTS: &str = include_str!("../docs/operations/costs.md");
const SCALE: &str = include_str!("../docs/operations/scale.md");

/// An operation's row in costs.md.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stated {
    pub(crate) round_trips: usize,
    pub(crate) calls: usize,
    pub(crate) writes: f64,
    pub(crate) reads: f64,
    pub(crate) hashes: f64,
    pub(crate) signatures: f64,
    pub(crate) verifications: f64,
    /// The function's memory, in MB.
    pub(crate) memory: f64,
    pub(crate) milliseconds: f64,
    pub(crate) log_lines: f64,
    pub(crate) log_bytes: f64,
}

impl Stated {
    /// The row of this operation.
    #[track_caller]
    pub(crate) fn of(operation: &str) -> Self {
        let found = Self::all().find(|(name, _)| *name == operation);
        found.unwrap_or_else(|| panic!("costs.md says nothing of {operation}")).1
    }

    /// All rows, by the names of the operations.
    pub(crate) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        rows("operation").into_iter().map(|row| {
            let stated = Self {
                round_trips: number(row[1]),
                calls: number(row[2]),
                writes: number(row[3]),
                reads: number(row[4]),
                hashes: number(row[5]),
                signatures: number(row[6]),
                verifications: number(row[7]),
                memory: number(row[8]),
                milliseconds: number(row[9]),
                log_lines: number(row[10]),
                log_bytes: number(row[11]),
            };
            (row[0], stated)
        })
    }

    /// The cost of DynamoDB for a million operations, in USD.
    pub(crate) fn store(&self) -> f64 {
        self.writes * price("a write unit") + self.reads * price("a read unit")
    }

    /// The cost of the function's time for a million operations, in USD. Each takes this many more milliseconds.
    pub(crate) fn time(&self, architecture: &str, more: f64) -> f64 {
        self.memory / 1024.0 * (self.milliseconds + more) * 1e3 * price(&format!("time, {architecture}"))
    }

    /// The cost of log lines for a million operations, in USD, if they are written.
    pub(crate) fn log(&self) -> f64 {
        (self.log_bytes + self.log_lines * LINE) / 1e3 * price("logged")
    }
}

/// Dollars and cents, rounded half up.
pub(crate) fn cents(usd: f64) -> String {
    format!("{:.2}", (usd * 100.0 + 1e-6).round() / 100.0)
}

/// The bytes that CloudWatch adds to each log line.
pub(crate) const LINE: f64 = 26.0;

/// A price on the page, in USD for the stated amount.
#[track_caller]
pub(crate) fn price(of: &str) -> f64 {
    let row = rows("price of").into_iter().find(|row| row[0] == of);
    number(row.unwrap_or_else(|| panic!("costs.md has no price of {of}"))[1])
}

/// The bytes that a request logs at most, according to the page.
pub(crate) fn logged_bytes() -> usize {
    between(COSTS, "it logs ", " bytes in two lines")
}

/// The number of bytes that the page states after these words.
pub(crate) fn stated_bytes(words: &str) -> usize {
    between(COSTS, words, " bytes")
}

/// Whether costs.md contains this sentence, ignoring line breaks.
pub(crate) fn says(sentence: &str) -> bool {
    COSTS.split_whitespace().collect::<Vec<_>>().join(" ").contains(sentence)
}

/// The number of metrics that the alarms watch, according to the page.
pub(crate) fn alarm_metrics() -> usize {
    between(COSTS, "alarms on ", " metrics |")
}

/// The number of custom metrics in an ordinary hour, according to the page.
pub(crate) fn metrics() -> usize {
    between(COSTS, "| ", " custom metrics |")
}

/// The bytes of a denylist row, according to scale.md.
pub(crate) fn denylist_row_bytes() -> usize {
    between(SCALE, "is ", " bytes. All rows")
}

pub(crate) fn number<T: FromStr>(text: &str) -> T {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// The number between these words on a page.
fn between<T: FromStr>(page: &str, start: &str, end: &str) -> T {
    let rests = page.match_indices(start).map(|(at, _)| &page[at + start.len()..]);
    let words = rests.filter_map(|rest| rest.split_once(end)).map(|(word, _)| word);
    let mut words = words.filter(|word| !word.contains(char::is_whitespace));
    number(words.next().unwrap_or_else(|| panic!("nothing between {start} and {end}")))
}

/// The rows of the table in costs.md with this first column.
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

/// A function has a full processor at 1,769 MB, and a share of it below.
#[test]
fn the_stated_time_of_an_operation_follows_from_its_work() {
    for (operation, stated) in Stated::all() {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap());
        let processor = 0.19
            + 0.1 * count(stated.calls)
            + 14.1 * stated.hashes
            + 0.027 * stated.signatures
            + 0.054 * stated.verifications;
        let time = processor * 1769.0 / stated.memory + 5.0 * count(stated.round_trips);
        assert!((time.ceil() - stated.milliseconds).abs() < 0.5, "{operation}: {time}");
    }
}

#[test]
fn the_stated_cost_of_a_million_operations_follows_from_the_prices() {
    let table = rows("a million of");
    assert_eq!(table.len(), Stated::all().count());
    for row in table {
        let stated = Stated::of(row[0]);
        let parts = [stated.store(), price("an invocation"), stated.time("arm64", 0.0), stated.log()];
        let columns = [1, 2, 3, 5].map(|column| row[column]);
        for (stated, part) in columns.into_iter().zip(parts) {
            assert_eq!(stated, cents(part), "{}", row[0]);
        }
        assert_eq!(row[4], cents(stated.time("x86_64", 0.0)), "{}", row[0]);
        for (column, api) in [(6, "a request to a REST API"), (7, "a request to an HTTP API")] {
            let more = match row[0] {
                // An API behind the authorizer pays API Gateway anyway.
                operation if operation.starts_with("authorizer") => 0.0,
                // A delivery is no request. The price is for 1,000 mails.
                "mail, delivery" => price("a mail") * 1e3,
                // It's an event of a stream, and its mail has a delivery.
                "notice" => 0.0,
                _ => price(api),
            };
            let all = parts.iter().sum::<f64>() + more;
            assert_eq!(row[column], format!("**{}**", cents(all)), "{}", row[0]);
        }
    }
}

/// The sums are those of the printed values, so that readers can add them up.
#[test]
fn a_million_sign_ups_and_resets_cost_what_their_operations_do() {
    let sum = |operations: &[&str], column: usize| -> f64 {
        let table = rows("a million of");
        let rows = table.iter().filter(|row| operations.contains(&row[0]));
        rows.map(|row| number::<f64>(row[column].trim_matches('*'))).sum()
    };
    let mail = "mail, delivery";
    let expected = [
        ("sign up", ["sign-up", "sign-up, confirmation"]),
        ("reset a forgotten password", ["forgotten password", "reset"]),
    ]
    .map(|(name, [first, last])| {
        let units = [first, last, mail].map(Stated::of);
        let (writes, reads): (f64, f64) =
            (units.iter().map(|of| of.writes).sum(), units.iter().map(|of| of.reads).sum());
        let sentence = format!("is {writes} write units, {reads} read units and a mail");
        assert!(says(&sentence), "{name}: {sentence}");
        let (rest, http, delivery) = (sum(&[first, last], 6), sum(&[first, last], 7), sum(&[mail], 6));
        let [all_rest, all_http] = [rest, http].map(|requests| format!("**{}**", cents(requests + delivery)));
        [name.to_owned(), cents(rest), cents(http), cents(delivery), all_rest, all_http]
    });
    assert_eq!(rows("a million users"), expected);
}

/// Without any log, they cost 1.98 dollars.
#[test]
fn a_million_refreshes_behind_an_http_api_cost_at_most_two_dollars_ten() {
    let refresh = rows("a million of").into_iter().find(|row| row[0] == "refresh").unwrap();
    assert!(number::<f64>(refresh[7].trim_matches('*')) <= 2.10);
}

/// The size follows the DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and strings count their
/// length, and a number one byte for two digits plus one.
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

/// An alarm costs by its metrics: one, or those in its expression.
#[test]
fn the_alarms_watch_as_many_metrics_as_the_page_says() {
    let metrics = |http_stack, watched, logs| crate::alarms::metrics_watched(http_stack, watched, logs);
    let (one, http, both) =
        (metrics("", "one", "on"), metrics("http", "one", "on"), metrics("http", "both", "on"));
    assert_eq!(one, alarm_metrics());
    let others = format!(
        "{http} with an HTTP API, {both} while both APIs are watched; one fewer for each without an access log"
    );
    assert!(COSTS.contains(&others), "{others}");
    assert_eq!([metrics("", "one", "off"), metrics("http", "one", "off")], [one - 1, http - 1]);
    assert_eq!(metrics("http", "both", "off"), both - 2);
}
